"""The worker's side: `python -m trintena.jobs.child FD`, started by `process.py` and never by hand.

Pins itself to a processor, warms up, then answers one call after the other until its parent goes;
`messages.py` tells what they say to each other.

This file imports nothing heavy: the libraries that compute arrive with the warm-up or the first call,
after the process is pinned.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import inspect
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from trintena.jobs.failures import pack_error
from trintena.jobs.messages import message, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trintena.jobs.messages import MessageKind

PARENT_CHECK_S = 1.0


def resolve(path: str) -> Callable[..., Any]:
    """The function that `package.module:function` names.

    Raises:
        ValueError: the path is of another form.
        ImportError, AttributeError: there is no such module, or no such function in it.
    """
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise ValueError(f"Expected a function as 'package.module:function', got {path!r}.")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def wants_report(function: Callable[..., Any]) -> bool:
    """Whether the function has a parameter of that name."""
    try:
        return "report" in inspect.signature(function).parameters
    except ValueError:  # some functions written in C do not tell
        return False


class Channel:
    """The child's end of the connection; several threads may write to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    def receive(self) -> bytes:
        """The next request, still pickled, so that a bad one fails as a task and not as a process."""
        return self._connection.recv_bytes()

    def send(self, kind: MessageKind, value: Any) -> None:
        """Write one message. Whatever cannot be pickled raises before a byte is written."""
        data = message(kind, value)
        with self._lock:
            self._connection.send_bytes(data)

    @contextmanager
    def reports(self) -> Iterator[Callable[[dict[str, Any]], None]]:
        """What a task function receives as `report`.

        It falls silent when the call is over: what a thread left behind still tells would be taken
        for the next task's.
        """
        is_over = False

        def report(payload: dict[str, Any]) -> None:
            with self._lock:
                if not is_over:
                    self.send("report", payload)

        try:
            yield report
        finally:
            with self._lock:
                is_over = True


def answer(channel: Channel, request: bytes) -> None:
    """Run one call and send what came of it. Only a lost connection raises."""
    try:
        path, kwargs = read_request(request)
        function = resolve(path)
        with channel.reports() as report:
            result = function(**kwargs, **({"report": report} if wants_report(function) else {}))
        channel.send("result", result)
    except BaseException as error:  # also SystemExit: a task does not decide when its worker ends
        channel.send("error", pack_error(error))


def serve(channel: Channel, warm: str | None) -> int:
    """Warm up, then answer until the parent closes its end; gives the exit code."""
    try:
        if warm is not None:
            resolve(warm)()
    except BaseException as error:
        channel.send("error", pack_error(error))
        return 1
    channel.send("ready", None)
    while True:
        try:
            request = channel.receive()
        except EOFError:
            return 0
        answer(channel, request)


def follow(parent: int) -> None:
    """End this process soon after `parent` did.

    Asks for the parent's number instead of waiting for the end of a pipe: no descriptor that some
    other process inherited by mistake can keep an orphan alive. It needs the interpreter's lock for
    an instant each second, never the main thread.
    """
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def end_with(parent: int) -> None:
    """Have a thread of this process `follow` another one."""
    threading.Thread(target=follow, args=(parent,), name="follow-parent", daemon=True).start()


def pin(core: int) -> None:
    """Stay on one processor, where the system knows of such a thing."""
    if hasattr(os, "sched_setaffinity"):
        try:
            os.sched_setaffinity(0, {core})
        except OSError as error:  # taken away since the parent looked: slower, not wrong
            print(f"not pinned to processor {core}: {error}", file=sys.stderr)


def main() -> int:
    """Read the command line that `process.py` wrote, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to interpret
    faulthandler.enable()  # a segmentation fault leaves its stack in the log
    parser = argparse.ArgumentParser(prog="python -m trintena.jobs.child")
    parser.add_argument("fd", type=int)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--core", type=int)
    parser.add_argument("--warm")
    options = parser.parse_args()

    end_with(options.parent)
    if options.core is not None:
        pin(options.core)
    os.set_inheritable(options.fd, False)  # what a task starts must not hold the connection open
    try:
        return serve(Channel(Connection(options.fd)), options.warm)
    except (BrokenPipeError, ConnectionResetError):
        return 1  # the parent is gone in the middle of an answer


if __name__ == "__main__":
    os._exit(main())  # without waiting for threads that a task or a library left behind
