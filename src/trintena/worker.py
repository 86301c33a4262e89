"""The worker: runs the experiments of the queue, one after the other, for as long as it lives.

Any number of workers may look at one database. Each experiment has a lock that one of them holds while it
runs it, and each worker has a place of which there are only so many: one that finds none stands by until
another worker dies. Whatever moment a worker is killed at, its experiment is found cut off by the next.
While the server of the database is away, a run waits for it for a while, a worker between two runs for ever.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from types import FrameType
from typing import Any, NoReturn

from trintena.bootstrap import Application, application
from trintena.errors import BusyError, TrintenaError, UnavailableError
from trintena.experiments import Observer, tracking
from trintena.experiments.overview import heed_cancel
from trintena.experiments.run import run_locked
from trintena.jobs.child import end_with
from trintena.jobs.locks import ExperimentLock, WorkerPlace, is_held
from trintena.language import phrase
from trintena.registry import ExperimentRecord, Registry
from trintena.registry.events import DATABASE_AWAY
from trintena.registry.patience import PatientRegistry
from trintena.settings import Settings

logger = logging.getLogger("trintena")

POLL_S = 0.5
_NICENESS = 10
"""Training gives way to the answers of the server that runs beside it."""
_SETTLING_S = 5.0
"""How long an experiment has to be nobody's before it counts as cut off: who lost the lock with the session
that held it, as by a restart of the server, takes it anew within two seconds."""
_MOST_DEATHS = 3
"""A worker that dies so often in an experiment, without one more trial in between, dies of it."""


class Audience:
    """Who is told what a worker does; this one says nothing."""

    def watching(self, record: ExperimentRecord) -> AbstractContextManager[Observer]:
        """An observer of an experiment, for as long as it runs."""
        return nullcontext(lambda progress: None)

    def ended(self, record: ExperimentRecord, answer: dict[str, Any]) -> None:
        """An experiment gave its answer."""

    def failed(self, record: ExperimentRecord, reason: str) -> None:
        """An experiment could not be run to its end."""


NOBODY = Audience()


def work(
    settings: Settings | None = None,
    *,
    places: int = 1,
    parent: int | None = None,
    audience: Audience = NOBODY,
    workers: int | None = None,
) -> NoReturn:
    """Run experiments of the queue until this process is told to end.

    Told so (SIGTERM, SIGINT) in the middle of an experiment it leaves it in the queue, cut off, to be gone
    on with; a person who wants it to end cancels it.

    Args:
        settings: where the database is.
        places: how many experiments may run at once, those of other workers counted.
        parent: the process with which this one ends; None: it lives by itself.
        audience: who is told.
        workers: processes that train.
    """
    settings = settings or Settings.from_environment()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    if parent is not None:
        end_with(parent)
    os.nice(_NICENESS)
    with application(settings) as app:
        while True:
            with WorkerPlace.wait_for_one(app.locks, places) as place:
                _work_in(place, app, audience, workers)


def _work_in(place: WorkerPlace, app: Application, audience: Audience, workers: int | None) -> None:
    """Run experiments for as long as the place is ours: it may be lost with the server of the database."""
    settling = Settling(app)
    while True:
        ran = False
        try:
            if not place.is_kept():
                return
            ran = run_next(app, audience=audience, workers=workers, settling=settling)
        except BusyError as error:  # another program holds the database: what waits can wait longer
            logger.warning("%s", error)
        except UnavailableError:
            _patient(app).n_waiting()
            settling = Settling(app)
        if not ran:
            time.sleep(POLL_S)


class Settling:
    """Since when experiments that were running are nobody's, as far as this worker saw.

    A lock of a file is free only when its holder is dead, so there is nothing to wait for.
    """

    def __init__(self, app: Application) -> None:
        self._app, self._since = app, dict[int, float]()

    def is_over(self, experiment_id: int) -> bool:
        """Whether an experiment of the queue may be taken."""
        registry = self._app.registry
        if not registry.holds_locks or registry.standing(experiment_id).state != "running":
            return True
        if is_held(self._app.locks, experiment_id):
            self._since.pop(experiment_id, None)
            return False
        now = time.monotonic()
        return now - self._since.setdefault(experiment_id, now) >= _SETTLING_S


def run_next(
    app: Application,
    *,
    audience: Audience = NOBODY,
    workers: int | None = None,
    settling: Settling | None = None,
) -> bool:
    """Run the first experiment of the queue that no process runs; False where there is none.

    With `settling`, one that was cut off is left alone until it has been nobody's for a while.

    Raises:
        BusyError: another program holds the database.
        UnavailableError: its server is away.
    """
    for experiment_id in app.registry.queue():
        if settling is not None and not settling.is_over(experiment_id):
            continue
        lock = ExperimentLock(app.locks, experiment_id)
        try:
            lock.acquire()
        except BusyError:
            continue
        try:
            # Before the lock was ours somebody may have ended, run or deleted it.
            if experiment_id in app.registry.queue():
                _run(app, lock, experiment_id, audience, workers)
                return True
        finally:
            lock.release()
    return False


def _run(
    app: Application, lock: ExperimentLock, experiment_id: int, audience: Audience, workers: int | None
) -> None:
    registry = lock.registry(app.registry)
    if registry.cancel_requested(experiment_id):
        heed_cancel(registry, experiment_id)
        return
    record = registry.experiment(experiment_id)
    try:
        if _deaths(registry, experiment_id) >= _MOST_DEATHS:
            raise TrintenaError(
                phrase(
                    en=f"The process that ran it died {_MOST_DEATHS} times in a row.",
                    pt=f"O processo que o executava morreu {_MOST_DEATHS} vezes seguidas.",
                )
            )
        with (
            app.workplace(workers=workers, executor=record.executor) as place,
            audience.watching(record) as observe,
        ):
            answer = run_locked(replace(place, registry=registry), experiment_id, observe)
            if answer["status"] == "cancelled":
                lock.release()  # whoever sends it on at once need not wait for the end of our processes
    except SystemExit:
        with suppress(UnavailableError):  # who is told to end waits for nobody
            app.registry.add_event(experiment_id, "stopped")
        raise
    except UnavailableError as error:
        logger.warning("%s", error)
        _patient(app).add_event(experiment_id, "stopped")
        return
    except BusyError as error:
        # Another program holds the database: no fault of the experiment, which stays in the queue.
        logger.warning("%s", error)
        if lock.is_lost:  # while its server was away: the experiment is theirs who took it over
            audience.failed(record, str(error))
        else:
            _add_event_in_the_end(registry, experiment_id, "stopped")
        return
    except Exception as error:
        # What one experiment breaks on must not keep the next ones waiting.
        if not isinstance(error, TrintenaError):
            logger.exception("experiment %d", experiment_id)
        if registry.experiment(experiment_id).state != "failed":
            registry.set_state(experiment_id, "failed", str(error))
            registry.add_event(experiment_id, "failed", {"message": str(error)})
        audience.failed(record, str(error))
        return
    audience.ended(record, answer)
    if remark := tracking.track(app.settings, app.registry, experiment_id):
        logger.log(logging.WARNING if remark.is_warning else logging.INFO, "%s", remark.sentence)


def _patient(app: Application) -> PatientRegistry:
    """The registry, for who waits for its database as long as it takes."""
    return PatientRegistry.of(app.registry, limit_s=math.inf)


def _add_event_in_the_end(registry: Registry, experiment_id: int, kind: str) -> None:
    """Note something as soon as the database is free."""
    while True:
        try:
            registry.add_event(experiment_id, kind)
        except BusyError:  # after half a minute
            continue
        return


def _deaths(registry: Registry, experiment_id: int) -> int:
    """How often in a row a process that ran it died, without one trial ended in between."""
    n_deaths = 0
    for event in registry.events(experiment_id):
        if event.kind == "running":
            n_deaths += 1
        elif event.kind not in ("best", DATABASE_AWAY):
            n_deaths = 0
    return n_deaths


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
