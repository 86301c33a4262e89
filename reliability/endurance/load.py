"""What a server is asked for: trainings one after another, forecasts at a steady rate, streams of events.

Each part is a coroutine that goes on until `Load.over`. Whatever is answered otherwise than it should be
is kept as a fault. A forecast is timed from the moment that it was due: one that waits for a slow one
counts its waiting.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from reliability.homes import SMALL, SYMBOL

PER_SECOND, N_STREAMS = 20.0, 50
CANCELLED_SHARE, BACKTEST_SHARE = 0.25, 0.1
_OPTIMIZED = {**SMALL, "mode": "optimized", "n_trials": 2, "space": {"epochs": [2, 3], "batch_size": [32]}}
_TRAININGS: tuple[Mapping[str, Any], ...] = (SMALL, {**SMALL, "model_ids": [1, 11]}, _OPTIMIZED)
_GIVEN_S = 60.0
_ENDED = ("succeeded", "failed", "cancelled")
_MOST_FAULTS = 20


@dataclass
class Load:
    """What was asked for, and what came of it."""

    address: str
    ends_at: float
    """On the clock of `time.monotonic`."""
    seed: int = 0
    latencies: list[tuple[float, float]] = field(default_factory=list)
    """When each forecast was due, in seconds of the run, and how long it took from then on."""
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    newest: int = 0
    """The experiment that was handed in last."""
    began: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether the time has passed."""
        return time.monotonic() >= self.ends_at

    def fault(self, sentence: str) -> None:
        """Note what should not have been."""
        self.counts["faults"] += 1
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(sentence)


async def run(load: Load) -> None:
    """All of it at once, until the time is over."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200, keepalive_expiry=3)
    async with httpx.AsyncClient(base_url=load.address, timeout=_GIVEN_S, limits=limits) as ask:
        chance = random.Random(load.seed)
        streams = [_stream(load, ask, random.Random(f"{load.seed}:{at}")) for at in range(N_STREAMS)]
        await asyncio.gather(_trainings(load, ask, chance), _forecasts(load, ask), *streams)


async def _trainings(load: Load, ask: httpx.AsyncClient, chance: random.Random) -> None:
    while not load.over:
        path, body = "/api/train-advanced", chance.choice(_TRAININGS)
        if chance.random() < BACKTEST_SHARE:
            path, body = "/api/backtest", {"symbol": SYMBOL, "start": "2021-01-04"}
        answer = await ask.post(path, json={**body}, headers={"Prefer": "respond-async"})
        if answer.status_code != 202:
            load.fault(f"POST {path} was answered with {answer.status_code}: {answer.text[:200]}")
            await asyncio.sleep(1)
            continue
        load.newest = number = answer.json()["experiment_id"]
        load.counts["experiments"] += 1
        cancels = chance.random() < CANCELLED_SHARE
        state = await _until_over(
            load, ask, number, time.monotonic() + chance.uniform(0, 4) if cancels else None
        )
        load.counts[f"experiments {state}"] += 1
        if state == "failed":
            load.fault(f"experiment {number} failed")


async def _until_over(load: Load, ask: httpx.AsyncClient, number: int, cancel_at: float | None) -> str:
    deadline = time.monotonic() + 3 * _GIVEN_S
    while True:
        standing = (await ask.get("/api/train-progress", params={"experiment": number})).json()
        state = str(standing["state"])
        if state in _ENDED:
            return state
        if time.monotonic() > deadline:
            load.fault(f"experiment {number} is still {state} after {3 * _GIVEN_S:.0f} s")
            return state
        if (cancel_at is not None and time.monotonic() >= cancel_at) or load.over:
            await ask.post(f"/api/experiments/{number}/cancel")
            cancel_at = None
        await asyncio.sleep(0.25)


async def _forecasts(load: Load, ask: httpx.AsyncClient) -> None:
    sent: set[asyncio.Task[None]] = set()
    number = 0
    while not load.over:
        due = load.began + number / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        task = asyncio.create_task(_forecast(load, ask, due))
        sent.add(task)
        task.add_done_callback(sent.discard)
        number += 1
    await asyncio.gather(*sent)


async def _forecast(load: Load, ask: httpx.AsyncClient, due: float) -> None:
    try:
        answer = await ask.post("/api/predict", json={"symbol": SYMBOL})
    except httpx.HTTPError as error:
        load.fault(f"a forecast was not answered: {error!r}")
        return
    load.latencies.append((due - load.began, time.monotonic() - due))
    load.counts["forecasts"] += 1
    if answer.status_code != 200:
        load.fault(f"a forecast was answered with {answer.status_code}: {answer.text[:200]}")


async def _stream(load: Load, ask: httpx.AsyncClient, chance: random.Random) -> None:
    """Watch the newest experiment until it ends, or for a while, and then again."""
    while not load.over:
        if not load.newest:
            await asyncio.sleep(0.2)
            continue
        watched = load.newest
        leaves_at = min(time.monotonic() + chance.uniform(1, 60), load.ends_at)
        try:
            async with ask.stream("GET", f"/api/experiments/{watched}/events") as answer:
                if answer.status_code != 200:
                    load.fault(f"a stream was answered with {answer.status_code}")
                await _listen(load, answer, leaves_at)
            while load.newest == watched and time.monotonic() < leaves_at:  # it is over: the next one comes
                await asyncio.sleep(0.1)
        except httpx.HTTPError as error:
            load.fault(f"a stream broke off: {error!r}")
        load.counts["streams"] += 1
        await asyncio.sleep(chance.uniform(0, 0.5))


async def _listen(load: Load, answer: httpx.Response, leaves_at: float) -> None:
    lines = answer.aiter_lines()
    first = True
    while (left := leaves_at - time.monotonic()) > 0:
        try:
            line = await asyncio.wait_for(anext(lines), left)
        except (StopAsyncIteration, TimeoutError):
            break
        if line.startswith("data:"):
            load.counts["events"] += 1
            if first and "state" not in json.loads(line.removeprefix("data:")):
                load.fault(f"a stream began with {line[:100]}")
            first = False
