"""Experiments: what was submitted, the state it is in, what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session, defer, undefer

from trintena.domain import ExperimentSpec, State, TrialState
from trintena.errors import NotFoundError, UsageError
from trintena.language import phrase
from trintena.registry.columns import utc_now
from trintena.registry.database import Database
from trintena.registry.datasets import no_dataset
from trintena.registry.records import ExperimentRecord, Standing
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial, Dataset, Experiment

ENDED: tuple[State, ...] = ("succeeded", "failed", "cancelled")


class Experiments(Database):
    """The part of the registry that keeps experiments; their trials are in `trials`."""

    def create_experiment(
        self,
        spec: ExperimentSpec,
        *,
        enqueued: bool = False,
        submission_key: str | None = None,
        executor: str = "local",
    ) -> int:
        """Store what is to be run, in state queued, and give its number.

        Args:
            spec: what is to be run.
            enqueued: whether a worker is to run it, not the process that asks.
            submission_key: of two submissions with the same key the second gives the first's number.
            executor: where its trials are to run.

        Raises:
            NotFoundError: the dataset that it names is not stored.
        """
        with self._writing() as session:
            if submission_key is not None and (known := _submitted(session, submission_key)) is not None:
                return known
            if session.get(Dataset, spec.dataset_hash) is None:
                raise no_dataset(spec.dataset_hash)
            row = Experiment(
                spec=spec.to_json(),
                spec_hash=spec.hash,
                dataset_hash=spec.dataset_hash,
                enqueued_at=utc_now() if enqueued else None,
                submission_key=submission_key,
                executor=executor,
            )
            session.add(row)
            session.flush()
            return row.id

    def experiment(self, experiment_id: int) -> ExperimentRecord:
        """One experiment and how far it is."""
        with self._reading() as session:
            return _records(session, [find_experiment(session, experiment_id)])[0]

    def experiments(
        self,
        *,
        limit: int | None = None,
        before: int | None = None,
        states: Sequence[State] | None = None,
        backtests: bool | None = False,
    ) -> list[ExperimentRecord]:
        """Experiments, the newest first: trainings unless asked for others.

        Args:
            limit: at most so many.
            before: only those that were submitted before the one of this number.
            states: only those in one of these.
            backtests: only those instead; None for both.
        """
        query = select(Experiment).order_by(Experiment.id.desc()).limit(limit)
        if before is not None:
            query = query.where(Experiment.id < before)
        if states is not None:
            query = query.where(Experiment.state.in_(states))
        if backtests is not None:
            version = Experiment.spec["backtest", "version"].as_integer()
            query = query.where(version.is_not(None) if backtests else version.is_(None))
        with self._reading() as session:
            return _records(session, session.scalars(query).all())

    def set_state(self, experiment_id: int, state: State, message: str | None = None) -> None:
        """Move an experiment to a state; the message replaces the former one.

        The first `running` notes when it started, an end when it finished. Leaving an end (to
        resume) takes the finish and a heeded cancel request back.
        """
        with self._writing() as session:
            _move(find_experiment(session, experiment_id), state, message)

    def reopen(self, experiment_id: int) -> None:
        """Queue an experiment again: no cancel request, message or finish; trials and result stay.

        Also right for one that was killed while `running`, whose cancel request nobody heeded.
        """
        with self._writing() as session:
            row = find_experiment(session, experiment_id)
            row.cancel_requested = False
            _move(row, "queued", None)

    def finish(self, experiment_id: int, state: State, result: dict[str, Any]) -> None:
        """End an experiment with its answer; numbers that are not finite become null.

        Raises:
            ValueError: the state is not one that an experiment ends in.
        """
        if state not in ENDED:
            raise ValueError(f"an experiment ends as one of {ENDED}, not {state!r}")
        with self._writing() as session:
            row = find_experiment(session, experiment_id)
            _move(row, state, None)
            row.result = result

    def submitted(self, submission_key: str) -> int | None:
        """The number of the experiment that was submitted under a key; None where there is none."""
        with self._reading() as session:
            return _submitted(session, submission_key)

    def enqueue(self, experiment_id: int) -> None:
        """Hand an experiment that is not over, or stopped before its end, to the queue, at its end.

        Whether a process runs it right now is for the caller to find out first.
        """
        with self._writing() as session:
            row = find_experiment(session, experiment_id)
            row.cancel_requested = False
            row.enqueued_at = utc_now()
            _move(row, "queued", None)

    def queue(self) -> list[int]:
        """The experiments that a worker is to run, in order: those cut off while running come first."""
        with self._reading() as session:
            return list(session.scalars(_queue(("running",)))) + list(session.scalars(_queue(("queued",))))

    def n_waiting(self) -> int:
        """How many experiments wait in the queue; those that run are not counted."""
        with self._reading() as session:
            return len(session.scalars(_queue(("queued",))).all())

    def set_progress(self, experiment_id: int, progress: dict[str, Any]) -> None:
        """Keep how far a run is. Cheap: one statement."""
        with self._writing() as session:
            session.execute(
                update(Experiment).where(Experiment.id == experiment_id).values(progress=progress)
            )

    def standing(self, experiment_id: int) -> Standing:
        """What changes while an experiment waits or runs. Cheap: two small queries."""
        with self._reading() as session:
            row = session.get(Experiment, experiment_id, options=[undefer(Experiment.progress), _NO_RESULT])
            if row is None:
                raise _unknown(experiment_id)
            waiting = list(session.scalars(_queue(("queued",)))) if row.state == "queued" else []
            return Standing(
                experiment_id=row.id,
                state=row.state,
                message=row.message,
                cancel_requested=row.cancel_requested,
                progress=row.progress if row.state == "running" else None,
                position=waiting.index(row.id) + 1 if row.id in waiting else None,
            )

    def request_cancel(self, experiment_id: int) -> bool:
        """Ask an experiment to end; False when it has ended already, and nothing is asked."""
        with self._writing() as session:
            row = find_experiment(session, experiment_id)
            if row.state in ENDED:
                return False
            row.cancel_requested = True
            return True

    def cancel_requested(self, experiment_id: int) -> bool:
        """Whether somebody asked it to end. Cheap: one column of one row."""
        with self._reading() as session:
            asked = session.scalar(select(Experiment.cancel_requested).where(Experiment.id == experiment_id))
        if asked is None:
            raise _unknown(experiment_id)
        return asked

    def delete_experiment(self, experiment_id: int) -> None:
        """Remove an experiment with its trials and events.

        Its model versions stay, and so does the count of its look at the test segment. Whether it
        is being run right now is for the caller to find out first.
        """
        with self._writing() as session:
            row = find_experiment(session, experiment_id)
            session.execute(delete(Experiment).where(Experiment.id == row.id))


_NO_RESULT = defer(Experiment.result)


def _submitted(session: Session, key: str) -> int | None:
    return session.scalar(select(Experiment.id).where(Experiment.submission_key == key))


def _queue(states: Sequence[State]) -> Select[int]:
    """Numbers of the experiments in the queue that are in these states, in order."""
    return (
        select(Experiment.id)
        .where(Experiment.enqueued_at.is_not(None), Experiment.state.in_(states))
        .order_by(Experiment.enqueued_at, Experiment.id)
    )


def find_experiment(session: Session, experiment_id: int) -> Experiment:
    """The row of an experiment."""
    row = session.get(Experiment, experiment_id)
    if row is None:
        raise _unknown(experiment_id)
    return row


def _unknown(experiment_id: int) -> NotFoundError:
    return NotFoundError(
        phrase(en=f"No experiment {experiment_id}.", pt=f"Não há experimento {experiment_id}."),
        hint=phrase(en="See `trintena experiments list`.", pt="Veja `trintena experiments list`."),
    )


def _move(row: Experiment, state: State, message: str | None) -> None:
    if state not in get_args(State):
        raise ValueError(f"the state of an experiment is one of {get_args(State)}, not {state!r}")
    if row.state in ENDED and state not in ENDED:
        row.cancel_requested = False
    if state == "running" and row.started_at is None:
        row.started_at = utc_now()
    if state in ENDED:
        row.enqueued_at = None  # whoever resumes it says anew who is to run it
    row.progress = None  # of a run before
    row.finished_at = utc_now() if state in ENDED else None
    row.state = state
    row.message = message


def _records(session: Session, rows: Sequence[Experiment]) -> list[ExperimentRecord]:
    """The rows with their counts of search trials and their places in the queue, a query for all of each."""
    trial = ArchitectureTrial
    query = (
        select(ArchitectureStudy.experiment_id, trial.state, func.count())
        .join(trial, trial.study_id == ArchitectureStudy.id)
        .where(trial.purpose == "search", ArchitectureStudy.experiment_id.in_([row.id for row in rows]))
        .group_by(ArchitectureStudy.experiment_id, trial.state)
    )
    counts: dict[int, dict[TrialState, int]] = {
        row.id: dict.fromkeys(get_args(TrialState), 0) for row in rows
    }
    for experiment_id, state, n_trials in session.execute(query):
        counts[experiment_id][state] = n_trials
    is_any_waiting = any(row.state == "queued" and row.enqueued_at is not None for row in rows)
    waiting = list(session.scalars(_queue(("queued",)))) if is_any_waiting else []
    places = {experiment_id: place for place, experiment_id in enumerate(waiting, 1)}
    return [_record(row, counts[row.id], places.get(row.id)) for row in rows]


def _record(row: Experiment, trial_counts: dict[TrialState, int], position: int | None) -> ExperimentRecord:
    try:
        spec = ExperimentSpec.from_json(row.spec)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            phrase(
                en=f"The specification of experiment {row.id} cannot be read: {error}.",
                pt=f"Não é possível ler a especificação do experimento {row.id}: {error}.",
            ),
            hint=phrase(
                en="A newer Trintena may have written it: install that one.",
                pt="Talvez uma Trintena mais nova a tenha escrito: instale aquela.",
            ),
        ) from error
    return ExperimentRecord(
        id=row.id,
        spec=spec,
        spec_hash=row.spec_hash,
        state=row.state,
        message=row.message,
        cancel_requested=row.cancel_requested,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        trial_counts=trial_counts,
        result=row.result,
        enqueued_at=row.enqueued_at,
        position=position,
        executor=row.executor,
    )
