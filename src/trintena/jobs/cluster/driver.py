"""The program that speaks Ray: `python -m trintena.jobs.cluster.driver FD`, started by `link.py`.

Ray belongs to a process of its own: it takes over signals and logging, may wait for a cluster for minutes,
and when a cluster goes down it ends the process that was connected. Ours only notices.

One thread decides. Others put into its queue what our process orders, and how large the cluster is; Ray
adds the answers of the actors. One more watches: any call of Ray may stand still when the cluster does.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import pickle
import queue
import signal
import threading
import time
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from trintena.jobs.child import end_with
from trintena.jobs.cluster.host import Host
from trintena.jobs.cluster.messages import (
    Answer,
    Call,
    Capacity,
    Command,
    Connect,
    Died,
    Dismiss,
    Loaded,
    Lost,
    News,
    Refused,
    Share,
    Silent,
    Spoken,
    Start,
)
from trintena.jobs.failures import PICKLE_PROTOCOL
from trintena.jobs.messages import kind_of

if TYPE_CHECKING:
    from concurrent.futures import Future

MEASURE_EVERY_S = 1.0
SILENT_AFTER_S = 20.0
"""A cluster that does not say how large it is for so long is given up."""


class Gone:
    """Our process ended, or closed its end."""


class Driver:
    """The actors of one experiment."""

    def __init__(self, ray: Any, connection: Connection, told: Connect) -> None:
        self._ray, self._connection, self._told = ray, connection, told
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._actors: dict[int, Any] = {}
        self._shared: dict[int, Any] = {}
        self._measured_at = time.monotonic()
        self._telling = threading.Lock()

    def run(self) -> None:
        """Drive the actors until our process goes, or the cluster does."""
        n_workers = self._capacity()
        self.tell(Capacity(n_workers))
        for target in (self._listen, partial(self._measure, n_workers), self._watch):
            threading.Thread(target=target, daemon=True).start()
        while not isinstance(order := self._queue.get(), Gone):
            if isinstance(order, Capacity):
                self.tell(order)
            elif isinstance(order, tuple):
                self._take(*order)
            else:
                self._obey(order)
        self._end()

    def tell(self, news: News) -> None:
        """Say it to our process."""
        data = pickle.dumps(news, PICKLE_PROTOCOL)
        with self._telling:
            self._connection.send_bytes(data)

    # What comes in

    def _listen(self) -> None:
        try:
            while True:
                self._queue.put(pickle.loads(self._connection.recv_bytes()))
        except (EOFError, OSError):
            self._queue.put(Gone())

    def _measure(self, n_workers: int) -> None:
        while True:
            time.sleep(MEASURE_EVERY_S)
            try:
                now = self._capacity()
            except Exception as error:  # whatever it was, the next one may succeed
                print(f"the cluster does not tell its size: {error}", flush=True)
                continue
            self._measured_at = time.monotonic()
            if now != n_workers:
                n_workers = now
                self._queue.put(Capacity(now))

    def _watch(self) -> None:
        while time.monotonic() < self._measured_at + SILENT_AFTER_S:
            time.sleep(MEASURE_EVERY_S)
        self.tell(Silent(SILENT_AFTER_S))
        os._exit(1)

    def _expect(self, index: int, actor: Any, answer: Any) -> None:
        answer.future().add_done_callback(lambda future: self._queue.put((index, actor, future)))

    # What is done about it

    def _obey(self, command: Command) -> None:
        match command:
            case Start(index):
                if index not in self._actors:
                    self._actors[index] = self._actor(index)
                    self._expect(index, self._actors[index], self._actors[index].stay.remote())
                actor = self._actors[index]
                self._expect(index, actor, actor.start.remote())
            case Share(number, arguments):
                self._shared[number] = self._ray.put(arguments)
            case Call(index, request, shared):
                if index not in self._actors:
                    return  # its loss is on the way to whoever calls
                actor = self._actors[index]
                further = [] if shared is None else [self._shared[shared]]
                self._expect(index, actor, actor.call.remote(request, *further))
            case Dismiss(index):
                self._dismiss(index)

    def _take(self, index: int, actor: Any, future: Future[Answer]) -> None:
        """Pass on what an actor said, and ask it for more unless that was the last word."""
        if index not in self._actors or self._actors[index] is not actor:  # another is in its place
            return
        errors = self._ray.exceptions
        try:
            answer = future.result()
        except errors.RayTaskError as error:  # the actor lives; its code failed
            answer = Died(index, _last_line(error))
        except errors.ActorDiedError as error:
            self._dismiss(index)
            reason = _last_line(error)
            answer = Died(index, reason) if error.actor_init_failed else Lost(index, reason)
        except errors.RayError as error:
            self._dismiss(index)
            answer = Lost(index, _last_line(error))
        self.tell(answer)
        if isinstance(answer, Spoken) and kind_of(answer.message) == "report":
            self._expect(index, actor, actor.next.remote())

    def _actor(self, index: int) -> Any:
        told, environment = self._told, dict(self._told.environment)
        if told.gpu_share:
            environment["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 * min(told.gpu_share, 1):.3f}"
        else:
            environment["JAX_PLATFORMS"] = "cpu"
        remote = self._ray.remote(
            num_cpus=0 if told.gpu_share else 1,
            num_gpus=told.gpu_share,
            max_concurrency=2,
            scheduling_strategy="SPREAD",
        )
        return remote(Host).remote(index, environment, told.warm, told.versions)

    def _dismiss(self, index: int) -> None:
        if (actor := self._actors.pop(index, None)) is not None:
            self._ray.kill(actor)

    def _end(self) -> None:
        for index in list(self._actors):
            self._dismiss(index)
        self._ray.shutdown()

    def _capacity(self) -> int:
        """How many workers have room in the cluster as it is, whoever uses it now."""
        resources = self._ray.cluster_resources()
        if share := self._told.gpu_share:
            # No worker has parts of two. The rounding keeps a third, which is no number exactly, from being
            # there only twice.
            return int(resources.get("GPU", 0.0)) * int(round(1.0 / share, 6))
        return int(resources.get("CPU", 0.0))


def _last_line(error: Exception) -> str:
    """What a person may make something of: Ray's errors carry the traceback, and its advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _reason(error: BaseException) -> str:
    """What went wrong, the first cause first: Ray wraps what a person needs to know."""
    reason = str(error) or type(error).__name__
    return reason if error.__cause__ is None else f"{_reason(error.__cause__)}\n{reason}"


def main() -> int:
    """Read the command line that `link.py` wrote, connect, and drive."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is our process's to interpret
    faulthandler.enable()
    parser = argparse.ArgumentParser(prog="python -m trintena.jobs.cluster.driver")
    parser.add_argument("fd", type=int)
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args()
    end_with(options.parent)
    os.set_inheritable(options.fd, False)
    connection = Connection(options.fd)
    told: Connect = pickle.loads(connection.recv_bytes())
    try:
        import ray

        driver = Driver(ray, connection, told)
        driver.tell(Loaded())
        ray.init(told.address, log_to_driver=False)
    except (Exception, SystemExit) as error:
        refusal = Refused(_reason(error))
        connection.send_bytes(pickle.dumps(refusal, PICKLE_PROTOCOL))
        return 1
    try:
        driver.run()
    except (BrokenPipeError, ConnectionResetError):
        return 1  # our process is gone; Ray ends the actors of a driver that ended
    return 0


if __name__ == "__main__":
    os._exit(main())  # without waiting for the threads
