"""The backtest on the page of its model, as a browser without scripts gets it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from integration.backtest.conftest import Bench
from integration.web.pages.showcase import PROGRESS, Visitor, visiting
from pages import Page
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock


@pytest.fixture(scope="module")
def visitor(bench: Bench) -> Iterator[Visitor]:
    with visiting(bench.lab.home) as somebody:
        yield somebody


def values(page: Page) -> dict[str, str | None]:
    """What stands in the fields of the form."""
    return {each["name"] or "": each.get("value") for tag, each in page.elements if tag == "input"}


def test_a_form_leads_to_the_answer(visitor: Visitor, bench: Bench) -> None:
    version = bench.version.version
    form = values(visitor.sees(f"/custom-model?version={version}"))
    assert (form["start"], form["end"], form["refit_every"]) == ("", "", "")
    wishes = {"start": bench.date(640), "refit_every": "160", "key": form["key"] or ""}
    sent = visitor.presses(f"/custom-model/{version}/backtest", **wishes)
    number = bench.lab.app.registry.queue()[-1]
    address = f"/custom-model?version={version}&backtest={number}"
    assert (sent.status_code, sent.headers["location"]) == (303, f"{address}#backtest")
    again = visitor.presses(f"/custom-model/{version}/backtest", **wishes)
    assert again.headers["location"] == sent.headers["location"]

    waiting = visitor.sees(address)
    assert f"Backtest {number}" in waiting.text
    assert "In the queue, position 1" in waiting.text
    assert any("data-live" in each for _, each in waiting.elements)
    home = visitor.sees("/").text
    assert f"#{number} · Backtest · 2 trainings" in home, home
    with ExperimentLock(FileLocks(visitor.settings.locks), number):
        visitor.registry.set_state(number, "running")
        visitor.registry.set_progress(number, {**PROGRESS, "phase": "backtest", "n_trials": 2, "n_ended": 1})
        running = visitor.sees(address).text
        assert "1 of 2" in running
        assert "about 13 min left" in running
        assert "New training" not in visitor.sees("/advanced-training").text  # no training runs: the form
    visitor.registry.reopen(number)

    answer = bench.run(number)
    ended = visitor.sees(address)
    assert not any("data-live" in each for _, each in ended.elements)
    assert "its setting fitted anew every 160 rows (refits: 2)" in ended.text
    row = next(row for row in answer["baselines"] if row["key"] == "auto_arima")
    assert re.search(rf"6 GRU Classic \(64/32\) {answer['model']['rmse']:#.6g}", ended.text)
    gain = re.escape(f"{row['skill']:+z.2%}")
    assert re.search(rf"AutoARIMA {row['rmse']:#.6g} .*{gain}", ended.text)
    (source,) = [each["data-source"] for _, each in ended.elements if each.get("data-chart") == "test-gain"]
    assert source == f"/api/experiments/{number}/test-forecasts"
    assert "squared error of 6 GRU Classic" in ended.text
    portuguese = visitor.sees(address, lang="pt").text
    assert "com a configuração ajustada de novo a cada 160 linhas (ajustes: 2)" in portuguese
    assert "Teste retroativo" in portuguese

    part = visitor.sees(f"/custom-model/backtest?experiment={number}").text
    assert "its setting fitted anew every 160 rows" in part
    table = visitor.sees(f"/advanced-training/table?experiment={number}&chart=test-gain").text
    assert bench.date(640)[:4] in table


def test_its_address_among_experiments_leads_to_its_model(visitor: Visitor, bench: Bench) -> None:
    number = bench.plan()
    shown = visitor.client.get(f"/advanced-training?experiment={number}", follow_redirects=False)
    expected = f"/custom-model?version={bench.version.version}&backtest={number}#backtest"
    assert (shown.status_code, shown.headers["location"]) == (303, expected)
    assert f"#{number} " not in visitor.sees("/").text  # trainings alone are listed
    bench.run(number)
    pair = f"experiment={bench.trained['experiment_id']}&experiment={number}"
    visitor.sees(f"/compare?{pair}")  # by hand alone; what a backtest lacks is left empty


def test_one_that_was_cancelled_offers_to_go_on(visitor: Visitor, bench: Bench) -> None:
    number = bench.plan()
    visitor.presses("/advanced-training/cancel", experiment=str(number))
    text = visitor.sees(f"/custom-model?version={bench.version.version}&backtest={number}").text
    assert "cancelled" in text
    assert "Nothing finished was lost. Resume" in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"start": "2011-08-01"}, "A backtest needs at least 100 forecasts"),
        ({"refit_every": "0"}, "A refit comes after at least 1 row, not 0."),
        ({"refit_every": "often"}, "Refit every: enter a whole number of rows, or nothing, not 'often'."),
        ({"end": "2001-01-01"}, "has no row to 2001-01-01"),
    ],
)
def test_what_makes_no_sense_is_said_beside_what_was_typed(
    visitor: Visitor, bench: Bench, fields: dict[str, str], said: str
) -> None:
    refused = visitor.presses(f"/custom-model/{bench.version.version}/backtest", **fields)
    assert refused.status_code == 422
    page = Page(refused.text)
    assert said in page.text
    assert values(page).items() >= fields.items()
