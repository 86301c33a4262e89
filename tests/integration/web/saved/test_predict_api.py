from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from curl_cffi import requests

from commands import commands_in
from damage import change, cut
from integration.champion.lab import environment_of
from integration.web.pages.showcase import OTHER, WALK, Visitor
from integration.yahoo.server import Reply, Yahoo, chart, redirected, serving, weekdays
from trintena.artifacts import files
from trintena.bootstrap import Application, application
from trintena.data import fetch, read_csv
from trintena.data.sources import yahoo_requests
from trintena.domain import ModelVersion, PriceSeries
from trintena.errors import ArtifactError
from trintena.jobs.failures import WorkerDied
from trintena.settings import Settings

ADDRESS = "/api/predict"


@pytest.fixture
def champion(visitor: Visitor) -> ModelVersion:
    found = visitor.registry.newest_champion(WALK)
    assert found is not None
    return found


def ask(visitor: Visitor, lang: str = "en", **wanted: Any) -> dict[str, Any]:
    answer = visitor.client.post(ADDRESS, json=wanted, headers={"Accept-Language": lang})
    assert answer.status_code == 200, answer.text
    forecast: dict[str, Any] = answer.json()
    return forecast


def later(series: PriceSeries, n_rows: int = 1) -> PriceSeries:
    """The same series, some rows on, as a file of the same name would bring it."""
    dates = np.busday_offset(series.dates[-1].astype("datetime64[D]"), np.arange(1, n_rows + 1))
    return PriceSeries(
        series.symbol,
        np.concatenate([series.dates, dates.astype("datetime64[s]")]),
        series.columns,
        np.concatenate([series.values, series.values[-1:] * np.linspace(1.01, 1.02, n_rows)[:, None]]),
        series.source,
    )


def stored(visitor: Visitor, symbol: str) -> PriceSeries:
    key = visitor.registry.latest_dataset(symbol)
    assert key is not None
    return visitor.registry.load_dataset(key)


# What it says


def test_says_what_the_command_says(
    warm: Visitor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [ask(warm), ask(warm, symbol=OTHER), ask(warm, version=1)]
    with commands_in(warm.home, capsys, monkeypatch) as trintena:
        assert said[0] == trintena("predict").json
        assert said[1] == trintena("predict", "--symbol", OTHER).json
        assert said[2] == trintena("predict", "--model", 1).json
    assert len(said[1]["forecast"]) == 3
    assert warm.client.post(ADDRESS).json() == said[0]
    assert said == [ask(warm), ask(warm, symbol=OTHER), ask(warm, version=1)]


def test_what_a_person_reads_is_in_the_readers_language(warm: Visitor) -> None:
    for lang, beginning in (("en", "Not investment advice."), ("pt", "Não é recomendação de investimento.")):
        assert ask(warm, lang)["notice"].startswith(beginning)


@pytest.mark.parametrize(
    ("wanted", "status", "field"),
    [
        ({"symbol": "NONE"}, 404, None),
        ({"version": 99}, 404, None),
        ({"version": 1, "symbol": WALK}, 422, "version"),
        ({"version": 0}, 422, "version"),
        ({"version": 2**31}, 422, "version"),
        ({"version": True}, 422, "version"),
        ({"version": "1"}, 422, "version"),
        ({"symbol": ""}, 422, "symbol"),
        ({"symbol": "A\0"}, 422, "symbol"),
        ({"symbol": "\ud800"}, 422, "symbol"),
        ({"path": "/etc/passwd"}, 422, "path"),
    ],
)
def test_what_makes_no_sense_is_refused(
    warm: Visitor, wanted: dict[str, Any], status: int, field: str | None
) -> None:
    body = json.dumps(wanted)  # in ASCII: half a character comes through
    answer = warm.client.post(ADDRESS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["message"]


def test_a_newcomer_is_told_to_train_first(newcomer: Visitor) -> None:
    answer = newcomer.client.post(ADDRESS, json={})
    assert answer.status_code == 404
    assert "trintena train" in answer.json()["error"]["hint"]


# What has changed since it was asked last


def test_a_file_that_changes_under_a_warm_server_is_seen_at_once(
    visitor: Visitor, champion: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CLOCK_TICK_NS", 0)  # the files of this test are not old enough to be kept
    before = ask(visitor, version=champion.version)
    harms: tuple[Callable[[Path], None], ...] = (cut, change, Path.unlink)
    for kind, harm in product(("keras", "scaler", "json"), harms):
        path = visitor.settings.models / f"{champion.stem}.{kind}"
        whole, at = path.read_bytes(), path.stat()
        harm(path)
        if path.exists():  # the clock of the content is easily set back
            os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))
        answer = visitor.client.post(ADDRESS, json={"version": champion.version})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "bad_artifact")
        assert error["message"].startswith("File does not match the registry; not opened.")
        assert path.name in error["message"]
        path.write_bytes(whole)
        assert ask(visitor, version=champion.version) == before


def test_prices_that_are_stored_meanwhile_are_forecast_from(visitor: Visitor) -> None:
    before = ask(visitor, symbol=WALK)
    series = later(stored(visitor, WALK))
    visitor.registry.save_dataset(series)
    after = ask(visitor, symbol=WALK)
    assert after["origin"] == before["forecast"][0]["date"]
    assert after["last_value"] == series.close[-1]
    assert after["forecast"] != before["forecast"]
    visitor.registry.delete_dataset(series.content_hash)
    assert ask(visitor, symbol=WALK) == before


def test_prices_that_are_uploaded_meanwhile_are_forecast_from(visitor: Visitor, tmp_path: Path) -> None:
    before = ask(visitor, symbol=WALK)
    series = later(stored(visitor, WALK), 3)
    rows = zip(series.dates.astype("datetime64[D]"), series.close, strict=True)
    content = "date,close\n" + "".join(f"{date},{close!r}\n" for date, close in rows)
    content = content.replace("np.float64(", "").replace(")", "")
    answer = visitor.client.post("/api/datasets", files={"file": (f"{WALK}.csv", content)})
    assert answer.status_code == 200, answer.text
    after = ask(visitor, symbol=WALK)
    assert after["origin"] == str(series.dates[-1].astype("datetime64[D]")) != before["origin"]


def test_many_at_once_are_told_the_same(warm: Visitor) -> None:
    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(lambda _: ask(warm, symbol=WALK), range(24)))
    assert all(each == said[0] for each in said)


# A source that is asked


@pytest.fixture(scope="module")
def server() -> Iterator[Yahoo]:
    with serving() as yahoo:
        yield yahoo


@pytest.fixture
def yahoo(server: Yahoo, monkeypatch: pytest.MonkeyPatch) -> Yahoo:
    monkeypatch.setattr(requests.Session, "request", redirected(server.address))
    for waits in ("LIMITED_WAITS_S", "BROKEN_WAITS_S", "SILENT_WAITS_S"):
        monkeypatch.setattr(yahoo_requests, waits, ())
    return server


DAYS = weekdays("2024-01-01", 60)
CLOSE = [100.0 + n % 5 for n in range(60)]
WHOLE = Reply(chart(DAYS, CLOSE))


@pytest.fixture
def of_yahoo(visitor: Visitor, champion: ModelVersion) -> ModelVersion:
    """The champion's files under another name, as the champion of NVDA, trained on prices of Yahoo."""
    stem = champion.stem.replace(WALK, "NVDA")
    for kind in champion.checksums:
        (visitor.settings.models / f"{stem}.{kind}").write_bytes(
            (visitor.settings.models / f"{champion.stem}.{kind}").read_bytes()
        )
    row = asdict(replace(champion, symbol="NVDA", stem=stem, is_winner=True))
    del row["version"]
    return visitor.registry.register_version(
        **{**row, "parameters": {**champion.parameters, "source": "yahoo", "frozen_twin": None}}
    )


def test_a_source_is_not_asked_by_everybody(visitor: Visitor, of_yahoo: ModelVersion, yahoo: Yahoo) -> None:
    yahoo.answers(WHOLE)
    fetch("NVDA")
    n_charts = yahoo.n_charts
    yahoo.answers(WHOLE)
    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(lambda _: ask(visitor, symbol="NVDA"), range(16)))
    assert all(each == said[0] for each in said)
    assert said[0]["last_value"] == CLOSE[-1]
    assert yahoo.n_charts == n_charts
    # Somebody fetches: what is stored now is new, so the source is asked what it says beside it.
    visitor.registry.save_dataset(later(PriceSeries("NVDA", *_kept(CLOSE), "yahoo")))
    yahoo.answers(Reply(b"down", 503))
    answer = ask(visitor, symbol="NVDA")
    assert answer["warnings"] == ["old_data", "source_unavailable"]
    assert answer["last_value"] == pytest.approx(CLOSE[-1] * 1.01)
    assert "The stored prices serve instead" in answer["remarks"][0]
    in_portuguese = ask(visitor, "pt", symbol="NVDA")
    assert "Os preços guardados servem no lugar" in in_portuguese["remarks"][0]


def test_a_source_that_fails_with_nothing_stored_is_a_refusal(
    visitor: Visitor, of_yahoo: ModelVersion, yahoo: Yahoo
) -> None:
    yahoo.answers(Reply(b"down", 503))
    for _ in range(2):
        answer = visitor.client.post(ADDRESS, json={"symbol": "NVDA"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (424, "source_unavailable")


def _kept(close: list[float]) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    return np.array(DAYS, "datetime64[s]"), ("close",), np.array(close)[:, None]


# The process that computes


@pytest.fixture
def app(visitor: Visitor) -> Iterator[Application]:
    with application(Settings.from_environment(environment_of(visitor.home))) as opened:
        yield opened


def test_an_inference_process_that_was_killed_is_replaced_and_nobody_notices(app: Application) -> None:
    said = app.services.predict(WALK)
    pid = app.services.inference._process.pid
    assert pid is not None
    os.kill(pid, 9)
    # another version, for nothing of it is kept
    assert app.services.predict(OTHER)["symbol"] == OTHER
    assert app.services.inference._process.pid not in (None, pid)
    assert app.services.predict(WALK) == said


def test_threads_share_the_process_also_while_it_dies(app: Application) -> None:
    model, inference = app.services.model(WALK), app.services.inference
    path = app.settings.models / f"{model.stem}.keras"
    is_going = threading.Event()

    def compute(seed: int) -> float:
        windows = np.full((1, 8, 1), float(seed % 3))
        inference.start()
        said = inference.outputs(path, model.checksums["keras"], windows)
        is_going.set()
        return float(said[0, 0])

    with ThreadPoolExecutor(4) as threads:
        computing = [threads.submit(compute, seed) for seed in range(24)]
        assert is_going.wait(60)
        if (pid := inference._process.pid) is not None:
            os.kill(pid, 9)
        said = [each.result(60) for each in computing]
    assert len(set(said)) == 3
    assert all(value == said[seed % 3] for seed, value in enumerate(said))
    inference.close()
    with pytest.raises(WorkerDied, match="was closed"):
        compute(0)
    assert inference._process.pid is None


def test_the_process_opens_no_file_but_the_one_that_it_was_told_of(app: Application) -> None:
    model = app.services.model(WALK)
    path = app.settings.models / f"{model.stem}.keras"
    windows = np.zeros((1, 8, 1))
    with pytest.raises(ArtifactError, match="does not match the registry"):
        app.services.inference.outputs(path, "0" * 64, windows)
    assert app.services.inference.outputs(path, model.checksums["keras"], windows).shape == (1, 1)


def test_read_csv_speaks_of_a_file_by_the_name_it_is_known_as(tmp_path: Path) -> None:
    path = tmp_path / "temporary.csv"
    path.write_text("date,close\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n", "utf-8")
    series = read_csv(path, known_as="given.csv").series
    assert (series.symbol, series.source) == ("given", "csv:given.csv")
