"""Experiments as people ask for them: described, with their rows so far, stopped, sent on again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from trintena.domain import ENDED
from trintena.errors import BusyError, UsageError
from trintena.evaluation.board import model_rows
from trintena.evaluation.studies import found_by, study_rows
from trintena.experiments.answer import times
from trintena.experiments.run import nothing_to_resume
from trintena.experiments.stopped import stopped_answer
from trintena.jobs.locks import ExperimentLock, is_held
from trintena.language import phrase
from trintena.report import words

if TYPE_CHECKING:
    from trintena.jobs.holders import Locks
    from trintena.registry import ExperimentRecord, Registry

INTERRUPTED = "interrupted"
"""Of an experiment that the database has as `running`, but that no process runs any more."""


def described(locks: Locks, record: ExperimentRecord) -> dict[str, Any]:
    """An experiment as JSON values, without its specification and its results.

    `enqueued`: a worker runs it, or will. One that is `interrupted` and enqueued goes on by itself, before
    those that wait.
    """
    alive = is_held(locks, record.id)
    state = INTERRUPTED if record.state == "running" and not alive else record.state
    enqueued = record.enqueued_at is not None
    return {
        "id": record.id,
        "state": state,
        "message": record.message,
        "symbol": record.spec.symbol,
        "mode": record.spec.mode,
        "n_models": len(record.spec.model_ids),
        "n_finished": record.n_finished,
        "n_failed": record.n_failed,
        "trial_counts": record.trial_counts,
        "winner": _winner(record),
        "dataset_hash": record.spec.dataset_hash,
        "created_at": record.created_at.isoformat(),
        "started_at": record.started_at and record.started_at.isoformat(),
        "finished_at": record.finished_at and record.finished_at.isoformat(),
        "cancel_requested": record.cancel_requested,
        "executor": record.executor,
        "enqueued": enqueued,
        "position": record.position,
        "resume": None
        if alive or enqueued or state == "succeeded"
        else f"trintena {'train' if record.spec.backtest is None else 'backtest'} --resume {record.id}",
    }


def _winner(record: ExperimentRecord) -> dict[str, Any] | None:
    """Who leads the answer, with the validation RMSE under the name that its mode gives it."""
    winner = (record.result or {}).get("winner")
    score = "rmse" if record.spec.mode == "fast" else "best_rmse"
    return winner and {key: winner[key] for key in ("model_id", "model_name", score)}


def refuse_backtest(record: ExperimentRecord) -> None:
    """Refuse what is there of trainings alone.

    Raises:
        UsageError: the experiment is a backtest.
    """
    if record.spec.backtest is None:
        return
    raise UsageError(
        phrase(
            en=f"Experiment {record.id} is a backtest; reports are of trainings.",
            pt=f"O experimento {record.id} é um teste retroativo; relatórios são de treinos.",
        ),
        hint=phrase(
            en=f"See `trintena experiments show {record.id}`.",
            pt=f"Veja `trintena experiments show {record.id}`.",
        ),
    )


def failures(registry: Registry, experiment_id: int) -> dict[str, int]:
    """Why trials failed, and how many did so for that reason."""
    trials = registry.trials(experiment_id, forecasts=False)
    return dict(Counter(trial.reason or "" for trial in trials if trial.state == "FAIL"))


def rows_so_far(registry: Registry, record: ExperimentRecord) -> list[dict[str, Any]]:
    """The rows of the board: those of the answer, or, until there is one, of the trials so far.

    A backtest has no board.
    """
    if record.spec.backtest is not None:
        return []
    if record.state == "succeeded" and record.result is not None:
        rows: list[dict[str, Any]] = record.result.get("results") or record.result.get("all_results") or []
        return rows
    trials = registry.trials(record.id, forecasts=False)
    if record.spec.search is not None:
        return study_rows(found_by(trials, record.spec.model_ids), {})
    return model_rows(trials, registry.trial_metrics(record.id))


def cancel(locks: Locks, registry: Registry, experiment_id: int) -> bool:
    """Ask an experiment to end; True when it has ended, False when its runner will do so within seconds.

    What is finished is kept: one that nobody runs answers with the board of it.

    Raises:
        UsageError: it has ended already.
    """
    if not registry.request_cancel(experiment_id):
        _, ended = words.state(registry.experiment(experiment_id).state)
        raise UsageError(
            phrase(
                en=f"Experiment {experiment_id} has ended already: it is {ended}.",
                pt=f"O experimento {experiment_id} já terminou: {ended}.",
            ),
            hint=phrase(
                en=f"See `trintena experiments show {experiment_id}`.",
                pt=f"Veja `trintena experiments show {experiment_id}`.",
            ),
        )
    try:
        with ExperimentLock(locks, experiment_id):
            heed_cancel(registry, experiment_id)
    except BusyError:
        return False
    return True


def heed_cancel(registry: Registry, experiment_id: int) -> None:
    """End an experiment that was asked to end, for who holds its lock; nothing happens to any other."""
    if not registry.cancel_requested(experiment_id):
        return
    record = registry.experiment(experiment_id)
    trials = registry.trials(experiment_id, forecasts=False)
    if any(trial.state in ENDED for trial in trials):
        answer = stopped_answer(registry, record)
        answer |= times(_seconds_to_last_trial(registry, record), record.n_models)
        registry.finish(experiment_id, "cancelled", answer)
    else:
        registry.set_state(experiment_id, "cancelled")
    registry.add_event(experiment_id, "cancelled")


def _seconds_to_last_trial(registry: Registry, record: ExperimentRecord) -> float:
    """From its first start to the last trial that ended: what is known of a run that was cut off."""
    ends = registry.finish_times(record.id).values()
    return max((max(ends) - (record.started_at or record.created_at)).total_seconds(), 0.0)


def send_on(locks: Locks, registry: Registry, experiment_id: int) -> None:
    """Hand an experiment that stopped before its end to the queue again; one that waits there stays as it is.

    Raises:
        BusyError: a process runs it.
        UsageError: it has succeeded: nothing is left to run.
    """
    with ExperimentLock(locks, experiment_id):
        record = registry.experiment(experiment_id)
        if record.state == "succeeded":
            raise nothing_to_resume(experiment_id)
        if record.enqueued_at is None:
            registry.enqueue(experiment_id)
            registry.add_event(experiment_id, "queued")
