"""Experiments over the API: listed, shown, cancelled, resumed, and what they found."""

from __future__ import annotations

import csv
import io
import math
import re
from typing import Any

import httpx
import pytest

from integration.web.conftest import FAST, OPTIMIZED, SYMBOL, Serving
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock
from trintena.registry import Registry
from trintena.settings import Settings

ASYNC = {"Prefer": "respond-async"}
EMPTY = {
    "experiment_id": None,
    "state": None,
    "message": None,
    "cancel_requested": False,
    "position": None,
    "progress": None,
}


def submitted(client: httpx.Client, request: dict[str, Any] = FAST) -> int:
    answer = client.post("/api/train-advanced", json=request, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    return int(answer.json()["experiment_id"])


def get(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def number_of(trained: Serving, mode: str) -> int:
    return int(trained.answers[mode]["experiment_id"])


# Listed and shown


def test_experiments_are_listed_in_pages_the_newest_first(client: httpx.Client, walk: str) -> None:
    assert get(client, "/api/experiments") == {"experiments": [], "next_before": None}
    for _ in range(3):
        submitted(client)
    first = get(client, "/api/experiments", limit=2)
    assert ([row["id"] for row in first["experiments"]], first["next_before"]) == ([3, 2], 2)
    second = get(client, "/api/experiments", limit=2, before=first["next_before"])
    assert ([row["id"] for row in second["experiments"]], second["next_before"]) == ([1], None)


def test_a_finished_experiment_is_shown_with_all_that_is_known_of_it(trained: Serving) -> None:
    shown = get(trained.http, f"/api/experiments/{number_of(trained, 'optimized')}")
    answer = trained.answers["optimized"]
    assert (shown["state"], shown["symbol"], shown["position"]) == ("succeeded", SYMBOL, None)
    assert shown["spec"]["search"]["n_trials"] == 2
    assert shown["trial_counts_by_model"]["9"]["COMPLETE"] + shown["trial_counts"]["PRUNED"] == 2
    assert shown["results"] == answer["all_results"] == shown["result"]["all_results"]
    assert shown["winner"]["best_rmse"] == answer["winner"]["best_rmse"]
    assert shown["failures"] == {}


def test_an_experiment_that_waits_is_shown_with_its_place(client: httpx.Client, walk: str) -> None:
    submitted(client)
    shown = get(client, f"/api/experiments/{submitted(client, OPTIMIZED)}")
    assert (shown["state"], shown["position"], shown["result"], shown["results"][0]["state"]) == (
        "queued",
        2,
        None,
        "WAITING",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/curves"),
        ("GET", "/test-forecasts"),
        ("GET", "/board.csv"),
        ("GET", "/report"),
        ("POST", "/cancel"),
        ("POST", "/resume"),
    ],
)
def test_what_there_is_not_is_refused_in_the_one_shape(trained: Serving, method: str, path: str) -> None:
    missing = trained.http.request(method, f"/api/experiments/999{path}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    for strange in ("0", str(2**31), "x"):
        answer = trained.http.request(method, f"/api/experiments/{strange}{path}")
        assert (answer.status_code, set(answer.json())) == (422, {"error"})


# How far it is


def test_progress_is_of_the_one_that_runs_else_the_next_else_the_newest(
    client: httpx.Client, settings: Settings, walk: str
) -> None:
    def current() -> tuple[int, str]:
        told = get(client, "/api/train-progress")
        return told["experiment_id"], told["state"]

    assert get(client, "/api/train-progress") == EMPTY
    for _ in range(3):
        submitted(client)
    assert current() == (1, "queued")
    with Registry.open(settings.database_url) as registry:
        registry.set_state(2, "running")
        with ExperimentLock(FileLocks(settings.locks), 2):
            assert current() == (2, "running")
        # Nobody runs it any more: it is the first that a worker will take up again.
        assert current() == (2, "interrupted")
        for number in (1, 2, 3):
            registry.set_state(number, "cancelled")
    assert current() == (3, "cancelled")
    assert get(client, "/api/train-progress", experiment=1)["state"] == "cancelled"
    assert client.get("/api/train-progress", params={"experiment": 9}).status_code == 404


# Cancelled and resumed


def test_what_waits_is_cancelled_at_once_and_sent_on_at_the_end_of_the_queue(
    client: httpx.Client, walk: str
) -> None:
    first, second = submitted(client), submitted(client)
    cancelled = client.post(f"/api/experiments/{first}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert get(client, "/api/train-progress", experiment=second)["position"] == 1
    again = client.post(f"/api/experiments/{first}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")
    resumed = client.post(f"/api/experiments/{first}/resume")
    assert (resumed.status_code, resumed.headers["Location"]) == (202, f"/api/experiments/{first}")
    assert (resumed.json()["state"], resumed.json()["position"]) == ("queued", 2)


def test_what_a_process_runs_is_asked_to_end_and_not_resumed(
    client: httpx.Client, settings: Settings, walk: str
) -> None:
    number = submitted(client)
    with (
        Registry.open(settings.database_url) as registry,
        ExperimentLock(FileLocks(settings.locks), number),
    ):
        registry.set_state(number, "running")
        told = client.post(f"/api/experiments/{number}/cancel").json()
        assert (told["state"], told["cancel_requested"]) == ("running", True)
        busy = client.post(f"/api/experiments/{number}/resume")
        assert (busy.status_code, busy.json()["error"]["code"]) == (409, "busy")


def test_what_has_succeeded_is_not_resumed(trained: Serving) -> None:
    answer = trained.http.post(f"/api/experiments/{number_of(trained, 'fast')}/resume")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")


def test_nothing_is_resumed_into_a_full_queue(client_of: Any, walk: str) -> None:
    client = client_of(queue_limit=1)
    first = submitted(client)
    client.post(f"/api/experiments/{first}/cancel")
    submitted(client)
    assert client.post(f"/api/experiments/{first}/resume").status_code == 429


# What it found


def test_curves_are_of_the_best_trial_of_each_architecture(trained: Serving) -> None:
    number = number_of(trained, "optimized")
    (curve,) = get(trained.http, f"/api/experiments/{number}/curves")["curves"]
    row = trained.answers["optimized"]["all_results"][0]
    assert (curve["model_id"], curve["rmse"]) == (9, row["trial_rmse"])
    assert len(curve["validation"]) == len(curve["training"]) >= 2
    assert min(curve["validation"]) == curve["validation"][curve["best_epoch"] - 1] == curve["rmse"]
    fast = get(trained.http, f"/api/experiments/{number_of(trained, 'fast')}/curves")
    baselines = {row["key"]: row for row in trained.answers["fast"]["baselines"]}
    assert fast["last_value_rmse"] == baselines["last_value"]["validation_rmse"]
    assert [curve["rmse"] for curve in fast["curves"]] == [
        row["rmse"] for row in trained.answers["fast"]["results"]
    ]


@pytest.mark.parametrize("mode", ["fast", "optimized"])
def test_the_forecasts_of_the_test_are_those_that_were_judged(trained: Serving, mode: str) -> None:
    told = get(trained.http, f"/api/experiments/{number_of(trained, mode)}/test-forecasts")
    answer = trained.answers[mode]
    winner, segment = answer["winner"], answer["segments"]["test"]
    assert (told["model_id"], told["target"]) == (winner["model_id"], "log_return")
    assert len(told["dates"]) == len(told["actual"]) == len(told["last"]) == segment["origins"]
    assert (told["dates"][0][0], told["dates"][-1][-1]) == (segment["first"][:10], segment["last"][:10])
    errors = [a[0] - f[0] for a, f in zip(told["actual_change"], told["forecast_change"], strict=True)]
    rmse = math.sqrt(sum(error**2 for error in errors) / len(errors))
    assert rmse == pytest.approx(winner["test_rmse"], rel=1e-6)
    assert told["error_saved"][-1] == pytest.approx(1 - (1 - winner["skill"]) ** 2, rel=1e-6)
    first = told["last"][0] * math.exp(told["forecast_change"][0][0])
    assert told["forecast"][0][0] == pytest.approx(first, rel=1e-6)


def test_where_the_test_was_not_consulted_there_is_no_forecast(client: httpx.Client, walk: str) -> None:
    told = get(client, f"/api/experiments/{submitted(client)}/test-forecasts")
    assert told["target"] == "log_return"
    assert {name for name, value in told.items() if value is not None} == {"experiment_id", "target"}


@pytest.mark.parametrize(("mode", "score"), [("fast", "rmse"), ("optimized", "best_rmse")])
def test_the_board_is_a_table_of_plain_numbers(trained: Serving, mode: str, score: str) -> None:
    number = number_of(trained, mode)
    answer = trained.http.get(f"/api/experiments/{number}/board.csv", headers={"Accept-Language": "pt"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"trintena-experiment-{number}-board.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    result = trained.answers[mode]
    models = [row for row in rows if row["kind"] == "model"]
    board = result.get("results") or result["all_results"]
    assert [(row["model_id"], float(row[score])) for row in models] == [
        (str(row["model_id"]), row[score]) for row in board
    ]
    baselines = [row for row in rows if row["kind"] == "baseline"]
    assert [row["key"] for row in baselines] == [row["key"] for row in result["baselines"]]
    if mode == "optimized":
        assert float(models[0]["best_params.learning_rate"]) == board[0]["best_params"]["learning_rate"]


def test_the_report_is_a_page_under_a_policy_of_its_own(trained: Serving) -> None:
    address = f"/api/experiments/{number_of(trained, 'optimized')}/report"
    answer = trained.http.get(address, params={"download": "1"}, headers={"Accept-Language": "pt-BR"})
    assert answer.status_code == 200, answer.text
    assert '<html lang="pt-BR">' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; script-src 'sha256-")
    own = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)"', answer.text)
    assert own is not None
    assert own[1] in policy
    assert re.fullmatch(
        r'attachment; filename="trintena-report-\d+\.html"', answer.headers["content-disposition"]
    )
