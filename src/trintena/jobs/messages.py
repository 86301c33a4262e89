"""What a worker and whoever drives it say to each other, as bytes.

    to the worker      a request: a function's path with its arguments, then perhaps further arguments
    from the worker    "ready", then for each call any number of "report" with a payload
                       and one "result" with a value or "error" with the exception

Either is two pickles, one after the other. So whoever only passes a message on reads its kind alone, and
arguments that many requests share are pickled once.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any, Literal

from trintena.jobs.failures import PICKLE_PROTOCOL, TaskFailed, unpack_error

MessageKind = Literal["ready", "report", "result", "error"]


def arguments(kwargs: Mapping[str, Any]) -> bytes:
    """Arguments that many requests share, to be appended to each of them.

    Raises:
        TaskFailed: they cannot be pickled.
    """
    return _pickled(dict(kwargs))


def request(function: str, kwargs: Mapping[str, Any]) -> bytes:
    """A call of `package.module:function`.

    Raises:
        TaskFailed: the arguments cannot be pickled.
    """
    return _pickled((function, dict(kwargs)))


def read_request(data: bytes) -> tuple[str, dict[str, Any]]:
    """The function's path and all of its arguments. Unpickling may raise anything."""
    (path, kwargs), shared = _both(data)
    return path, {**(shared or {}), **kwargs}


def message(kind: MessageKind, value: Any) -> bytes:
    """What a worker says. Whatever cannot be pickled raises its own error."""
    return pickle.dumps(kind, PICKLE_PROTOCOL) + pickle.dumps(value, PICKLE_PROTOCOL)


def kind_of(data: bytes) -> MessageKind:
    """What a message is, whatever it holds."""
    kind: MessageKind = pickle.load(io.BytesIO(data))
    return kind


def read_message(data: bytes) -> tuple[MessageKind, Any]:
    """Kind and value of a message; the value of an `error` is the exception itself.

    Raises:
        TaskFailed: it cannot be read here.
    """
    kind: MessageKind
    try:
        kind, value = _both(data)
    except Exception as error:  # unpickling runs foreign code, too
        raise TaskFailed.from_exception(error) from error
    return kind, unpack_error(value) if kind == "error" else value


def _pickled(value: object) -> bytes:
    try:
        return pickle.dumps(value, PICKLE_PROTOCOL)
    except Exception as error:  # pickling runs foreign code: anything may come out
        raise TaskFailed.from_exception(error) from error


def _both(data: bytes) -> tuple[Any, Any]:
    stream = io.BytesIO(data)
    first = pickle.load(stream)
    return first, pickle.load(stream) if stream.tell() < len(data) else None
