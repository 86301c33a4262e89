from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from trintena.data.sources.patience import JITTER, Trouble, ask_patiently

SHORT = Trouble("It is tired", (0.01, 0.02))


class TiredError(Exception):
    pass


def judge(error):
    return SHORT if isinstance(error, TiredError) else None


def failing(times, error=TiredError):
    """Fails so often, then answers with how often it was asked."""
    asked = []

    def ask():
        asked.append(1)
        if len(asked) <= times:
            raise error(f"try {len(asked)}")
        return len(asked)

    return ask


def test_an_answer_is_given_back_without_a_word(caplog):
    assert ask_patiently(failing(0), judge, 10) == 1
    assert caplog.messages == []


def test_each_wait_is_said_before_it_is_waited(caplog):
    assert ask_patiently(failing(2), judge, 10) == 3
    assert caplog.messages == [
        "It is tired; trying again in 0 s (2 of 3).",
        "It is tired; trying again in 0 s (3 of 3).",
    ]
    assert {record.name for record in caplog.records} == {"trintena.data.sources.patience"}


def test_a_wait_is_said_in_portuguese(caplog, monkeypatch):
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    ask_patiently(failing(1), lambda error: Trouble("Está cansado", (0.01,)), 10)
    assert caplog.messages == ["Está cansado; nova tentativa em 0 s (2 de 2)."]


def test_waits_grow_by_no_more_than_the_jitter():
    start = time.monotonic()
    ask_patiently(failing(1), lambda error: Trouble("Slow", (0.1,)), 10)
    assert 0.1 <= time.monotonic() - start < 0.1 * (1 + JITTER) + 0.5


def test_the_last_failure_is_what_is_raised():
    with pytest.raises(TiredError, match="try 3"):
        ask_patiently(failing(9), judge, 10)


def test_what_no_waiting_helps_is_raised_at_once(caplog):
    with pytest.raises(KeyError, match="try 1"):
        ask_patiently(failing(9, KeyError), judge, 10)
    assert caplog.messages == []


def test_no_wait_is_begun_that_would_end_after_the_limit(caplog):
    start = time.monotonic()
    with pytest.raises(TiredError, match="try 1"):
        ask_patiently(failing(9), lambda error: Trouble("Slow", (60.0,)), 1.0)
    assert time.monotonic() - start < 5
    assert caplog.messages == []


def test_an_answer_that_never_comes_is_given_up_at_the_limit():
    leave = threading.Event()
    with pytest.raises(TimeoutError, match="no answer within"):
        ask_patiently(leave.wait, judge, 0.05)
    leave.set()


@pytest.mark.parametrize("busy", [True, False], ids=["in a request", "in a wait"])
def test_an_interrupt_ends_it_at_once(busy):
    leave = threading.Event()

    def ask():
        threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT]).start()
        if not busy:
            raise TiredError
        leave.wait(30)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ask_patiently(ask, lambda error: Trouble("Slow", (30.0,)), 60)
    assert time.monotonic() - start < 5
    leave.set()
