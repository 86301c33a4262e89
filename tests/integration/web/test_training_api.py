"""`POST /api/train-advanced` over a real server: trained by the worker's own code, or refused."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.champion.lab import environment_of
from integration.web.conftest import FAST, OPTIMIZED, SYMBOL, Serving, serving, store_walk
from trintena.registry import Registry
from trintena.settings import Settings

ASYNC = {"Prefer": "respond-async"}


def experiments(client: Any) -> list[dict[str, Any]]:
    return list(client.get("/api/experiments").json()["experiments"])


# The result


def test_fast_mode_answers_with_the_fields_of_the_specification(trained: Serving) -> None:
    answer = trained.answers["fast"]
    assert (answer["status"], answer["mode"], answer["total_models"]) == ("success", "fast", 2)
    assert set(answer["winner"]) >= {"model_id", "model_name", "rmse"}
    assert [row["rank"] for row in answer["results"]] == [1, 2]
    assert answer["winner"]["rmse"] == min(row["rmse"] for row in answer["results"]) > 0
    assert answer["remarks"] == []


def test_optimized_mode_answers_with_the_fields_of_the_specification(trained: Serving) -> None:
    answer = trained.answers["optimized"]
    winner = answer["winner"]
    assert (answer["status"], answer["mode"], answer["optimization_strategy"]) == (
        "success",
        "optimized",
        "random",
    )
    assert (winner["model_id"], winner["model_name"]) == (9, "GRU Residual Dense")
    assert set(winner["best_params"]) == {
        "learning_rate",
        "batch_size",
        "dropout_rate",
        "epochs",
        "activation",
    }
    assert winner["best_params"]["activation"] == "tanh"
    assert winner["best_rmse"] > 0
    assert winner["n_trials"] == 2
    assert winner["elapsed_time"] > 0
    assert answer["total_models_tested"] == 1
    assert answer["avg_time_per_model"] == answer["total_time"] > 0
    assert [row["model_id"] for row in answer["all_results"]] == [9]


def test_the_answer_is_what_the_experiment_keeps(trained: Serving) -> None:
    answer = dict(trained.answers["fast"])
    answer.pop("remarks")
    shown = trained.http.get(f"/api/experiments/{answer['experiment_id']}").json()
    assert shown["result"] == answer


def test_a_number_that_is_not_finite_is_null(client: httpx.Client, settings: Settings, walk: str) -> None:
    experiment = client.post("/api/train-advanced", json=FAST, headers=ASYNC).json()["experiment_id"]
    with Registry.open(settings.database_url) as registry:
        progress = {"share": float("nan"), "last_value_rmse": float("inf")}
        registry.set_state(experiment, "running")
        registry.set_progress(experiment, progress)
    told = client.get("/api/train-progress").json()
    assert told["progress"] == {"share": None, "last_value_rmse": None}


# Going on without an answer


def test_async_answers_at_once_with_where_the_result_will_be(client: httpx.Client, walk: str) -> None:
    answer = client.post("/api/train-advanced", json=OPTIMIZED, headers=ASYNC)
    told = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == told["location"] == f"/api/experiments/{told['experiment_id']}"
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert (told["state"], told["position"], told["n_trainings"]) == ("queued", 1, 2 + 3)
    assert told["seconds_estimated"] > 0
    second = client.post("/api/train-advanced", json=FAST, headers=ASYNC).json()
    assert (second["position"], second["n_trainings"]) == (2, 2)


def test_a_server_that_may_not_wait_longer_says_where_the_result_will_be(
    client_of: Callable[..., httpx.Client], walk: str
) -> None:
    answer = client_of(blocking_limit_s=0.1).post("/api/train-advanced", json=FAST)
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers
    assert answer.json()["state"] == "queued"


def test_a_client_that_goes_away_stops_nothing(served: Serving) -> None:
    host, port = served.base.removeprefix("http://").split(":")
    body = b'{"symbol":"walk","model_ids":[9],"lookback":8,"years":"all"}'
    with served.working():
        with socket.create_connection((host, int(port))) as connection:
            head = f"POST /api/train-advanced HTTP/1.1\r\nHost: {host}:{port}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            assert wait_for_one(served)
            served.until(1, "running")
        served.until(1, "succeeded")


def wait_for_one(served: Serving) -> bool:
    deadline = time.monotonic() + 10
    while not experiments(served.http) and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(experiments(served.http))


def test_a_cancelled_experiment_answers_with_what_is_finished(served: Serving) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(served.http.post, "/api/train-advanced", json=FAST)
        assert wait_for_one(served)
        cancelled = served.http.post("/api/experiments/1/cancel")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        answer = waiting.result()
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["status"], told["partial"], told["winner"]) == ("cancelled", True, None)
    assert (told["mode"], told["total_models"], told["results"]) == ("fast", 2, [])


def test_an_experiment_that_broke_is_refused_with_its_reason(served: Serving) -> None:
    with ThreadPoolExecutor(1) as pool, Registry.open(served.settings.database_url) as registry:
        waiting = pool.submit(served.http.post, "/api/train-advanced", json=FAST)
        assert wait_for_one(served)
        registry.set_state(1, "failed", "the disk is full")
        answer = waiting.result()
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "experiment_failed")
    assert "the disk is full" in error["message"]


def test_an_experiment_that_is_deleted_answers_that_there_is_none(served: Serving) -> None:
    with ThreadPoolExecutor(1) as pool, Registry.open(served.settings.database_url) as registry:
        waiting = pool.submit(served.http.post, "/api/train-advanced", json=FAST)
        assert wait_for_one(served)
        time.sleep(0.2)
        registry.delete_experiment(1)
        answer = waiting.result()
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(("change", "executor"), [({}, "local"), ({"executor": "ray"}, "ray")])
def test_where_it_is_to_run_is_kept_for_whoever_takes_it_from_the_queue(
    client: httpx.Client, walk: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], executor: str
) -> None:
    monkeypatch.setattr("trintena.jobs.executors.find_spec", lambda name: object())
    client.post("/api/train-advanced", json={**FAST, **change}, headers=ASYNC)
    (queued,) = experiments(client)
    assert queued["executor"] == executor
    client.post(f"/api/experiments/{queued['id']}/cancel")
    client.post(f"/api/experiments/{queued['id']}/resume")
    assert client.get(f"/api/experiments/{queued['id']}").json()["executor"] == executor


# One key, one experiment


def test_the_same_key_gives_the_same_experiment_even_if_the_queue_is_full(
    client_of: Callable[..., httpx.Client], settings: Settings, walk: str
) -> None:
    client = client_of(queue_limit=1)
    headers = {**ASYNC, "Idempotency-Key": "abc-1"}
    first = client.post("/api/train-advanced", json=FAST, headers=headers)
    again = client.post("/api/train-advanced", json={"symbol": "no-such"}, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert len(experiments(client)) == 1
    with Registry.open(settings.database_url) as registry:
        assert [event.kind for event in registry.events(1)] == ["queued"]


def test_requests_of_one_moment_with_one_key_make_one_experiment(served: Serving) -> None:
    headers = {**ASYNC, "Idempotency-Key": "k"}
    with ThreadPoolExecutor(6) as pool:
        asked = [
            pool.submit(served.http.post, "/api/train-advanced", json=FAST, headers=headers) for _ in range(6)
        ]
        found = {each.result().json()["experiment_id"] for each in asked}
    assert found == {1}
    assert len(experiments(served.http)) == 1


@pytest.mark.parametrize("key", ["", "a" * 65, "a b"])
def test_a_key_that_is_none_is_refused(refusing: httpx.Client, key: str) -> None:
    answer = refusing.post("/api/train-advanced", json=FAST, headers={**ASYNC, "Idempotency-Key": key})
    assert answer.status_code == 422
    assert experiments(refusing) == []


# The limit of the queue


def test_a_full_queue_refuses_in_the_readers_language(
    client_of: Callable[..., httpx.Client], walk: str
) -> None:
    client = client_of(queue_limit=2)
    for _ in range(2):
        assert client.post("/api/train-advanced", json=FAST, headers=ASYNC).status_code == 202
    refused = client.post("/api/train-advanced", json=FAST, headers={**ASYNC, "Accept-Language": "pt-BR"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    error = refused.json()["error"]
    assert (error["code"], error["message"]) == ("queue_full", "A fila está cheia: 2 experimentos esperam.")
    assert len(experiments(client)) == 2


def test_requests_of_one_moment_do_not_overfill_the_queue(settings: Settings, walk: str) -> None:
    with serving(settings, queue_limit=2) as server, ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(server.http.post, "/api/train-advanced", json=FAST, headers=ASYNC) for _ in range(8)
        ]
        statuses = sorted(each.result().status_code for each in asked)
    assert statuses == [202] * 2 + [429] * 6


# Refusals


@pytest.fixture(scope="module")
def refusing(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server to which nothing is handed in that it takes."""
    home = tmp_path_factory.mktemp("refusing")
    shutil.copy(migrated, home / "trintena.db")
    settings = Settings.from_environment(environment_of(home))
    store_walk(settings)
    with serving(settings) as server:
        yield server.http


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mode": "slow"}, "mode"),
        ({"lookback": 1}, "lookback"),
        ({"lookback": 9_999}, "lookback"),
        ({"lookback": 400}, "split"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": 513}, "horizon"),
        ({"model_ids": []}, "model_ids"),
        ({"model_ids": [31]}, "model_ids"),
        ({"target": "price"}, "target"),
        ({"features": "volume"}, "features"),
        ({"years": 0}, "years"),
        ({"start": "2018-02-31"}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"end": "1901-01-01"}, "end"),
        ({"split": [0.5, 0.5]}, "split"),
        ({"split": [0.7, 0.2, 0.2]}, "split"),
        ({"split": [0.7, 0.2, "2009-01-01"]}, "split"),
        ({"split": ["2009-02-31", "2009-03-01", "2009-04-01"]}, "split"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"budget": "10m"}, "mode"),
        ({"space": {}}, "mode"),
        ({"refit_all": True}, "mode"),
        ({"pruning": False}, "mode"),
        ({"symbol": SYMBOL, "dataset": SYMBOL}, "dataset"),
        ({"symbol": ""}, "symbol"),
        ({"symbol": "a\x00b"}, "symbol"),
        ({"symbol": "\ud800"}, "symbol"),
        ({"color": "red"}, "color"),
        ({"executor": "dask"}, "executor"),
        ({"executor": "ray", "address": "ray://elsewhere"}, "address"),
        ({**OPTIMIZED, "optimization_strategy": "luck"}, "optimization_strategy"),
        ({**OPTIMIZED, "n_trials": 0}, "n_trials"),
        ({**OPTIMIZED, "n_trials": 10**30}, "n_trials"),
        ({**OPTIMIZED, "n_trials": "many"}, "n_trials"),
        ({**OPTIMIZED, "budget": "soon"}, "budget"),
        ({**OPTIMIZED, "budget": 1}, "budget"),
        ({**OPTIMIZED, "budget": "9" * 5_000}, "budget"),
        ({**OPTIMIZED, "exploration": 1.5}, "exploration"),
        ({**OPTIMIZED, "space": {"activation": ["rellu"]}}, "activation"),
        ({**OPTIMIZED, "space": {"colour": [1]}}, "colour"),
        ({**OPTIMIZED, "space": {"learning_rate": {"low": 1, "high": 0}}}, "learning_rate"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    refusing: httpx.Client, change: dict[str, Any], field: str
) -> None:
    body = json.dumps({**FAST, **change})
    headers = {**ASYNC, "Content-Type": "application/json"}
    answer = refusing.post("/api/train-advanced", content=body, headers=headers)
    error = answer.json()["error"]
    assert answer.status_code == 422, answer.text
    assert error["field"].split(".")[0] == field
    assert error["message"]
    assert experiments(refusing) == []


def test_a_cluster_is_refused_where_ray_is_not_installed(
    refusing: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trintena.jobs.executors.find_spec", lambda name: None)
    answer = refusing.post("/api/train-advanced", json={**FAST, "executor": "ray"}, headers=ASYNC)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "executor")
    assert "pip install 'trintena[ray]'" in error["hint"]
    assert experiments(refusing) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Trials: enter a number from 1 to 3,360."),
        ("pt", "Tentativas: digite um número de 1 a 3.360."),
    ],
)
def test_more_trainings_than_the_server_allows_are_refused(
    refusing: httpx.Client, language: str, sentence: str
) -> None:
    request = {**OPTIMIZED, "model_ids": None, "n_trials": 3_361, "space": None}
    headers = {**ASYNC, "Accept-Language": language}
    answer = refusing.post("/api/train-advanced", json=request, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"], error["message"]) == (422, "n_trials", sentence)


def test_a_grid_over_all_architectures_is_the_most_that_is_allowed(client: httpx.Client, walk: str) -> None:
    request = {"mode": "optimized", "optimization_strategy": "grid", "symbol": SYMBOL, "lookback": 8}
    whole = client.post("/api/train-advanced", json={**request, "years": "all"}, headers=ASYNC)
    assert (whole.status_code, whole.json()["n_trainings"]) == (202, 30 * (3_360 + 3))


def test_fast_mode_ignores_the_searching_fields_that_the_specification_sends(
    client: httpx.Client, walk: str
) -> None:
    body = {"mode": "fast", "model_ids": [9], "optimization_strategy": "random", "n_trials": 20}
    answer = client.post(
        "/api/train-advanced", json={**body, "lookback": 8, "horizon": 1, "symbol": SYMBOL}, headers=ASYNC
    )
    assert (answer.status_code, answer.json()["n_trainings"]) == (202, 1)


def test_a_dataset_is_found_by_a_beginning_of_its_hash_or_its_name(client: httpx.Client, walk: str) -> None:
    request = {key: value for key, value in FAST.items() if key != "symbol"}
    for name in (walk[:10], walk, SYMBOL):
        answer = client.post("/api/train-advanced", json={**request, "dataset": name}, headers=ASYNC)
        assert answer.status_code == 202, answer.text
    assert {row["dataset_hash"] for row in experiments(client)} == {walk}
    missing = client.post("/api/train-advanced", json={**request, "dataset": "feed"}, headers=ASYNC)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["prices.csv", "./prices.csv", "/etc/passwd", "../secret.txt"])
def test_the_server_opens_no_file_that_a_client_names(
    refusing: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"2020-01-{day:02},{100 + day}" for day in range(1, 29)]
    (tmp_path / "prices.csv").write_text("\n".join(["date,close", *rows]), "utf-8")
    answer = refusing.post("/api/train-advanced", json={"symbol": name}, headers=ASYNC)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "symbol")
    assert "the server opens none by its name" in error["message"]


# What it would cost


def test_the_estimate_follows_what_is_asked_for(client: httpx.Client) -> None:
    def asked(**parameters: Any) -> dict[str, Any]:
        answer = client.get("/api/estimate", params=parameters)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    fast, searched = asked(), asked(mode="optimized")
    assert (fast["n_trainings"], searched["n_trainings"]) == (30, 30 * 23)
    assert fast["seconds"] < searched["seconds"]
    assert fast["position"] is None
    assert asked(mode="optimized", n_trials=40)["seconds"] > searched["seconds"]
    assert asked(mode="optimized", model_ids=[1, 11])["n_trainings"] == 2 * 23
    assert asked(mode="optimized", optimization_strategy="grid")["n_trainings"] == 30 * (3_360 + 3)
    assert asked(rows=20_000)["seconds"] > fast["seconds"]
    assert asked(mode="optimized", budget="10m") == {"n_trainings": None, "seconds": 600.0, "position": None}
    assert client.get("/api/estimate", params={"budget": "x", "mode": "optimized"}).status_code == 422


def test_the_estimate_says_where_it_would_wait(client: httpx.Client, walk: str) -> None:
    client.post("/api/train-advanced", json=FAST, headers=ASYNC)
    assert client.get("/api/estimate").json()["position"] == 2
