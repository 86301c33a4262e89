"""The worker: runs the experiments of the queue, one after the other, for as long as it lives.

Any number of workers may look at one database. Each experiment has a lock that one of them holds while it
runs it, and each worker has a place of which there are only so many: one that finds none stands by until
another worker dies. Whatever moment a worker is killed at, its experiment is found cut off by the next.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import NoReturn

from trintena.bootstrap import Application, application
from trintena.errors import BusyError, TrintenaError
from trintena.experiments import Observer, tracking
from trintena.experiments.overview import heed_cancel
from trintena.experiments.run import run_locked
from trintena.jobs.child import follow
from trintena.jobs.locks import ExperimentLock, WorkerPlace
from trintena.settings import Settings

logger = logging.getLogger("trintena")

POLL_S = 0.5
_NICENESS = 10
"""Training gives way to the answers of the server that runs beside it."""

Watch = Callable[[int], AbstractContextManager[Observer]]
"""Given an experiment's number, what to do with its progress for as long as it runs."""


def _unwatched(experiment_id: int) -> AbstractContextManager[Observer]:
    return nullcontext(lambda progress: None)


def work(
    settings: Settings | None = None,
    *,
    places: int = 1,
    parent: int | None = None,
    watch: Watch = _unwatched,
    workers: int | None = None,
) -> NoReturn:
    """Run experiments of the queue until this process is told to end.

    Told so (SIGTERM, SIGINT) in the middle of an experiment it leaves it in the queue, cut off, to be gone
    on with; a person who wants it to end cancels it.

    Args:
        settings: where the database is.
        places: how many experiments may run at once, those of other workers counted.
        parent: the process with which this one ends; None: it lives by itself.
        watch: who is told how far an experiment is.
        workers: processes that train.
    """
    settings = settings or Settings.from_environment()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    if parent is not None:
        threading.Thread(target=follow, args=(parent,), name="follow-parent", daemon=True).start()
    os.nice(_NICENESS)
    with WorkerPlace.wait_for_one(settings.locks, places), application(settings) as app:
        while True:
            if not run_next(app, watch=watch, workers=workers):
                time.sleep(POLL_S)


def run_next(app: Application, *, watch: Watch = _unwatched, workers: int | None = None) -> bool:
    """Run the first experiment of the queue that no process runs; False where there is none."""
    for experiment_id in app.registry.queue():
        try:
            with ExperimentLock(app.settings.locks, experiment_id):
                if experiment_id in app.registry.queue():
                    _run(app, experiment_id, watch, workers)
                    return True
        except BusyError:
            continue
    return False


def _run(app: Application, experiment_id: int, watch: Watch, workers: int | None) -> None:
    registry = app.registry
    if registry.cancel_requested(experiment_id):
        heed_cancel(registry, experiment_id)
        return
    try:
        with app.workplace(workers=workers) as place, watch(experiment_id) as observe:
            run_locked(place, experiment_id, observe)
    except Exception as error:
        # What one experiment breaks on must not keep the next ones waiting.
        if not isinstance(error, TrintenaError):
            logger.exception("experiment %d", experiment_id)
        if registry.experiment(experiment_id).state != "failed":
            registry.set_state(experiment_id, "failed", str(error))
            registry.add_event(experiment_id, "failed", {"message": str(error)})
        return
    if remark := tracking.track(app.settings, registry, experiment_id):
        logger.log(logging.WARNING if remark.is_warning else logging.INFO, "%s", remark.sentence)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
