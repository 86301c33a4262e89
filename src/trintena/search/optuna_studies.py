"""The mirror of our trials in Optuna's own tables, so that Optuna's tools open the project's database.

    optuna-dashboard sqlite:///trintena.db

One study for each architecture of an experiment. Our tables stay the truth: nothing is read back from
here but how far the mirror has got.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from trintena.domain import ENDED, Range, SearchSpace, TrialResult
from trintena.errors import UnavailableError, UsageError
from trintena.language import phrase
from trintena.search.combinations import FIELDS, WHOLE_FIELDS
from trintena.search.quiet import quiet_optuna

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from sqlalchemy.orm import Session

    from trintena.zoo import Architecture

BUSY_TIMEOUT_S = 30.0
"""How long to wait for another process's write, as the registry does."""
_ATTEMPTS = 5


def study_name(experiment_id: int, architecture: Architecture) -> str:
    """The name of an architecture's study: `experiment 3 / 11 BiLSTM Classic (64/32)`."""
    return f"experiment {experiment_id} / {architecture.id} {architecture.name}"


class OptunaStudies:
    """The Optuna studies in one database. Optuna is loaded, and its tables are made, at the first use.

    One process writes a study. Other processes may write other studies at the same time.
    """

    def __init__(self, url: str) -> None:
        self._url, self._is_file = url, url.startswith("sqlite")
        self._recorded: dict[str, set[int]] = {}
        """Numbers of the trials in each study: reading them all again would cost more with each round."""

    def record(
        self,
        name: str,
        space: SearchSpace,
        trials: Iterable[TrialResult],
        *,
        attributes: Mapping[str, Any],
    ) -> None:
        """Append the ended trials that the study does not hold yet, in the order of their numbers.

        The study is made if it is missing. Each trial is one transaction: a process that is killed
        leaves the first of them, and recording all again adds the rest. `attributes`, of JSON values,
        become those of the study.

        Raises:
            UsageError: another version of Optuna made the tables in this database.
            UnavailableError: the database cannot be used now; recording all again adds the rest.
        """
        import optuna

        with quiet_optuna(), self._told():
            study = optuna.create_study(
                storage=self._storage, study_name=name, direction="minimize", load_if_exists=True
            )
            known = study.user_attrs
            for key, value in attributes.items():
                if key not in known or known[key] != value:
                    study.set_user_attr(key, value)
            recorded = self._recorded.pop(name, None)  # put back at the end: what fails is looked at again
            if recorded is None:
                recorded = {trial.user_attrs["number"] for trial in study.get_trials(deepcopy=False)}
            distributions = {field: _distribution(field, getattr(space, field)) for field in FIELDS}
            for trial in sorted(trials, key=lambda trial: trial.number):
                if trial.state in ENDED and trial.number not in recorded:
                    study.add_trial(_frozen(trial, distributions))
                    recorded.add(trial.number)
            self._recorded[name] = recorded

    def delete(self, names: Iterable[str]) -> None:
        """Delete the studies of these names; one that is not there is passed over.

        Raises:
            UsageError, UnavailableError: as `record`.
        """
        import optuna

        with quiet_optuna(), self._told():
            present = set(optuna.get_all_study_names(self._storage))
            for name in present.intersection(names):
                self._recorded.pop(name, None)
                optuna.delete_study(study_name=name, storage=self._storage)

    def close(self) -> None:
        """Close every connection; using the studies again opens new ones."""
        if "_storage" in self.__dict__:
            self._storage.remove_session()
            self._storage.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what it means that a server is away, or a disk full, in whatever Optuna wraps it."""
        from optuna.exceptions import StorageInternalError
        from sqlalchemy.exc import OperationalError

        try:
            yield
        except (OperationalError, StorageInternalError) as error:
            cause = error if isinstance(error, OperationalError) else error.__cause__
            if not isinstance(cause, OperationalError):
                raise
            reason = str(cause.orig).strip().partition("\n")[0]
            raise UnavailableError(
                phrase(
                    en=f"The database cannot be used: {reason}.",
                    pt=f"Não é possível usar o banco de dados: {reason}.",
                )
            ) from error

    @cached_property
    def _storage(self) -> optuna.storages.RDBStorage:
        from sqlalchemy.exc import DBAPIError

        # Two processes that make the tables at the same moment stand in each other's way: the slower one
        # finds that a table "already exists", and all in order when it looks again.
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._open()
            except DBAPIError:
                time.sleep(0.2)
        return self._open()

    def _open(self) -> optuna.storages.RDBStorage:
        from sqlalchemy.pool import NullPool

        # Without a pool: a storage that cannot be made would leave its connections open in one.
        wanted: dict[str, Any] = {"poolclass": NullPool}
        wait = "timeout" if self._is_file else "connect_timeout"
        wanted["connect_args"] = {wait: int(BUSY_TIMEOUT_S)}
        try:
            return _storage_class()(
                self._url.replace("{", "{{").replace("}", "}}"),  # Optuna fills in a template
                engine_kwargs=wanted,
            )
        except RuntimeError as error:  # Optuna's word for tables of another version; it says what to do
            raise UsageError(
                phrase(
                    en=f"The Optuna tables in the database cannot be used: {error}",
                    pt=f"As tabelas do Optuna no banco de dados não podem ser usadas: {error}",
                ),
                field="TRINTENA_DATABASE_URL",
            ) from error


@cache
def _storage_class() -> type[optuna.storages.RDBStorage]:
    """Optuna's storage, which writes the curve of a new trial at once.

    Its own looks for each value of the curve whether it is there already, three statements an epoch: most of
    what a mirrored trial costs. Should a version of Optuna no longer ask this method, it is only slower.
    """
    import optuna
    from optuna.storages._rdb.models import TrialIntermediateValueModel

    class Storage(optuna.storages.RDBStorage):
        def _set_trial_intermediate_value_without_commit(
            self, session: Session, trial_id: int, step: int, intermediate_value: float
        ) -> None:
            value, kind = TrialIntermediateValueModel.intermediate_value_to_stored_repr(intermediate_value)
            row = {"trial_id": trial_id, "step": step, "intermediate_value": value}
            session.add(TrialIntermediateValueModel(**row, intermediate_value_type=kind))

    return Storage


def _distribution(name: str, choice: tuple[Any, ...] | Range) -> BaseDistribution:
    """The same for every trial of a study: Optuna refuses a parameter whose choices change."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(choice, Range):
        return CategoricalDistribution(choice)
    if name in WHOLE_FIELDS:
        step = 1 if choice.step is None else int(choice.step)
        return IntDistribution(int(choice.low), int(choice.high), log=choice.log, step=step)
    return FloatDistribution(choice.low, choice.high, log=choice.log, step=choice.step)


def _frozen(trial: TrialResult, distributions: dict[str, BaseDistribution]) -> optuna.trial.FrozenTrial:
    import optuna

    about = {
        "number": trial.number,
        "seed": trial.seed,
        "seconds": trial.elapsed_seconds,
        "best_epoch": None if trial.validation_rmse is None else trial.best_epoch,
        "reason": trial.reason,
    }
    frozen = optuna.create_trial(
        state=optuna.trial.TrialState[trial.state],
        value=None if trial.state == "FAIL" else trial.validation_rmse,
        params=asdict(trial.hyperparameters),
        distributions=distributions,
        intermediate_values=dict(enumerate(trial.validation_curve, start=1)),
        user_attrs={key: value for key, value in about.items() if value is not None},
    )
    # Optuna's charts read a trial's length off its two times.
    frozen.datetime_complete = datetime.now()
    frozen.datetime_start = frozen.datetime_complete - timedelta(seconds=trial.elapsed_seconds or 0.0)
    return frozen
