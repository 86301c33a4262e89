"""A model of the trials so far: Optuna's tree-structured Parzen estimator, on a study in memory.

It draws settings from a density over the best trials and takes the one that is likeliest under it when
compared with a density over all the others.

References: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", NeurIPS 24; Falkner et
al. 2018 (BOHB), arXiv:1807.01774, for the joint density; Watanabe 2023, arXiv:2304.11127.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from trintena.domain import Hyperparameters, Range, SearchSpace, TrialResult
from trintena.search.combinations import FIELDS, WHOLE_FIELDS, n_choices, nth_choice
from trintena.search.quiet import quiet_optuna

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

_ATTEMPTS = 20
"""How often a suggestion that was tried before is asked for anew."""


class Model:
    """Suggests settings that resemble the best trials and none of the others.

    Whatever it suggested, and whatever it is told to expect, counts as one of the others until the next
    model is made: so that a round spreads out.
    """

    def __init__(self, space: SearchSpace, past: Iterable[TrialResult], seed: int) -> None:
        import optuna

        self._fields = {name: _Field(name, getattr(space, name)) for name in FIELDS}
        self._distributions = {name: field.distribution for name, field in self._fields.items()}
        with quiet_optuna():
            # Without a trial that has a value there is nothing to learn from: it draws at random then.
            sampler = optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=1, multivariate=True, constant_liar=True
            )
            self._study: Study = optuna.create_study(study_name="model", sampler=sampler)
        for trial in past:
            self._learn(trial)

    def suggest(self, tried: Collection[Hyperparameters]) -> Hyperparameters | None:
        """A setting that was not tried yet; None where nearly everything it knows to be good was."""
        import optuna

        for _ in range(_ATTEMPTS):
            trial = self._study.ask(self._distributions)
            suggested = Hyperparameters(
                **{name: field.decode(trial.params[name]) for name, field in self._fields.items()}
            )
            if suggested not in tried:
                return suggested
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return None

    def expect(self, setting: Hyperparameters) -> None:
        """Stay away from a setting: it is running, or failed.

        A trial that failed has no value to be sorted by. Optuna leaves those in its state FAIL out, and
        would take a PRUNED one without values for a good one where good ones are few; RUNNING ones
        always stand among the others.
        """
        self._add(setting, "RUNNING")

    def _learn(self, trial: TrialResult) -> None:
        if trial.state == "COMPLETE":
            self._add(trial.hyperparameters, trial.state, value=trial.validation_rmse)
        elif trial.state == "PRUNED" and trial.validation_rmse is not None:
            reached = {len(trial.validation_curve): trial.validation_rmse}
            self._add(trial.hyperparameters, trial.state, intermediate_values=reached)
        else:
            self.expect(trial.hyperparameters)

    def _add(self, setting: Hyperparameters, state: str, **values: Any) -> None:
        import optuna

        params = {name: field.encode(getattr(setting, name)) for name, field in self._fields.items()}
        self._study.add_trial(
            optuna.create_trial(
                state=optuna.trial.TrialState[state],
                params=params,
                distributions=self._distributions,
                **values,
            )
        )


class _Field:
    """One hyper-parameter as the model sees it.

    Lists of numbers, and stepped ranges, are known by rank, so that neighbours count as near.
    """

    def __init__(self, name: str, choice: tuple[Any, ...] | Range) -> None:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        self._choice = choice
        count = n_choices(name, choice)
        self._ranked = True
        self.distribution: BaseDistribution
        if name == "activation" and not isinstance(choice, Range):
            self._ranked = False
            self.distribution = CategoricalDistribution(choice)
        elif isinstance(choice, Range) and (choice.log or count is None):
            self._ranked = False
            if name in WHOLE_FIELDS:
                self.distribution = IntDistribution(int(choice.low), int(choice.high), log=choice.log)
            else:
                self.distribution = FloatDistribution(choice.low, choice.high, log=choice.log)
        else:
            if not isinstance(choice, Range):
                self._choice = tuple(sorted(choice))
            self.distribution = IntDistribution(0, (count or 1) - 1)

    def encode(self, value: Any) -> Any:
        if not self._ranked:
            return value
        if isinstance(self._choice, Range):
            return round((value - self._choice.low) / (self._choice.step or 1))
        return self._choice.index(value)

    def decode(self, value: Any) -> Any:
        return nth_choice(self._choice, value) if self._ranked else value
