from __future__ import annotations

import pickle

import pytest

from trintena.errors import UnknownNameError
from trintena.jobs import messages
from trintena.jobs.failures import TaskFailed, pack_error


def test_a_request_may_be_followed_by_arguments_that_were_pickled_elsewhere() -> None:
    data = messages.request("math:hypot", {"x": 1}) + messages.arguments({"y": 2, "x": 9})
    assert messages.read_request(data) == ("math:hypot", {"x": 1, "y": 2})
    assert messages.read_request(messages.request("math:hypot", {})) == ("math:hypot", {})


def test_the_kind_of_a_message_is_known_without_reading_what_it_holds() -> None:
    unreadable = messages.message("result", None)[:-1] + b"no pickle"
    assert messages.kind_of(unreadable) == "result"
    with pytest.raises(TaskFailed, match="Unpickling"):
        messages.read_message(unreadable)


def test_an_error_arrives_as_itself() -> None:
    error = UnknownNameError("model", "gruu", ["gru"])
    kind, read = messages.read_message(messages.message("error", pack_error(error)))
    assert (kind, type(read), str(read)) == ("error", UnknownNameError, str(error))


@pytest.mark.parametrize("pack", [messages.arguments, lambda kwargs: messages.request("a:b", kwargs)])
def test_what_cannot_be_pickled_is_the_fault_of_the_task(pack) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TaskFailed, match="lambda"):
        pack({"argument": lambda: None})


def test_a_message_that_cannot_be_pickled_raises_its_own_error() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        messages.message("result", lambda: None)
