"""What the workers of these tests do. Imported by the children alone, by name."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trintena.errors import TrintenaError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

warmed_up = False
kept: list[bytearray] = []


def warm_up() -> None:
    global warmed_up
    warmed_up = True


def fail_to_warm_up() -> None:
    raise ImportError("no such accelerator")


def die_warming_up() -> None:
    print("the driver is missing", file=sys.stderr, flush=True)
    os._exit(3)


def is_warm() -> bool:
    return warmed_up


def add(left: int, right: int) -> int:
    return left + right


def double(values: np.ndarray) -> np.ndarray:
    return values * 2


def pid() -> int:
    return os.getpid()


def surroundings(names: list[str]) -> dict[str, Any]:
    """What the worker finds around itself."""
    return {
        "variables": {name: os.environ.get(name) for name in names},
        "cores": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "arguments": sys.argv,
        "descriptors": descriptors(),
        "modules": sorted(sys.modules),
    }


def descriptors() -> list[int]:
    found = []
    for descriptor in range(256):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return found


def refuse(name: str) -> None:
    raise UnknownNameError("model", name, ["gru", "lstm"], field="models", hint="Look again.")


def refuse_unpicklably() -> None:
    error = TrintenaError("no")
    error.extra = lambda: None  # type: ignore[attr-defined]
    raise error


def break_down() -> None:
    raise ZeroDivisionError("three over nothing")


def exit_quietly() -> None:
    sys.exit(7)


def return_a_lambda() -> Any:
    return lambda: None


class OnlyHere:
    """Reads back as a module that the parent does not have."""

    def __reduce__(self) -> Any:
        return (__import__, ("no_such_module_anywhere",))


def return_what_only_this_side_knows() -> Any:
    return OnlyHere()


def count_to(n: int, report: Callable[[dict[str, Any]], None]) -> int:
    for i in range(n):
        report({"epoch": i})
    return n


def report_after_the_end(report: Callable[[dict[str, Any]], None]) -> None:
    threading.Timer(0.1, lambda: report({"late": True})).start()


def chatter(n_bytes: int) -> None:
    """More than a pipe holds."""
    sys.stderr.write("x" * n_bytes)
    sys.stdout.write("y" * n_bytes)


def grow(n_bytes: int) -> int:
    kept.append(bytearray(os.urandom(1) * n_bytes))
    return os.getpid()


def kill_self(number: int, last_words: str = "") -> None:
    print(last_words, file=sys.stderr, flush=True)
    os.kill(os.getpid(), number)
    time.sleep(60)


def read_address_zero() -> None:
    ctypes.string_at(0)


def die_once(marker: str) -> int:
    """Killed the first time, fine the second."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
    return os.getpid()


def hold(path: str, how: str, report: Callable[[dict[str, Any]], None]) -> None:
    """Take a file lock, which the system frees when this process ends, and stay away for a minute."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    report({"pid": os.getpid()})
    if how == "in C":
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
    elif how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        report({"deaf": True})
    time.sleep(60)


def sleep(seconds: float) -> None:
    time.sleep(seconds)
