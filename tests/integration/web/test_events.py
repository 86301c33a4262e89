"""Server-sent events of an experiment over real connections."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from integration.web.conftest import FAST, GIVEN_S, Serving
from trintena.registry import Registry
from trintena.web import live


class Told(NamedTuple):
    """One event."""

    kind: str
    number: int | None
    data: dict[str, Any]


def events_of(response: httpx.Response) -> Iterator[Told]:
    """What a stream tells, pings left out."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            number = int(fields["id"]) if "id" in fields else None
            yield Told(fields["event"], number, json.loads(fields["data"]))
            fields = {}
        elif not line:
            fields = {}


@contextmanager
def streaming(base: str, number: int, after: int | None = None, **headers: str) -> Iterator[httpx.Response]:
    parameters = {} if after is None else {"after": after}
    address = f"{base}/api/experiments/{number}/events"
    with httpx.stream("GET", address, params=parameters, headers=headers, timeout=GIVEN_S) as response:
        assert response.status_code == 200
        yield response


def heard(base: str, number: int, after: int | None = None, **headers: str) -> list[Told]:
    """Everything that is told until the stream ends by itself."""
    with streaming(base, number, after, **headers) as response:
        return list(events_of(response))


def submitted(served: Serving) -> int:
    answer = served.http.post("/api/train-advanced", json=FAST, headers={"Prefer": "respond-async"})
    return int(answer.json()["experiment_id"])


def test_two_listeners_are_told_of_a_training_from_the_queue_to_its_end(served: Serving) -> None:
    number = submitted(served)
    with ThreadPoolExecutor(2) as pool:
        listening = [pool.submit(heard, served.base, number) for _ in range(2)]
        time.sleep(0.5)
        with served.working():
            first, second = (each.result(GIVEN_S) for each in listening)
    assert [(told.number, told.kind) for told in first if told.number] == [
        (told.number, told.kind) for told in second if told.number
    ]
    assert (first[0].kind, first[0].data["state"], first[0].data["position"]) == ("state", "queued", 1)
    assert (first[-1].kind, first[-1].data["state"]) == ("state", "succeeded")
    states = [told.data["state"] for told in first if told.kind == "state"]
    assert "running" in states
    numbers = [told.number for told in first if told.number is not None]
    assert numbers == sorted(set(numbers))
    trials = [told.data for told in first if told.kind == "trial"]
    assert {(trial["model_id"], trial["state"]) for trial in trials} == {(6, "COMPLETE"), (9, "COMPLETE")}
    leaders = [told.data["rmse"] for told in first if told.kind == "best"]
    assert leaders == sorted(leaders, reverse=True)
    assert leaders
    progress = [told for told in first if told.kind == "progress"]
    assert all(told.number is None and told.data["n_trials"] == 2 for told in progress)


def test_a_stream_goes_on_after_the_last_event_that_was_heard(trained: Serving) -> None:
    number = trained.answers["fast"]["experiment_id"]
    whole = heard(trained.base, number)
    numbered = [told for told in whole if told.number is not None]
    middle = numbered[len(numbered) // 2].number
    assert middle is not None
    rest = [told for told in numbered if told.number and told.number > middle]
    assert rest
    for again in (
        heard(trained.base, number, after=middle),
        heard(trained.base, number, **{"Last-Event-ID": str(middle)}),
        heard(trained.base, number, after=0, **{"Last-Event-ID": str(middle)}),
    ):
        assert again[0].kind == "state"
        assert [told for told in again if told.number is not None] == rest
    (snapshot,) = heard(trained.base, number, after=2**63 - 1)
    assert snapshot.data["state"] == "succeeded"


def test_an_event_number_that_is_none_is_refused(trained: Serving) -> None:
    address = f"/api/experiments/{trained.answers['fast']['experiment_id']}/events"
    assert trained.http.get(address, headers={"Last-Event-ID": "x"}).status_code == 422
    assert trained.http.get(address, params={"after": -1}).status_code == 422


def test_a_late_listener_misses_nothing_whatever_number_it_names(served: Serving) -> None:
    number = submitted(served)
    with Registry.open(served.settings.database_url) as registry, ThreadPoolExecutor(2) as pool:
        early = pool.submit(heard, served.base, number, 10**12)
        time.sleep(0.7)
        best = registry.add_event(number, "best", {"model_name": "GRU", "rmse": 0.5})
        late = pool.submit(heard, served.base, number)
        time.sleep(0.7)
        registry.set_state(number, "cancelled")
        last = registry.add_event(number, "cancelled")
        for each in (early, late):
            told = [(told.number, told.kind) for told in each.result(GIVEN_S) if told.number]
            assert (best, "best") in told
            assert {number for number, _ in told} <= {1, best, last}


def test_what_is_asked_for_while_nobody_trains_is_told_at_once(served: Serving) -> None:
    first, second = submitted(served), submitted(served)
    with streaming(served.base, second) as response:
        told = events_of(response)
        assert next(told).data["position"] == 2
        assert next(told).kind == "state"  # that it was queued, by its number
        served.http.post(f"/api/experiments/{first}/cancel")
        moved = next(told)
        assert (moved.kind, moved.number, moved.data["position"]) == ("state", None, 1)


def test_a_stream_without_news_says_that_it_lives(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.1)
    with streaming(served.base, submitted(served)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert any(line == ": ping" for line in response.iter_lines())


def test_many_streams_cost_one_look(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    number = submitted(served)
    looks, look = [], live._Watch.look

    async def counted(watch: live._Watch, after: int) -> Any:
        looks.append(after)
        return await look(watch, after)

    monkeypatch.setattr(live._Watch, "look", counted)
    stop = threading.Event()

    def listen() -> None:
        with streaming(served.base, number) as response:
            lines = response.iter_lines()  # the stream ends with it
            next(lines)
            stop.wait()

    with ThreadPoolExecutor(30) as pool:
        for _ in range(30):
            pool.submit(listen)
        time.sleep(1.0)
        begun = len(looks)
        time.sleep(2.0)
        polled = len(looks) - begun
        stop.set()
    assert begun >= 31
    assert 1 <= polled <= 6
    # Whoever has gone is not looked for any more.
    time.sleep(1.5)
    left = len(looks)
    time.sleep(1.0)
    assert len(looks) == left


def test_streams_and_waiting_requests_end_as_soon_as_the_server_is_told_to(
    served: Serving, tmp_path: Path
) -> None:
    number = submitted(served)
    program = (
        "from trintena.web.options import WebOptions; from trintena.web.server import listening, run_server\n"
        "options = WebOptions(port=0)\n"
        "with listening(options) as socket:\n"
        "    print(socket.getsockname()[1], flush=True)\n"
        "    run_server(options, socket)\n"
    )
    environment = {**os.environ, "TRINTENA_HOME": str(served.settings.home)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        with ThreadPoolExecutor(2) as pool:
            stream = pool.submit(heard, base, number)
            blocked = pool.submit(httpx.post, f"{base}/api/train-advanced", json=FAST, timeout=GIVEN_S)
            deadline = time.monotonic() + GIVEN_S
            while len(served.http.get("/api/experiments").json()["experiments"]) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            time.sleep(0.5)
            told_at = time.monotonic()
            server.send_signal(signal.SIGTERM)
            server.wait(10)
            took = time.monotonic() - told_at
            assert stream.result().pop().data["state"] == "queued"
            assert blocked.result().status_code == 202
    assert took < 2.5
