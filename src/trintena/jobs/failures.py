"""What a worker process can bring back instead of a result, and how an exception crosses over.

    a TrintenaError    a refusal made on purpose: arrives as the class that was raised
    TaskFailed         any other exception: a bug, or a library's complaint
    WorkerDied         the process itself ended: killed, out of memory, crashed
    └── WorkerLost     for a reason that is none of the task's: its machine is gone

The last three are no part of the tree in `errors.py`: nobody raises them on purpose. Whoever waits for
a result shows `str(error)` in its place and keeps the details for the log.
"""

from __future__ import annotations

import pickle
import signal
import traceback
from typing import Any

from trintena.errors import TrintenaError

PICKLE_PROTOCOL = 5
"""The first that writes arrays without an intermediate copy."""

PackedError = tuple[type[Exception], tuple[Any, ...], dict[str, Any]]

_LINES_SHOWN = 3
_LINE_WIDTH = 200


class TaskFailed(Exception):  # noqa: N818  (a name in the past tense reads as what it is)
    """An exception of another process, as text: its classes may not exist on this side."""

    def __init__(self, type_name: str, message: str, traceback_text: str = "") -> None:
        super().__init__(type_name, message, traceback_text)
        self.type_name = type_name
        self.message = message
        self.traceback_text = traceback_text

    def __str__(self) -> str:
        return f"{self.type_name}: {self.message}" if self.message else self.type_name

    @classmethod
    def from_exception(cls, error: BaseException) -> TaskFailed:
        """Everything worth keeping of `error` that is plain text."""
        kind = type(error)
        prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        return cls(
            f"{prefix}{kind.__qualname__}", str(error), "".join(traceback.format_exception(error)).rstrip()
        )


class WorkerDied(Exception):  # noqa: N818
    """A worker process ended before it answered.

    `exit_code` is negative for a signal and None where the process never started; `log` is the end of
    what it wrote to its standard output and error.
    """

    def __init__(self, reason: str, *, exit_code: int | None = None, log: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.exit_code = exit_code
        self.log = log

    @classmethod
    def from_exit(cls, code: int, log: str) -> WorkerDied:
        """The reason that an exit code tells: negative for a signal."""
        if code >= 0:
            reason = f"the worker process ended by itself (exit code {code})"
        elif -code == signal.SIGKILL:
            reason = f"the worker process was killed (signal {-code}), perhaps for lack of memory"
        else:
            name = signal.strsignal(-code) or "unknown"
            reason = f"the worker process was ended by signal {-code} ({name})"
        return cls(reason, exit_code=code, log=log)

    def __str__(self) -> str:
        lines = [line.strip()[:_LINE_WIDTH] for line in self.log.splitlines() if line.strip()]
        if not lines:
            return self.reason
        return f"{self.reason}; the last it wrote: {' | '.join(lines[-_LINES_SHOWN:])}"


class WorkerLost(WorkerDied):
    """A worker went away together with its machine, or the way to it."""


def pack_error(error: BaseException) -> PackedError:
    """What is sent of an exception: class, arguments and attributes, all of them picklable.

    An exception's own pickling calls its constructor with `args`, which fails for every class whose
    constructor takes something else. `unpack_error` does not call it.
    """
    if isinstance(error, TrintenaError):
        packed: PackedError = (type(error), error.args, vars(error))
        try:
            # Also read back: a class made inside a function is refused only then.
            pickle.loads(pickle.dumps(packed, PICKLE_PROTOCOL))
        except Exception as unpicklable:
            error.add_note(f"(sent as text, for it cannot be pickled: {unpicklable})")
        else:
            return packed
    failed = TaskFailed.from_exception(error)
    return type(failed), failed.args, vars(failed)


def unpack_error(packed: PackedError) -> Exception:
    """The exception that `pack_error` took apart."""
    kind, args, attributes = packed
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error
