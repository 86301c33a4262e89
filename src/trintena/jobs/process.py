"""One worker process, seen from its parent: start it, send it calls, see it die, end it."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from trintena.jobs.failures import WorkerDied
from trintena.jobs.launch import Launched, launch
from trintena.jobs.messages import read_message, request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trintena.jobs.messages import MessageKind

GRACE_S = 2.0


class WorkerProcess:
    """A single-threaded process that answers calls, one at a time.

    `core` is the processor it stays on (None: any); `environment` comes on top of the parent's own
    and of `ONE_THREAD`; `warm` names a function (`package.module:function`) to run before the first
    call. May be started again after it ended, whichever way it did.
    """

    def __init__(
        self,
        index: int,
        core: int | None = None,
        environment: Mapping[str, str] | None = None,
        warm: str | None = None,
    ) -> None:
        self.index = index
        self.core = core
        self._environment = dict(environment or {})
        self._warm = warm
        self._launched: Launched | None = None
        self._call_lock = threading.Lock()
        self._end_lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process's number; None when it is not running."""
        launched = self._launched
        return launched.popen.pid if launched is not None and launched.popen.poll() is None else None

    def start(self) -> None:
        """Start the process, in place of one that still runs, and return at once.

        Raises:
            WorkerDied: the system gave no further process.
        """
        self.terminate()
        self._launched = launch(self.core, self._environment, self._warm)

    def fileno(self) -> int:
        """The descriptor that becomes readable when a message, or the end, has come."""
        return self._present().connection.fileno()

    def send(
        self, function: str, kwargs: Mapping[str, Any], shared: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Begin a call, on a worker that said `ready`: no other reads, so a large message would wait.

        Raises:
            TaskFailed: the arguments cannot be pickled; nothing was sent.
            WorkerDied: the process ended, or was not running.
        """
        self.send_bytes(request(function, {**shared, **kwargs}))

    def send_bytes(self, data: bytes) -> None:
        """Begin a call, given as a request of `messages.py`.

        Raises:
            WorkerDied: the process ended, or was not running.
        """
        launched = self._present()
        launched.mark_log()
        try:
            launched.connection.send_bytes(data)
        except OSError as error:
            raise self._bury(launched) from error

    def receive(self) -> tuple[MessageKind, Any]:
        """Wait for the next message. The value of an `error` is the exception itself.

        Raises:
            TaskFailed: the message cannot be read here; the call that sent it is in an unknown state.
            WorkerDied: the process ended, or was not running.
        """
        launched = self._present()
        kind, value = read_message(self.receive_bytes())
        launched.is_ready = launched.is_ready or kind == "ready"
        return kind, value

    def receive_bytes(self) -> bytes:
        """Wait for the next message, unread.

        Raises:
            WorkerDied: the process ended, or was not running.
        """
        launched = self._present()
        try:
            return launched.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._bury(launched) from error

    def call(self, function: str, /, **kwargs: Any) -> Any:
        """Run `function` (`package.module:function`) over there and wait for its result.

        One call at a time: threads queue up. Reports are dropped. A call that is interrupted ends the
        process, since its answer would be taken for the next one's.

        Raises:
            TrintenaError: as the function raised it.
            TaskFailed: it raised anything else.
            WorkerDied: the process ended, or was not running.
        """
        with self._call_lock:
            try:
                kind, value = self._exchange(function, kwargs)
            except BaseException:
                self.terminate()
                raise
        if kind == "error":
            raise value
        return value

    def resident_bytes(self) -> int:
        """Memory that the process holds now; 0 when it is not running."""
        return self._launched.resident_bytes() if self._launched is not None else 0

    def terminate(self, grace_s: float = GRACE_S) -> None:
        """End the process: SIGTERM, and SIGKILL after `grace_s`. Nothing to do when there is none."""
        terminate_all([self], grace_s)

    def _exchange(self, function: str, kwargs: Mapping[str, Any]) -> tuple[MessageKind, Any]:
        while not self._present().is_ready:
            kind, value = self.receive()
            if kind == "error":  # of the warm-up: the process is about to end
                raise value
        self.send(function, kwargs)
        while True:
            kind, value = self.receive()
            if kind in ("result", "error"):
                return kind, value

    def _present(self) -> Launched:
        if self._launched is None:
            raise WorkerDied("the worker process is not running")
        return self._launched

    def _bury(self, launched: Launched) -> WorkerDied:
        """Reap a process that closed its connection, and say what became of it."""
        with self._end_lock:
            if self._launched is not launched:  # another thread was faster
                return WorkerDied("the worker process was ended by its parent")
            try:
                code = launched.popen.wait(GRACE_S)
            except subprocess.TimeoutExpired:  # it lives, but nobody can reach it any more
                launched.popen.kill()
                code = launched.popen.wait()
            death = WorkerDied.from_exit(code, launched.log_end())
            launched.release()
            self._launched = None
        return death


def terminate_all(workers: Iterable[WorkerProcess], grace_s: float = GRACE_S) -> None:
    """End all of them together: one grace for the lot, and none is left afterwards."""
    with ExitStack() as stack:
        ending: list[tuple[WorkerProcess, Launched]] = []
        for worker in workers:
            stack.enter_context(worker._end_lock)
            if worker._launched is not None:
                ending.append((worker, worker._launched))
        for _, launched in ending:
            launched.popen.terminate()
        deadline = time.monotonic() + grace_s
        try:
            for _, launched in ending:
                launched.popen.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass  # the grace is over for all of them
        finally:  # also when a second Ctrl-C cuts it short
            for _, launched in ending:
                launched.popen.kill()
            for worker, launched in ending:
                launched.popen.wait()
                launched.release()
                worker._launched = None
