"""A series that is no price, from its file to its forecast: nobody is spoken to in words of money."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands import Shown, commands_in
from integration.champion.lab import open_lab
from integration.web.pages.showcase import Visitor, visiting
from pages import Page
from trintena.cli.board import print_board
from trintena.experiments.plan import Request, plan
from trintena.report import words

MONEY = re.compile(
    r"\b(ohlcv|prices?|closes?|log.returns?|investment|preços?|fechamentos?|retornos?|investimentos?)\b",
    re.IGNORECASE,
)
N_ROWS = 900


def found_in(text: str) -> list[str]:
    """Words of money, those aside that say what the values are not, or mean something else."""
    denied = ("values that are not prices", "valores que não são preços", "close this page")
    for phrase in denied:
        text = text.replace(phrase, "")
    return MONEY.findall(text)


@pytest.fixture(scope="module")
def frost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A home with a model of hourly degrees, half of them below zero, and the answer of its training."""
    home = tmp_path_factory.mktemp("frost") / "home"
    home.mkdir()
    degrees = 15 * np.sin(2 * np.pi * np.arange(N_ROWS) / 30)
    degrees += np.random.default_rng(8).normal(0.0, 1.0, N_ROWS)
    hours = np.datetime64("2020-01-01T00", "h") + np.arange(N_ROWS)
    rows = "".join(f"{hour}:00:00,{value:.4f}\n" for hour, value in zip(hours, degrees, strict=True))
    (home / "frost.csv").write_text(f"date,temperature\n{rows}", "utf-8")
    with open_lab(home) as lab:
        series = lab.stored(home / "frost.csv")
        answer = lab.train_stored(series, model_ids="9", lookback=8, horizon=3)
        plan(Request(model_ids="9", lookback=9, years=None), series, lab.app.registry)
    return home, answer


@pytest.fixture(params=["en", "pt"])
def lang(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TRINTENA_LANG", request.param)
    return str(request.param)


@pytest.fixture
def trintena(
    frost: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shown]]:
    with commands_in(frost[0], capsys, monkeypatch) as run:
        yield run


@pytest.fixture(scope="module")
def visitor(frost: tuple[Path, dict[str, Any]]) -> Iterator[Visitor]:
    with visiting(frost[0]) as somebody:
        yield somebody


def test_its_change_is_forecast(frost: tuple[Path, dict[str, Any]]) -> None:
    _, answer = frost
    assert (answer["measures"], answer["target"]) == ("value", "difference")
    assert answer["forecast"]["measures"] == "value"
    assert answer["forecast"]["notice"].startswith("A forecast is uncertain")


@pytest.mark.parametrize(
    "command",
    [
        ("predict", "--table"),
        ("models", "list"),
        ("models", "show", "1"),
        ("experiments", "show", "1"),
        ("data", "show", "frost"),
        ("data", "import", "frost.csv", "--dry-run"),
    ],
    ids=" ".join,
)
def test_commands(trintena: Callable[..., Shown], lang: str, command: tuple[str, ...]) -> None:
    shown = trintena(*command)
    assert shown.code == 0
    assert found_in(shown.out + shown.err) == []
    if command[0] in ("predict", "models", "experiments"):
        assert {"en": "change", "pt": "variação"}[lang] in shown.out


def test_the_board(frost: tuple[Path, dict[str, Any]], lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_board(frost[1])
    assert found_in(capsys.readouterr().out) == []


def test_the_report(trintena: Callable[..., Shown], lang: str) -> None:
    assert trintena("report", 1, "--output", f"{lang}.html").code == 0
    assert found_in(Page(Path(f"{lang}.html").read_text("utf-8")).text) == []


@pytest.mark.parametrize(
    "path", ["/custom-model?version=1", "/custom-model/forecast?version=1", "/advanced-training?experiment=1"]
)
@pytest.mark.parametrize("reader", ["en", "pt"])
def test_pages(visitor: Visitor, path: str, reader: str) -> None:
    text = visitor.sees(path, lang=reader).text
    assert found_in(text) == []
    assert {"en": "last value", "pt": "último valor"}[reader] in text.lower()


def test_each_hour_of_a_forecast_has_its_time_and_no_share_of_a_temperature(
    visitor: Visitor, frost: tuple[Path, dict[str, Any]]
) -> None:
    steps, last = frost[1]["forecast"]["forecast"], frost[1]["forecast"]["last_value"]
    text = visitor.sees("/custom-model/forecast?version=1").text
    assert "Next steps" in text
    for step in steps:
        low, high = step["intervals"]["80"]
        row = f"{words.day(step['date'])} {step['price']:,.2f} {low:,.2f} \N{EN DASH} {high:,.2f}"
        assert row in text
        assert f"{step['price'] - last:+z,.2f}" in text
        assert words.day(step["date"]).endswith(":00")
    assert not re.search(r"\([+-]\d", text), "a share of degrees"


@pytest.mark.parametrize("reader", ["en", "pt"])
@pytest.mark.parametrize(
    "path", ["/", "/compare?experiment=1&experiment=2", "/advanced-training?experiment=2"]
)
def test_other_pages_warn_nobody_of_an_investment_in_the_weather(
    visitor: Visitor, path: str, reader: str
) -> None:
    assert found_in(visitor.sees(path, lang=reader).text) == []


def test_the_model_card(frost: tuple[Path, dict[str, Any]]) -> None:
    """In both languages; a column of its program is called close, and it says so."""
    home, answer = frost
    (card,) = (home / file for file in answer["champion"]["files"] if file.endswith(".md"))
    text = card.read_text("utf-8")
    assert set(found_in(text)) == {"close"}
    assert found_in(re.sub(r"```python.*?```|`close`|names close,", "", text, flags=re.DOTALL)) == []
    assert 'genfromtxt("series.csv"' in text
    assert "print(forecast)" in text
