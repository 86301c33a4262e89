"""`POST /api/backtest` over a real server, and what the routes of experiments say of a backtest."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import httpx
import pytest

from integration.backtest.conftest import Bench
from integration.web.conftest import serving


@pytest.fixture(scope="module")
def http(bench: Bench) -> Iterator[httpx.Client]:
    """A client of a server over the home of the bench; what waits in the queue waits for `run_next`."""
    with serving(bench.lab.app.settings) as served:
        yield served.http


def run_next(bench: Bench) -> None:
    """What a worker does with the queue."""
    deadline = time.monotonic() + 20
    while not (queue := bench.lab.app.registry.queue()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    bench.run(queue[0])


def test_a_plain_request_waits_for_the_answer(http: httpx.Client, bench: Bench) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(http.post, "/api/backtest", json={"symbol": "walk", "refit_every": 60})
        run_next(bench)
        answered = asked.result()
    assert answered.status_code == 200
    answer: dict[str, Any] = answered.json()
    assert (answer["status"], answer["refit_every"], answer["n_refits"]) == ("success", 60, 2)
    assert (answer["version"], answer["remarks"]) == (bench.version.version, [])
    assert [row["key"] for row in answer["baselines"]][:2] == ["last_value", "drift"]
    kept = bench.lab.app.registry.experiment(answer["experiment_id"]).result
    assert {**(kept or {}), "remarks": []} == answer


def test_a_backtest_is_an_experiment_like_others(http: httpx.Client, bench: Bench) -> None:
    wish = {"version": bench.version.version, "start": bench.date(640)}
    headers = {"Prefer": "respond-async", "Idempotency-Key": "once"}
    accepted = http.post("/api/backtest", json=wish, headers=headers)
    assert (accepted.status_code, accepted.headers["Preference-Applied"]) == (202, "respond-async")
    number = accepted.json()["experiment_id"]
    assert accepted.headers["Location"] == f"/api/experiments/{number}"
    assert (accepted.json()["n_trainings"], accepted.json()["position"]) == (0, 1)
    again = http.post("/api/backtest", json=wish, headers=headers)
    assert again.json()["experiment_id"] == number
    training = http.post("/api/train-advanced", json={"symbol": "walk"}, headers=headers)
    assert (training.status_code, training.json()["error"]["field"]) == (422, "Idempotency-Key")

    shown = http.get(f"/api/experiments/{number}").json()
    assert (shown["state"], shown["result"], shown["results"]) == ("queued", None, [])
    assert shown["spec"]["backtest"]["version"] == bench.version.version
    nothing_yet = http.get(f"/api/experiments/{number}/test-forecasts").json()
    assert (nothing_yet["model_id"], nothing_yet["error_saved"]) == (None, None)
    run_next(bench)

    shown = http.get(f"/api/experiments/{number}").json()
    result = shown["result"]
    assert (shown["state"], result["status"], shown["winner"], shown["resume"]) == (
        "succeeded",
        "success",
        None,
        None,
    )
    drawn = http.get(f"/api/experiments/{number}/test-forecasts").json()
    assert len(drawn["dates"]) == len(drawn["error_saved"]) == result["judged"]["origins"]
    assert drawn["dates"][0][0] == result["judged"]["first"][:10]
    assert drawn["error_saved"][-1] == pytest.approx(1 - (1 - result["model"]["skill"]) ** 2)
    assert http.get(f"/api/experiments/{number}/curves").json()["curves"] == []
    rows = list(csv.DictReader(StringIO(http.get(f"/api/experiments/{number}/board.csv").text)))
    assert [row["kind"] for row in rows] == ["model", *["baseline"] * 6]
    assert float(rows[0]["rmse"]) == result["model"]["rmse"]
    refused = http.get(f"/api/experiments/{number}/report")
    assert (refused.status_code, "is a backtest" in refused.json()["error"]["message"]) == (422, True)


def test_it_is_listed_with_its_own_kind(http: httpx.Client, bench: Bench) -> None:
    number = bench.plan()
    trainings = http.get("/api/experiments").json()["experiments"]
    assert [row["id"] for row in trainings] == [bench.trained["experiment_id"]]
    backtests = http.get("/api/experiments", params={"backtests": True}).json()["experiments"]
    assert backtests[0]["id"] == number


def test_one_in_the_queue_is_cancelled_and_sent_on(http: httpx.Client, bench: Bench) -> None:
    number = http.post("/api/backtest", json={}, headers={"Prefer": "respond-async"}).json()["experiment_id"]
    assert http.post(f"/api/experiments/{number}/cancel").json()["state"] == "cancelled"
    assert http.post(f"/api/experiments/{number}/resume").json()["position"] == 1
    run_next(bench)
    assert http.get(f"/api/experiments/{number}").json()["state"] == "succeeded"


@pytest.mark.parametrize(
    ("wish", "status", "field", "message"),
    [
        ({"version": 99}, 404, None, "No model version 99"),
        ({"version": "1"}, 422, "version", ""),
        ({"symbol": "NVDA"}, 404, None, "no champion of NVDA"),
        ({"refit_every": 0}, 422, "refit_every", ""),
        ({"start": "2011-08-01"}, 422, "start", "at least 100 forecasts"),
        ({"start": "01/08/2011"}, 422, "start", ""),
        ({"until": "2011-08-01"}, 422, "until", ""),
    ],
)
def test_what_makes_no_sense_is_refused(
    http: httpx.Client, wish: dict[str, Any], status: int, field: str | None, message: str
) -> None:
    refused = http.post("/api/backtest", json=wish)
    error = refused.json()["error"]
    assert (refused.status_code, error["field"]) == (status, field)
    assert message in error["message"]
