"""Cancels what waits or runs for too long, so that a queue that strangers fill goes on moving."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from reliability.meanwhile import meanwhile

_EVERY_S = 1.0
_KEPT_WAITING, _MAY_RUN_S = 4, 8.0


@dataclass
class Cancelled:
    """How many experiments were cancelled."""

    n: int = 0


@contextmanager
def cleaning(address: str) -> Iterator[Cancelled]:
    """Keep the queue short for as long as the context lasts."""
    count, since = Cancelled(), dict[int, float]()
    with httpx.Client(base_url=address, timeout=60) as ask:

        def clean() -> None:
            for number in _too_many(ask, since):
                count.n += ask.post(f"/api/experiments/{number}/cancel").is_success

        with meanwhile(clean, _EVERY_S):
            yield count


def under_way(ask: httpx.Client) -> list[tuple[int, str]]:
    """Number and state of every experiment that is not over, backtests too."""
    found = []
    for backtests in ("false", "true"):
        listed = ask.get("/api/experiments", params={"limit": 100, "backtests": backtests}).json()
        found += [
            (row["id"], row["state"])
            for row in listed["experiments"]
            if row["state"] in ("queued", "running", "interrupted")
        ]
    return sorted(found)


def _too_many(ask: httpx.Client, since: dict[int, float]) -> list[int]:
    now, open_ones = time.monotonic(), under_way(ask)
    running = {number for number, state in open_ones if state != "queued"}
    for number in running:
        since.setdefault(number, now)
    waiting = [number for number, state in open_ones if state == "queued"]
    return [*waiting[_KEPT_WAITING:], *(n for n in running if now - since[n] > _MAY_RUN_S)]
