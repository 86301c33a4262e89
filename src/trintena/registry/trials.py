"""Trials: proposed, run, and what each left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from trintena.domain import FINISHED, Purpose, TrialResult, TrialState
from trintena.errors import NotFoundError
from trintena.language import phrase
from trintena.registry.experiments import find_experiment
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial, ExperimentEvent
from trintena.registry.trial_rows import TO_COME, as_trial, fill, trials_of
from trintena.registry.weights import Weights, keep_weights


class Trials(Weights):
    """The part of the registry that keeps trials.

    A trial is one architecture's and has a purpose and, within these, a number. It is either recorded
    when it ends, or stored beforehand as WAITING, then RUNNING. One that has ended never goes back.
    """

    def add_trials(self, experiment_id: int, trials: Sequence[TrialResult], *, model_name: str) -> None:
        """Store trials of one architecture that are yet to run: all of them, or none.

        Those whose purpose and number are stored already stay as they are, whatever their state: a
        round that was proposed before a kill may be proposed again.

        Raises:
            ValueError: a trial is not WAITING, or they are of several architectures.
        """
        if strange := {trial.state for trial in trials} - {"WAITING"}:
            raise ValueError(f"trials that are yet to run are WAITING, not {sorted(strange)}")
        if len(models := {trial.model_id for trial in trials}) > 1:
            raise ValueError(f"trials of one architecture expected, not of {sorted(models)}")
        with self._writing() as session:
            find_experiment(session, experiment_id)
            if not trials:
                return
            study = _study(session, experiment_id, trials[0].model_id, model_name)
            query = select(ArchitectureTrial.purpose, ArchitectureTrial.number).filter_by(study_id=study.id)
            known = {(purpose, number) for purpose, number in session.execute(query)}
            for trial in trials:
                if (trial.purpose, trial.number) not in known:
                    row = ArchitectureTrial(study_id=study.id)
                    fill(row, trial, {})
                    session.add(row)

    def start_trial(self, experiment_id: int, model_id: int, number: int, purpose: Purpose) -> None:
        """Note that a WAITING trial is RUNNING; one that runs or has ended stays what it is.

        Cheap: one statement.

        Raises:
            NotFoundError: there is no such trial.
        """
        study = (
            select(ArchitectureStudy.id)
            .filter_by(experiment_id=experiment_id, model_id=model_id)
            .scalar_subquery()
        )
        trial = (
            ArchitectureTrial.study_id == study,
            ArchitectureTrial.purpose == purpose,
            ArchitectureTrial.number == number,
        )
        with self._writing() as session:
            if _turn(session, "WAITING", "RUNNING", *trial):
                return
            find_experiment(session, experiment_id)
            if session.scalar(select(ArchitectureTrial.id).where(*trial)) is None:
                raise NotFoundError(
                    phrase(
                        en=f"Experiment {experiment_id} has no {purpose} trial {number} of model {model_id}.",
                        pt=f"O experimento {experiment_id} não tem a tentativa {number} ({purpose}) "
                        f"do modelo {model_id}.",
                    ),
                    hint=phrase(
                        en=f"See `trintena experiments show {experiment_id}`.",
                        pt=f"Veja `trintena experiments show {experiment_id}`.",
                    ),
                )

    def requeue_running(self, experiment_id: int) -> int:
        """Make what was RUNNING when a run was killed WAITING again; gives how many there were."""
        studies = select(ArchitectureStudy.id).where(ArchitectureStudy.experiment_id == experiment_id)
        with self._writing() as session:
            find_experiment(session, experiment_id)
            return _turn(session, "RUNNING", "WAITING", ArchitectureTrial.study_id.in_(studies))

    def record_trial(
        self,
        experiment_id: int,
        trial: TrialResult,
        metrics: dict[str, Any],
        *,
        model_name: str | None = None,
    ) -> None:
        """Store how a trial ended; committed when this returns.

        One of that architecture, purpose and number that had not finished (to come, or failed) is
        replaced; one that had is kept as it is, for nothing finished is lost. In the same transaction
        the event `trial` is added, and the weights move, as `weights.keep_weights` says. So whenever the
        process ends, the weights that a champion needs are there.

        Raises:
            ValueError: the trial has not ended.
        """
        if trial.state in TO_COME:
            raise ValueError(f"a trial is recorded when it has ended, not as {trial.state}")
        with self._writing() as session:
            find_experiment(session, experiment_id)
            study = _study(session, experiment_id, trial.model_id, model_name)
            same = {"study_id": study.id, "purpose": trial.purpose, "number": trial.number}
            row = session.scalar(select(ArchitectureTrial).filter_by(**same))
            if row is not None and row.state in FINISHED:
                return
            if row is None:
                row = ArchitectureTrial(study_id=study.id)
                session.add(row)
            fill(row, trial, metrics)
            keep_weights(session, experiment_id, row, trial)
            told = ("model_id", "purpose", "number", "state", "reason")
            payload = {name: getattr(trial, name) for name in told} | {"rmse": row.validation_rmse}
            session.add(ExperimentEvent(experiment_id=experiment_id, kind="trial", payload=payload))

    def trials(
        self, experiment_id: int, *, purpose: Purpose | None = None, forecasts: bool = True
    ) -> list[TrialResult]:
        """The trials of an experiment in every state, without weights.

        They are ordered by architecture, then purpose (search before refit), then number.

        Args:
            experiment_id: whose trials.
            purpose: only those; None for both.
            forecasts: whether to load their forecasts, which are most of their bytes.
        """
        query = trials_of(experiment_id, ArchitectureTrial, ArchitectureStudy.model_id).order_by(
            ArchitectureStudy.model_id,
            ArchitectureTrial.purpose.desc(),  # the alphabet has refit before search
            ArchitectureTrial.number,
        )
        if purpose is not None:
            query = query.where(ArchitectureTrial.purpose == purpose)
        if forecasts:
            query = query.options(undefer(ArchitectureTrial.forecasts))
        with self._reading() as session:
            find_experiment(session, experiment_id)
            rows = session.execute(query)
            return [as_trial(row, model_id, forecasts=forecasts) for row, model_id in rows]

    def trial_counts(self, experiment_id: int) -> dict[int, dict[TrialState, int]]:
        """How many search trials are in each state, by architecture; 0 where there are none.

        Every architecture that the experiment names is there, also before its first trial.
        """
        query = trials_of(
            experiment_id, ArchitectureStudy.model_id, ArchitectureTrial.state, func.count()
        ).where(ArchitectureTrial.purpose == "search")
        with self._reading() as session:
            named = find_experiment(session, experiment_id).spec["model_ids"]
            rows = session.execute(query.group_by(ArchitectureStudy.model_id, ArchitectureTrial.state)).all()
        models = dict.fromkeys([*named, *(model_id for model_id, _, _ in rows)])
        counts: dict[int, dict[TrialState, int]] = {
            model_id: dict.fromkeys(get_args(TrialState), 0) for model_id in models
        }
        for model_id, state, n_trials in rows:
            counts[model_id][state] = n_trials
        return counts

    def finish_times(self, experiment_id: int) -> dict[tuple[int, Purpose, int], datetime]:
        """When each trial that has ended did so, by its architecture, purpose and number."""
        row = ArchitectureTrial
        query = trials_of(
            experiment_id, ArchitectureStudy.model_id, row.purpose, row.number, row.finished_at
        ).where(row.finished_at.is_not(None))
        with self._reading() as session:
            find_experiment(session, experiment_id)
            found = session.execute(query).all()
        return {(model_id, purpose, number): at for model_id, purpose, number, at in found}

    def trial_metrics(self, experiment_id: int) -> dict[int, dict[str, Any]]:
        """The metrics recorded with search trial 0 of each architecture (fast mode's only one), by its id."""
        query = trials_of(experiment_id, ArchitectureStudy.model_id, ArchitectureTrial.metrics).where(
            ArchitectureTrial.purpose == "search", ArchitectureTrial.number == 0
        )
        with self._reading() as session:
            find_experiment(session, experiment_id)
            return dict(session.execute(query).all())


def _turn(session: Session, before: TrialState, after: TrialState, *which: Any) -> int:
    """Move the trials that are in one state to another; gives how many."""
    turned = (
        update(ArchitectureTrial)
        .where(ArchitectureTrial.state == before, *which)
        .values(state=after)
        .returning(ArchitectureTrial.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(turned).all())


def _study(session: Session, experiment_id: int, model_id: int, name: str | None) -> ArchitectureStudy:
    query = select(ArchitectureStudy).filter_by(experiment_id=experiment_id, model_id=model_id)
    study = session.scalar(query)
    if study is None:
        study = ArchitectureStudy(experiment_id=experiment_id, model_id=model_id)
        session.add(study)
    study.model_name = study.model_name or name
    session.flush()
    return study
