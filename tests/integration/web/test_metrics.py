"""What Prometheus is told, over a real database and real processes, and what the dashboard makes of it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from integration.champion.lab import environment_of, prices
from trintena.domain import Backtest, ExperimentSpec, Hyperparameters, State, TrialResult
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.inference import InferenceProcess
from trintena.jobs.locks import ExperimentLock
from trintena.jobs.process import WorkerProcess
from trintena.registry import Registry
from trintena.settings import Settings
from trintena.web.app import create_app

HERE = "http://127.0.0.1:5000"
MONITORING = Path(__file__).parents[3] / "docs" / "monitoring"
GIVEN_S = 60.0

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def settings(migrated: Path, tmp_path: Path) -> Settings:
    shutil.copy(migrated, tmp_path / "trintena.db")
    return Settings.from_environment(environment_of(tmp_path))


def asked(settings: Settings, *requests: tuple[str, str], accept: str = "") -> httpx.Response:
    """The answer of `/metrics`, after other requests to the same application."""

    async def ask() -> httpx.Response:
        app = create_app(settings=settings)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=HERE) as client,
        ):
            for method, path in requests:
                await client.request(method, path)
            return await client.get("/metrics", headers={"Accept": accept} if accept else {})

    answer = asyncio.run(ask())
    assert answer.status_code == 200, answer.text
    return answer


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(settings: Settings, *requests: tuple[str, str]) -> Samples:
    return samples(asked(settings, *requests).text)


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def submit(
    registry: Registry, state: State, mode: str = "fast", backtest: Backtest | None = None, **others: Any
) -> int:
    """An experiment that is in a state."""
    key = registry.save_dataset(prices("AAA", np.zeros(20) + 0.01))
    spec = ExperimentSpec("AAA", key, (1, 6), start="2008-01-01", end="2008-01-20")
    wanted = replace(spec, mode=mode, backtest=backtest)  # type: ignore[arg-type]
    number = registry.create_experiment(wanted, **others)
    if state != "queued":
        registry.set_state(number, "running")
        registry.set_state(number, state)
    return number


def test_experiments_are_counted_by_mode_and_state(settings: Settings) -> None:
    with Registry.open(settings.database_url) as registry:
        submit(registry, "queued", enqueued=True)
        submit(registry, "queued")  # the process that asked runs it: it waits in no queue
        submit(registry, "succeeded")
        submit(registry, "succeeded", mode="optimized")
        submit(registry, "failed")
        submit(registry, "running")
        with ExperimentLock(FileLocks(settings.locks), submit(registry, "running")):
            found = scraped(settings)

    counts = {
        (dict(labels)["mode"], dict(labels)["state"]): n
        for (name, labels), n in found.items()
        if name == "trintena_experiments" and n
    }
    assert counts == {
        ("fast", "queued"): 2,
        ("fast", "running"): 1,
        ("fast", "interrupted"): 1,
        ("fast", "succeeded"): 1,
        ("fast", "failed"): 1,
        ("optimized", "succeeded"): 1,
    }
    assert value(found, "trintena_experiments", mode="optimized", state="cancelled") == 0
    assert value(found, "trintena_queue_length") == 1
    assert value(found, "trintena_experiment_duration_seconds_count", mode="fast", state="failed") == 1
    assert 0 <= value(found, "trintena_experiment_duration_seconds_sum", mode="fast", state="failed") < 60
    assert (
        "trintena_experiment_duration_seconds_count",
        frozenset({("mode", "fast"), ("state", "queued")}),
    ) not in found


def test_a_backtest_is_counted_as_no_training(settings: Settings) -> None:
    rolled = Backtest(3, "2008-01-10", "2008-01-20", 10, *("2008-01-05",) * 3)
    with Registry.open(settings.database_url) as registry:
        submit(registry, "succeeded", "optimized")
        submit(registry, "succeeded", "optimized", backtest=rolled)
        submit(registry, "running", backtest=rolled)
        found = scraped(settings)
    assert value(found, "trintena_experiments", mode="optimized", state="succeeded") == 1
    assert value(found, "trintena_experiments", mode="backtest", state="succeeded") == 1
    assert value(found, "trintena_experiments", mode="backtest", state="interrupted") == 1
    assert value(found, "trintena_experiments", mode="backtest", state="running") == 0
    assert value(found, "trintena_experiments", mode="fast", state="interrupted") == 0
    assert value(found, "trintena_experiment_duration_seconds_count", mode="backtest", state="succeeded") == 1


def test_trials_are_counted_and_their_seconds_added_up(settings: Settings) -> None:
    with Registry.open(settings.database_url) as registry:
        for seconds in (1.5, 2.25):
            number = submit(registry, "succeeded")
            for model_id, state in ((1, "COMPLETE"), (6, "FAIL")):
                trial = TrialResult(model_id, state, Hyperparameters(), seed=0)  # type: ignore[arg-type]
                timed = replace(trial, elapsed_seconds=seconds) if state == "COMPLETE" else trial
                registry.record_trial(number, timed, f"model {model_id}")
    found = scraped(settings)
    assert value(found, "trintena_trials", state="COMPLETE") == 2
    assert value(found, "trintena_trials", state="FAIL") == 2
    assert value(found, "trintena_trials", state="RUNNING") == 0
    assert value(found, "trintena_trial_duration_seconds_sum", state="COMPLETE") == 3.75
    assert value(found, "trintena_trial_duration_seconds_count", state="COMPLETE") == 2


def test_champions_are_told_with_their_scores_and_the_age_of_their_data(settings: Settings) -> None:
    saved_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    fields: dict[str, Any] = {
        "symbol": 'A"\\\nA',  # a name that the text format has to escape
        "model_id": 11,
        "model_name": "BiLSTM Classic (64/32)",
        "mode": "fast",
        "target": "log_return",
        "experiment_id": None,
        "dataset_hash": "ab" * 32,
        "created_at": saved_at,
        "checksums": {},
        "parameters": {},
        "versions": {},
    }
    judged = {"validation": {"rmse": 0.0125}, "test": {"skill": -0.03}}
    with Registry.open(settings.database_url) as registry:
        series = prices(fields["symbol"], np.zeros(10))
        registry.save_dataset(series)
        registry.register_version(**fields, horizon=1, stem="a", metrics=judged, is_winner=True)
        registry.register_version(**fields, horizon=5, stem="b", metrics={}, is_winner=True)
        registry.register_version(**fields, horizon=5, stem="c", metrics=judged)
    found = scraped(settings)
    first = {"symbol": fields["symbol"], "target": "log_return", "horizon": "1"}
    assert value(found, "trintena_best_rmse", **first) == 0.0125
    assert value(found, "trintena_champion_test_skill", **first) == -0.03
    assert value(found, "trintena_champion_created_timestamp_seconds", **first) == saved_at.timestamp()
    # One without scores has none: not those of its rival, and no 0.
    assert ("trintena_best_rmse", frozenset({**first, "horizon": "5"}.items())) not in found
    assert value(found, "trintena_champion_created_timestamp_seconds", **{**first, "horizon": "5"})
    newest = value(found, "trintena_data_newest_timestamp_seconds", symbol=fields["symbol"])
    assert datetime.fromtimestamp(newest, UTC).replace(tzinfo=None) == series.dates[-1].item()


def test_a_scrape_takes_as_few_queries_whatever_there_is(settings: Settings) -> None:
    def n_statements() -> int:
        statements: list[str] = []

        def note(*execution: Any) -> None:
            statements.append(execution[2])

        async def ask() -> None:
            app = create_app(settings=settings)
            transport = httpx.ASGITransport(app)
            async with app.router.lifespan_context(app):
                engine = app.state.site.registry._engine
                event.listen(engine, "before_cursor_execute", note)
                async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
                    await client.get("/metrics")

        asyncio.run(ask())
        return len([each for each in statements if not each.startswith("BEGIN")])

    empty = n_statements()
    with Registry.open(settings.database_url) as registry:
        for _ in range(12):
            submit(registry, "succeeded")
            submit(registry, "running")
    assert n_statements() == empty <= 4


def test_requests_are_counted_by_route_and_no_client_can_invent_labels(settings: Settings) -> None:
    strange = [("GET", f"/nothing/{i}") for i in range(5)] + [("BREW", "/healthz"), ("POST", "/metrics")]
    found = scraped(settings, ("GET", "/healthz"), ("GET", "/healthz"), ("GET", "/static/none"), *strange)
    counts = {
        tuple(dict(labels)[key] for key in ("method", "route", "status")): n
        for (name, labels), n in found.items()
        if name == "trintena_http_requests_total"
    }
    assert counts == {
        ("GET", "/healthz", "200"): 2,
        ("GET", "unmatched", "404"): 6,
        ("other", "/healthz", "405"): 1,
        ("POST", "/metrics", "405"): 1,
    }
    assert value(found, "trintena_http_request_duration_seconds_count", method="GET", route="/healthz") == 2
    assert value(found, "trintena_http_requests_in_progress") == 1  # the scrape itself
    assert value(found, "trintena_forecast_duration_seconds_count") == 0


def test_a_path_with_parameters_is_counted_under_its_template(settings: Settings) -> None:
    found = scraped(settings, ("GET", "/api/experiments/41"), ("GET", "/api/experiments/42"))
    routes = {dict(labels).get("route") for name, labels in found if name == "trintena_http_requests_total"}
    assert routes == {"/api/experiments/{experiment_id}"}


def test_a_forecast_that_is_refused_is_no_forecast(settings: Settings) -> None:
    found = scraped(settings, ("POST", "/api/predict"))
    assert value(found, "trintena_forecast_duration_seconds_count") == 0
    statuses = {
        dict(labels)["status"]
        for name, labels in found
        if name == "trintena_http_requests_total" and dict(labels)["route"] == "/api/predict"
    }
    assert len(statuses) == 1
    assert statuses < {"404", "422"}


def test_both_text_formats_can_be_read(settings: Settings) -> None:
    plain = asked(settings)
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    asked_for = "application/openmetrics-text; version=1.0.0"
    modern = asked(settings, accept=asked_for)
    assert modern.headers["content-type"].startswith(asked_for)
    assert modern.text.endswith("# EOF\n")
    names = {family.name for family in open_metrics(modern.text)}
    assert names >= {"trintena_experiments", "trintena_process_cpu_seconds", "trintena_http_requests"}
    assert asked(settings, accept="application/openmetrics-text; version=x").text.startswith("# HELP")


def test_names_follow_the_conventions_of_prometheus(settings: Settings) -> None:
    families = list(text_string_to_metric_families(asked(settings, ("GET", "/healthz")).text))
    assert len(families) > 15
    for family in families:
        assert re.fullmatch(r"trintena(_[a-z]+)+", family.name), family.name
        assert family.documentation.endswith("."), family.name
        words = family.name.split("_")
        # base units only, nothing that names the kind or the labels
        assert not set(words) & {
            "milliseconds",
            "minutes",
            "kilobytes",
            "mib",
            "percent",
            "gauge",
            "counter",
            "by",
        }
        if family.type == "gauge":
            assert words[-1] not in ("total", "count", "sum", "bucket"), family.name
        if family.type in ("summary", "histogram"):
            assert words[-1] == "seconds", family.name
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name.endswith("_total"), sample.name
            assert all(re.fullmatch(r"[a-z]+", label) for label in sample.labels), sample.labels


@contextmanager
def begun(settings: Settings, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """A command in the background; afterwards it and what it started are gone."""
    told = {**os.environ, **environment_of(settings.home)}
    log = settings.home / "log.txt"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "trintena", *map(str, words)]
        popen = subprocess.Popen(command, env=told, cwd=settings.home, stdout=output, stderr=output)
        family = []
        try:
            yield popen
        finally:
            if popen.poll() is None:
                family = psutil.Process(popen.pid).children(recursive=True)
                popen.terminate()
                try:
                    popen.wait(20)
                except subprocess.TimeoutExpired:
                    popen.kill()
                    popen.wait()
            for process in family:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue


def until(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + GIVEN_S
    while not look():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.05)


def test_processes_are_told_by_their_role(settings: Settings) -> None:
    before = scraped(settings)
    assert value(before, "trintena_worker_up") == 0
    # Other tests have servers in this process, with inference processes and a database server of their own.
    roles = ("web", "worker", "inference", "trainer")
    others = {role: value(before, "trintena_processes", role=role) for role in roles}
    assert others["web"] >= 1
    trainer = WorkerProcess(0, warm="trintena.training.trial:warm_up")
    with ExitStack() as stack:
        worker = stack.enter_context(begun(settings, "worker"))
        stack.enter_context(InferenceProcess()).start()
        stack.callback(trainer.terminate)
        trainer.start()
        until(lambda: bool(value(scraped(settings), "trintena_worker_up")), "a worker")
        found = scraped(settings)
        for role in roles:
            of_this_test = role != "web"
            assert value(found, "trintena_processes", role=role) == others[role] + of_this_test, role
            assert value(found, "trintena_process_resident_memory_bytes", role=role) > 1e6, role
        assert value(found, "trintena_process_cpu_seconds_total", role="worker") > 0
        trainer.terminate()
        worker.kill()
        worker.wait()
        found = scraped(settings)
        assert value(found, "trintena_worker_up") == 0
        assert value(found, "trintena_processes", role="trainer") == others["trainer"]
        assert value(found, "trintena_processes", role="worker") == 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_several_web_processes_add_up_and_one_that_dies_takes_no_count_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = settings.home / "tmp"
    folders.mkdir()
    monkeypatch.setenv("TMPDIR", str(folders))
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{address}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def metrics() -> Samples:
        return samples(httpx.get(f"{address}/metrics").text)

    def n_requests() -> float:
        found = metrics()
        name, labels = "trintena_http_requests_total", {"method": "GET", "route": "/healthz", "status": "200"}
        return value(found, name, **labels)

    with begun(settings, "serve", "--port", port, "--web-processes", 2) as server:
        until(answers, "an answer")
        [folder] = folders.glob("trintena-metrics-*")
        until(lambda: len(list(folder.glob("gauge_livesum_*.db"))) == 2, "a second web process")
        before = n_requests()
        for _ in range(40):  # each on a connection of its own: either process may take it
            assert answers()
        assert {n_requests() for _ in range(8)} == {before + 40}
        assert value(metrics(), "trintena_processes", role="web") >= 3  # two, and who started them

        with ExitStack() as unfinished:
            for _ in range(16):
                connection = unfinished.enter_context(socket.create_connection(("127.0.0.1", port)))
                head = f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 2\r\n"
                connection.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
            until(lambda: value(metrics(), "trintena_http_requests_in_progress") == 17, "16 and the scrape")
            pids = [int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_livesum_*.db")]
            victim = max(pids, key=lambda pid: len(psutil.Process(pid).net_connections()))
            os.kill(victim, signal.SIGKILL)
            until(lambda: not psutil.pid_exists(victim), "its end")
            until(answers, "an answer without it")
            # What it was in the middle of is not told for ever; what it had done stays.
            assert value(metrics(), "trintena_http_requests_in_progress") < 17
            assert not list(folder.glob(f"gauge_live*_{victim}.db"))
            assert n_requests() > before + 40
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    assert not folder.exists()


def served(settings: Settings) -> set[str]:
    """Every metric as it can be named in a query: a histogram has three of them."""
    with Registry.open(settings.database_url) as registry:
        submit(registry, "succeeded")
    text = asked(settings, ("GET", "/healthz")).text
    declared = {family.name: family for family in text_string_to_metric_families(text)}
    names = {sample.name for family in declared.values() for sample in family.samples}
    for name, family in declared.items():
        if family.type in ("summary", "histogram"):
            names |= {f"{name}_count", f"{name}_sum"}
        elif not family.samples:  # there is no champion yet
            names.add(name)
    return names


def queries(dashboard: dict[str, Any]) -> list[str]:
    told = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return told + [
        variable["definition"] for variable in dashboard["templating"]["list"] if "definition" in variable
    ]


def test_dashboard_and_table_name_what_is_served_and_all_of_it(settings: Settings) -> None:
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
    names = served(settings)
    shown = {name for query in queries(dashboard) for name in re.findall(r"trintena_\w+", query)}
    assert shown
    assert shown <= names
    described = set(re.findall(r"^\| `(trintena_\w+)`", (MONITORING / "README.md").read_text("utf-8"), re.M))
    ends = r"_(bucket|count|sum)$"
    families = {re.sub(ends, "", name) if re.search("seconds" + ends, name) else name for name in names}
    assert described == families


def test_dashboard_asks_the_source_that_its_reader_chooses_and_its_panels_do_not_overlap() -> None:
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
    variables = {variable["name"]: variable["type"] for variable in dashboard["templating"]["list"]}
    assert variables["datasource"] == "datasource"
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}
    assert all(panel["title"] and panel["targets"] for panel in panels)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    cells = [
        (x, y)
        for panel in dashboard["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_example_configuration_asks_the_route_that_is_there(settings: Settings) -> None:
    configuration = yaml.safe_load((MONITORING / "prometheus.yml").read_text("utf-8"))
    local, elsewhere = configuration["scrape_configs"]
    assert local["static_configs"][0]["targets"] == ["127.0.0.1:5000"]
    assert {job["metrics_path"] for job in (local, elsewhere)} == {"/metrics"}
    assert elsewhere["authorization"]["type"] == "Bearer"
    assert set(local) | set(elsewhere) <= {
        "job_name",
        "metrics_path",
        "scheme",
        "static_configs",
        "authorization",
    }
    asked(settings)
