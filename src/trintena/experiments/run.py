"""The loop that runs an experiment: hand out trials, store each as it ends, judge once, save the best.

The process that runs this loads neither Keras nor JAX; workers do. Whatever moment it is killed at,
every finished trial is in the database, and running the same experiment again does only the rest.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trintena.errors import BusyError, UnavailableError, UsageError
from trintena.experiments.answer import final_answer, times
from trintena.experiments.backtest import run_backtest
from trintena.experiments.case import Case
from trintena.experiments.race import RaceRun
from trintena.experiments.stopped import stopped_answer
from trintena.experiments.training_run import TrainingRun
from trintena.jobs.locks import ExperimentLock, locks_of
from trintena.language import phrase

if TYPE_CHECKING:
    from trintena.experiments.progress import Observer
    from trintena.experiments.workplace import Workplace
    from trintena.registry import ExperimentRecord


def run_experiment(
    place: Workplace, experiment_id: int, observe: Observer = lambda progress: None
) -> dict[str, Any]:
    """Run what is missing of an experiment and give its answer, as the specification words it.

    `status` is `success`, `cancelled` (somebody asked for it, or interrupted this process: the
    answer is the partial board, and the experiment can be resumed), or `failed` when no trial ended
    with a model.

    Raises:
        BusyError: another process runs it, or holds the database for too long.
        UnavailableError: the server of the database is away for too long.
        UsageError: it has succeeded already.
    """
    with ExperimentLock(locks_of(place.settings, place.registry), experiment_id) as lock:
        place = replace(place, registry=lock.registry(place.registry))
        # A person wants it to run, whatever was asked for or happened before.
        if place.registry.experiment(experiment_id).state in ("running", "failed", "cancelled"):
            place.registry.reopen(experiment_id)
        return run_locked(place, experiment_id, observe)


def run_locked(
    place: Workplace, experiment_id: int, observe: Observer = lambda progress: None
) -> dict[str, Any]:
    """`run_experiment`, for who holds the experiment's lock already; a request to cancel it is heeded.

    The registry of the place is the one that the lock gives.
    """
    registry = place.registry
    record = registry.experiment(experiment_id)
    if record.state == "succeeded":
        raise nothing_to_resume(experiment_id)
    registry.requeue_running(experiment_id)
    registry.set_state(experiment_id, "running")
    registry.add_event(experiment_id, "running")
    started_at = time.monotonic()
    run = _train if record.spec.backtest is None else run_backtest
    try:
        answer = run(place, record, observe)
    except KeyboardInterrupt:
        answer = stopped_answer(registry, record)
    except (BusyError, UnavailableError):  # the database: the experiment is as good as before, and cut off
        raise
    except Exception as error:
        registry.set_state(experiment_id, "failed", str(error))
        registry.add_event(experiment_id, "failed", {"message": str(error)})
        raise
    answer |= times(time.monotonic() - started_at, record.n_models)
    state = {"success": "succeeded", "cancelled": "cancelled", "failed": "failed"}[answer["status"]]
    registry.finish(experiment_id, state, answer)  # type: ignore[arg-type]
    registry.add_event(experiment_id, state)
    if state == "succeeded":
        registry.drop_weights(experiment_id)
    return answer


def nothing_to_resume(experiment_id: int) -> UsageError:
    """The refusal to run again what has succeeded."""
    return UsageError(
        phrase(
            en=f"Experiment {experiment_id} has finished; there is nothing to resume.",
            pt=f"O experimento {experiment_id} já terminou; não há o que retomar.",
        ),
        hint=phrase(
            en=f"See `trintena experiments show {experiment_id}`.",
            pt=f"Veja `trintena experiments show {experiment_id}`.",
        ),
    )


def _train(place: Workplace, record: ExperimentRecord, observe: Observer) -> dict[str, Any]:
    case = Case.load(place.registry, record)
    search = case.spec.search
    if search is None or search.budget_s is None:
        run = TrainingRun(place, case, observe)
    else:
        run = RaceRun(place, case, observe, search.budget_s)
    if not run.train():
        return stopped_answer(place.registry, record)
    run.tell("judging")
    return final_answer(place, case)
