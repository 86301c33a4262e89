"""The study of one architecture: which trials come next, given those that have ended.

It knows neither processes nor database: what ended goes in, what is to be recorded and to be run comes out.
So the same trials come out again after a kill, and however many workers there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trintena.domain import ENDED, TrialResult
from trintena.evaluation.studies import Found
from trintena.search import RUNGS, next_rung, propose, survivors, total_trials
from trintena.training.course import Paused

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec, Hyperparameters, Purpose

N_REFITS = 3
"""Fits of an architecture's best setting, each with a seed of its own."""
_SEEDS = 2**63


@dataclass(frozen=True)
class Work:
    """What a worker does next: a trial, gone on with where it paused, up to an epoch or its end."""

    trial: TrialResult
    until: int | None = None
    paused: Paused | None = None


@dataclass(frozen=True)
class Step:
    """What follows from something that happened."""

    ended: tuple[TrialResult, ...] = ()
    """To be recorded."""
    proposed: tuple[TrialResult, ...] = ()
    """To be stored as WAITING, before they are run."""
    work: tuple[Work, ...] = ()


class Study:
    """The trials of one architecture in one experiment.

    Search trials come in rounds. While a round lasts, all of it trains to a rung and waits there for the
    slowest, then the hopeless are pruned. Fast mode is a study of one round of one trial.
    """

    def __init__(self, spec: ExperimentSpec, model_id: int, stored: Sequence[TrialResult] = ()) -> None:
        self.model_id = model_id
        self._spec = spec
        self._search = spec.search
        self._trials = {trial.number: trial for trial in stored if trial.purpose == "search"}
        self._refits = {trial.number: trial for trial in stored if trial.purpose == "refit"}
        self._paused: dict[int, Paused] = {}
        self._rung = self._first_rung
        self._is_stopped = False
        self.n_rounds = 0

    @property
    def n_trials(self) -> int:
        """Search trials in all."""
        return 1 if self._search is None else total_trials(self._search)

    @property
    def trials(self) -> list[TrialResult]:
        """The search trials so far, by number."""
        return [self._trials[number] for number in sorted(self._trials)]

    @property
    def refits(self) -> list[TrialResult]:
        """The fits of the best setting so far, by number."""
        return [self._refits[number] for number in sorted(self._refits)]

    @property
    def rests(self) -> bool:
        """Whether every trial that was proposed has ended."""
        return all(trial.state in ENDED for trial in self._trials.values())

    @property
    def is_exhausted(self) -> bool:
        """Whether it has all its trials."""
        return len(self._trials) >= self.n_trials

    @property
    def best(self) -> TrialResult | None:
        """The search trial whose setting is the best so far."""
        return Found(self.model_id, self.trials).best_trial

    @property
    def best_so_far(self) -> float | None:
        """The lowest validation RMSE of any search trial, pruned ones and those that go on included."""
        values = [t.validation_rmse for t in self._trials.values() if t.validation_rmse is not None]
        return min(values, default=None)

    def begin(self) -> Step:
        """What a run that was interrupted had proposed and not finished, from the start."""
        unfinished = [trial for trial in (*self.trials, *self.refits) if trial.state not in ENDED]
        return self._run(unfinished)

    def next_round(self, size: int | None = None) -> Step:
        """Propose a further round, of a size other than the strategy's own if asked; none when exhausted."""
        if self.is_exhausted:
            return Step()
        settings: Sequence[Hyperparameters] = [self._spec.hyperparameters]
        if self._search is not None:
            settings = propose(self._search, self.trials, [self._spec.seed, self.model_id], size=size)
        first = len(self._trials)
        return self._propose(
            [
                TrialResult(self.model_id, "WAITING", setting, self._spec.seed, number)
                for number, setting in enumerate(settings, first)
            ]
        )

    def refit(self) -> Step:
        """Propose to fit the best setting with other seeds; nothing where there is none."""
        if self._search is None or self.best is None:
            return Step()
        return self._propose(
            [
                TrialResult(
                    self.model_id,
                    "WAITING",
                    self.best.hyperparameters,
                    (self._spec.seed + 1 + number) % _SEEDS,
                    number,
                    "refit",
                )
                for number in range(N_REFITS)
                if number not in self._refits
            ]
        )

    def take(
        self, result: TrialResult | Paused, rivals: Mapping[tuple[int, int], float] | None = None
    ) -> Step:
        """Take what a worker brought back.

        `rivals` are values at the present rung of trials of other studies, by architecture and number, for
        a race between them.
        """
        trial = result.trial if isinstance(result, Paused) else result
        # What is recorded need not be kept here: hundreds of trials with their weights would fill the memory.
        self._of(trial.purpose)[trial.number] = replace(trial, weights=None, forecasts={})
        if isinstance(result, Paused):
            self._paused[trial.number] = result
            if self._is_stopped:
                return self.stop()
            ended: tuple[TrialResult, ...] = ()
        else:
            self._paused.pop(trial.number, None)
            ended = (trial,)
        waiting = [n for n, each in self._trials.items() if each.state not in ENDED and n not in self._paused]
        if waiting or not self._paused:
            return Step(ended)
        after = self._leave_rung(rivals or {})
        return replace(after, ended=(*ended, *after.ended))

    def start(self, purpose: Purpose, number: int) -> None:
        """Note that a worker began a trial."""
        trials = self._of(purpose)
        trials[number] = replace(trials[number], state="RUNNING")

    def stop(self, dropped: Sequence[Work] = ()) -> Step:
        """Prune every trial that waits at a rung, or waited for a worker when it was dropped.

        There is no time for them, nor for one that comes to a rung later. One that never began stays WAITING.
        """
        self._is_stopped = True
        for work in dropped:
            if work.paused is not None:
                self._paused[work.trial.number] = work.paused
        pruned = tuple(self._prune(number) for number in sorted(self._paused))
        return Step(ended=pruned)

    def at_rung(self, rung: int) -> dict[int, float]:
        """The lowest validation RMSE by that epoch of every search trial that got there, or ended before."""
        return {
            trial.number: min(trial.validation_curve[:rung])
            for trial in self.trials
            if trial.validation_curve
            and trial.state != "FAIL"
            and (trial.state == "COMPLETE" or len(trial.validation_curve) >= rung)
        }

    @property
    def rung(self) -> int | None:
        """The epoch at which the present round pauses; None: it does not."""
        return self._rung

    @property
    def _first_rung(self) -> int | None:
        return RUNGS[0] if self._search is not None and self._search.pruning else None

    def _of(self, purpose: Purpose) -> dict[int, TrialResult]:
        return self._trials if purpose == "search" else self._refits

    def _propose(self, trials: Sequence[TrialResult]) -> Step:
        return replace(self._run(trials), proposed=tuple(trials))

    def _run(self, trials: Sequence[TrialResult]) -> Step:
        self._rung = self._first_rung
        for trial in trials:
            self._of(trial.purpose)[trial.number] = trial
        self.n_rounds += any(trial.purpose == "search" for trial in trials)
        return Step(
            work=tuple(
                Work(replace(trial, state="RUNNING"), self._rung if trial.purpose == "search" else None)
                for trial in trials
            )
        )

    def _leave_rung(self, rivals: Mapping[tuple[int, int], float]) -> Step:
        """Prune the hopeless of the trials that wait at the rung, and go on with the others."""
        assert self._rung is not None
        own = {(self.model_id, number): value for number, value in self.at_rung(self._rung).items()}
        waiting = [(self.model_id, number) for number in self._paused]
        kept = {number for _, number in survivors({**rivals, **own}, waiting)}
        pruned = tuple(self._prune(number) for number in sorted(self._paused.keys() - kept))
        self._rung = next_rung(self._rung)
        going_on = [self._paused.pop(number) for number in sorted(kept)]
        return Step(ended=pruned, work=tuple(Work(p.trial, self._rung, p) for p in going_on))

    def _prune(self, number: int) -> TrialResult:
        paused = self._paused.pop(number)
        best = paused.course.best_forecast
        forecasts = {} if best is None else {"validation": best}
        self._trials[number] = replace(paused.trial, state="PRUNED")
        return replace(paused.trial, state="PRUNED", forecasts=forecasts)
