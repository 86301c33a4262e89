"""What the use cases make of Yahoo's answer beside what is stored, over a real registry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from integration.yahoo.server import Reply, Yahoo, chart, failed, weekdays
from trintena.data import read_csv
from trintena.data.sources import yahoo_requests
from trintena.errors import DataError, SourceError, UnknownNameError
from trintena.services import Services

DAYS = weekdays("2024-01-01", 60)
CLOSE = [100.0 + n for n in range(60)]
WHOLE = chart(DAYS, CLOSE)
DOWN = Reply(b"<html>down</html>", 503)
BAD = [
    DOWN,
    Reply(b"Too Many Requests", 429),
    Reply(b"<html>What?</html>"),
    Reply(failed(), 404),
    Reply(hang_up=True),
    Reply(chart(DAYS, [None] * 60)),
    Reply(chart(DAYS, [*CLOSE[:59], 1e6])),
]
BAD_NAMES = ["server fails", "rate limit", "nonsense", "unknown", "hang-up", "empty", "a jump"]


@pytest.fixture(autouse=True)
def at_once(yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried again: how often that is done is shown elsewhere."""
    for waits in ("LIMITED_WAITS_S", "BROKEN_WAITS_S", "SILENT_WAITS_S"):
        monkeypatch.setattr(yahoo_requests, waits, ())


def rows(first: int, stop: int, factor: float = 1.0) -> Reply:
    """A part of the whole history, adjusted by a factor."""
    adjusted = [factor * price for price in CLOSE[first:stop]]
    return Reply(chart(DAYS[first:stop], CLOSE[first:stop], adjusted=adjusted))


def test_what_is_fetched_first_is_stored_without_a_remark(yahoo: Yahoo, services: Services) -> None:
    yahoo.answers(WHOLE)
    delivery = services.fetch("NVDA")
    assert (delivery.answered, delivery.remarks) == (True, ())
    assert services.registry.latest_dataset("NVDA") == delivery.series.content_hash
    assert services.fetch("nvda").remarks == ()
    assert len(services.registry.datasets()) == 1


def test_a_grown_history_is_a_new_dataset_and_the_newest(yahoo: Yahoo, services: Services) -> None:
    yahoo.answers(rows(0, 57))
    services.fetch("NVDA")
    yahoo.answers(WHOLE)
    delivery = services.fetch("NVDA")
    assert delivery.remarks == (f"3 new rows since {DAYS[56]}.",)
    assert len(delivery.series) == 60
    assert services.registry.latest_dataset("NVDA") == delivery.series.content_hash
    assert len(services.registry.datasets()) == 2


@pytest.mark.parametrize("stop", [60, 58], ids=["the same days", "later days"])
def test_a_changed_adjustment_replaces_the_history_as_a_whole_and_says_so(
    yahoo: Yahoo, services: Services, stop: int
) -> None:
    yahoo.answers(rows(0, stop))
    old = services.fetch("NVDA").series
    yahoo.answers(rows(0, 60, factor=0.9975))
    delivery = services.fetch("NVDA")
    assert delivery.answered
    remark = delivery.remarks[-1]
    assert f"from {DAYS[stop - 1]} back, every price is 0.9975 times the stored one" in remark
    assert old.content_hash[:12] in remark
    np.testing.assert_allclose(delivery.series.close, 0.9975 * np.array(CLOSE))
    assert services.registry.latest_dataset("NVDA") == delivery.series.content_hash
    np.testing.assert_array_equal(services.registry.load_dataset(old.content_hash).close, old.close)


def test_an_adjustment_that_is_taken_back_makes_the_first_history_the_newest_again(
    yahoo: Yahoo, services: Services
) -> None:
    for reply in (WHOLE, rows(0, 60, factor=0.9975), WHOLE):
        yahoo.answers(reply)
        delivery = services.fetch("NVDA")
        assert services.registry.latest_dataset("NVDA") == delivery.series.content_hash
    assert len(services.registry.datasets()) == 2


def test_the_volume_of_the_last_days_may_be_corrected(yahoo: Yahoo, services: Services) -> None:
    yahoo.answers(WHOLE)
    services.fetch("NVDA")
    yahoo.answers(chart(DAYS, CLOSE, volume=[1_000_000 + 10 * n for n in range(58)] + [7, 8]))
    delivery = services.fetch("NVDA")
    assert delivery.remarks == ()
    assert services.registry.latest_dataset("NVDA") == delivery.series.content_hash


@pytest.mark.parametrize("short", [rows(40, 60), rows(0, 59), rows(30, 60, factor=0.5)])
def test_a_shrunken_history_replaces_nothing(yahoo: Yahoo, services: Services, short: Reply) -> None:
    yahoo.answers(WHOLE)
    stored = services.fetch("NVDA").series
    yahoo.answers(short)
    for delivery in (services.newest("NVDA"), services.fetch("NVDA")):
        assert not delivery.answered
        assert delivery.series.content_hash == stored.content_hash
        (remark,) = delivery.remarks
        assert "delivered worse than is stored" in remark
        assert "trintena data fetch NVDA --replace" in remark
    assert len(services.registry.datasets()) == 1


def test_a_shrunken_history_is_taken_if_that_is_wanted(yahoo: Yahoo, services: Services) -> None:
    for first in (rows(0, 59), Reply(WHOLE)):
        yahoo.answers(first)
        services.fetch("NVDA")
    yahoo.answers(rows(40, 60))
    assert not services.fetch("NVDA").answered
    delivery = services.fetch("NVDA", replace=True)
    assert (delivery.answered, len(delivery.series)) == (True, 20)
    assert f"The history starts on {DAYS[40]}; the stored one on {DAYS[0]}." in delivery.remarks
    assert services.fetch("NVDA").remarks == ()


@pytest.mark.parametrize("bad", BAD, ids=BAD_NAMES)
def test_when_the_source_fails_stored_prices_serve_with_their_age(
    yahoo: Yahoo, services: Services, bad: Reply
) -> None:
    today = datetime.now(UTC).date()
    days = weekdays(str(today - timedelta(days=20)), 5)
    yahoo.answers(chart(days, CLOSE[:5]))
    stored = services.fetch("NVDA").series
    yahoo.answers(bad)
    for delivery in (services.newest("nvda"), services.fetch("NVDA")):
        assert not delivery.answered
        assert delivery.series.content_hash == stored.content_hash
        (remark,) = delivery.remarks
        age = (today - datetime.fromisoformat(days[-1]).date()).days
        assert f"The stored prices serve instead; they end on {days[-1]}, {age} days ago." in remark
        assert "trintena data import FILE --name NVDA" in remark
        assert "sample:nasdaq" in remark
    assert len(services.registry.datasets()) == 1


def test_the_failure_and_the_age_are_told_in_portuguese(
    yahoo: Yahoo, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    yahoo.answers(WHOLE)
    services.fetch("NVDA")
    yahoo.answers(DOWN)
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    (remark,) = services.newest("NVDA").remarks
    assert remark.startswith(
        "O Yahoo não entregou preços de 'NVDA': o servidor falhou (HTTP 503). "
        f"Os preços guardados servem no lugar; terminam em {DAYS[-1]}, há "
    )
    assert "importe um arquivo" in remark


@pytest.mark.parametrize("bad", BAD, ids=BAD_NAMES)
def test_with_nothing_stored_a_failure_is_a_failure(yahoo: Yahoo, services: Services, bad: Reply) -> None:
    yahoo.answers(bad)
    for ask in (services.newest, services.fetch):
        with pytest.raises(DataError, match=r"data import FILE --name NVDA.*sample:nasdaq"):
            ask("NVDA")
    assert services.registry.datasets() == []


def imported(services: Services, folder: Path, n_rows: int = 40, name: str = "NVDA") -> str:
    """Store prices of a file, and give their hash."""
    file = folder / f"{name}.csv"
    lines = [f"{day},{n + 10}\n" for n, day in enumerate(DAYS[:n_rows])]
    file.write_text("date,close\n" + "".join(lines), "utf-8")
    return services.registry.save_dataset(read_csv(file).series)


def test_an_imported_name_is_taken_as_stored_until_it_is_fetched(
    yahoo: Yahoo, services: Services, tmp_path: Path
) -> None:
    imported(services, tmp_path)
    yahoo.answers(DOWN)
    assert services.newest("NVDA").remarks == ()
    assert yahoo.n_charts == 0
    assert not services.fetch("NVDA").answered
    yahoo.answers(WHOLE)
    delivery = services.fetch("NVDA")
    assert delivery.answered
    assert delivery.remarks == ("Until now NVDA was csv:NVDA.csv; now it is yahoo.",)
    assert services.newest("NVDA").series.source == "yahoo"
    remarks = services.series_to_train(csv=tmp_path / "NVDA.csv").remarks
    assert remarks[-1] == "Until now NVDA was yahoo; now it is csv:NVDA.csv."


def test_an_import_in_between_does_not_let_a_shrunken_history_pass(
    yahoo: Yahoo, services: Services, tmp_path: Path
) -> None:
    yahoo.answers(WHOLE)
    stored = services.fetch("nvda").series
    imported(services, tmp_path)
    imported(services, tmp_path, name="nvda")
    yahoo.answers(rows(40, 60))
    for typed in ("NVDA", "nvda"):
        delivery = services.fetch(typed)
        assert not delivery.answered
        assert delivery.series.content_hash == stored.content_hash


def test_a_jump_that_was_allowed_once_serves_where_it_is_refused(yahoo: Yahoo, services: Services) -> None:
    jump = chart(DAYS, [*CLOSE[:59], 1e6])
    yahoo.answers(jump)
    with pytest.raises(DataError, match=r"--allow-jumps"):
        services.newest("NVDA")
    assert services.fetch("NVDA", allow_jumps=True).answered
    yahoo.answers(jump)
    assert len(services.newest("NVDA").series) == 60


def test_a_sample_is_what_it_was(services: Services) -> None:
    services.fetch("sample:nasdaq")
    assert services.newest("sample:nasdaq").remarks == ()


def test_what_no_source_claims_is_refused(services: Services) -> None:
    with pytest.raises(UnknownNameError):
        services.newest("two words")


def test_a_training_asks_for_the_same(yahoo: Yahoo, services: Services) -> None:
    yahoo.answers(rows(0, 57))
    services.fetch("NVDA")
    yahoo.answers(WHOLE)
    delivery = services.series_to_train()
    assert delivery.remarks == (f"3 new rows since {DAYS[56]}.",)
    yahoo.answers(DOWN)
    with pytest.raises(SourceError):
        services.series_to_train("AAPL")
