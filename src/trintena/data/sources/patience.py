"""Asking a source again when it limits requests or the network stumbles, never for longer than a limit."""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from trintena.language import number, phrase

logger = logging.getLogger(__name__)

JITTER = 0.5
"""A wait grows at random by up to this share, so that those who were refused together do not return so."""

T = TypeVar("T")


@dataclass(frozen=True)
class Trouble:
    """Why a try failed, where another one may succeed."""

    reason: str
    """The first half of a sentence: 'Yahoo limits requests'."""
    waits_s: tuple[float, ...]
    """How long to wait before the second try, the third, …; there is one try more than there are waits."""


def ask_patiently(
    ask: Callable[[], T], trouble_of: Callable[[Exception], Trouble | None], limit_s: float
) -> T:
    """What `ask` returns, in as many tries as its troubles allow; before each wait a warning is logged.

    `ask` runs in a thread of its own, so that an interrupt is heard while a library waits for the
    network, and so that nobody waits for a server that never ends its answer.

    Args:
        ask: called once for each try.
        trouble_of: judges what it raised; None where it is useless to try again.
        limit_s: for all tries and waits together, in seconds.

    Raises:
        TimeoutError: the limit is reached while `ask` is at work, which is left to itself.
        Exception: what the last try raised.
    """
    end = time.monotonic() + limit_s
    n_tries = 0
    while True:
        n_tries += 1
        try:
            return _within(end - time.monotonic(), ask)
        except Exception as error:
            trouble = trouble_of(error)
            if trouble is None or n_tries > len(trouble.waits_s):
                raise
            wait_s = trouble.waits_s[n_tries - 1] * random.uniform(1, 1 + JITTER)
            if time.monotonic() + wait_s > end:
                raise
        seconds, following, most = number(wait_s, ".0f"), n_tries + 1, len(trouble.waits_s) + 1
        logger.warning(
            phrase(
                en=f"{trouble.reason}; trying again in {seconds} s ({following} of {most}).",
                pt=f"{trouble.reason}; nova tentativa em {seconds} s ({following} de {most}).",
            )
        )
        time.sleep(wait_s)


def _within(limit_s: float, ask: Callable[[], T]) -> T:
    """What `ask` returns or raises in a thread of its own, if that takes no longer than the limit."""
    answers: queue.SimpleQueue[tuple[T, None] | tuple[None, BaseException]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((ask(), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=work, name="trintena-ask", daemon=True).start()
    try:
        answer, error = answers.get(timeout=max(limit_s, 0.0))
    except queue.Empty:
        raise TimeoutError(
            phrase(
                en=f"no answer within {number(limit_s, '.0f')} s",
                pt=f"nenhuma resposta em {number(limit_s, '.0f')} s",
            )
        ) from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]
