from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sqlalchemy import update

from trintena.domain import COLUMNS, PriceSeries
from trintena.errors import DataError, NotFoundError, UsageError
from trintena.registry.dependents import Dependents
from trintena.registry.tables import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import ExperimentSpec
    from trintena.registry import Registry

    MakeSeries = Callable[..., PriceSeries]

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


@st.composite
def any_series(draw: st.DrawFn) -> PriceSeries:
    """Whatever a source may give, and more: negative values, no volume, NaN, hours instead of days."""
    columns = (*draw(st.lists(st.sampled_from(COLUMNS[:3]), unique=True)), "close")
    n_rows = draw(st.integers(1, 12))
    steps = draw(hnp.arrays(np.int64, n_rows, elements=st.integers(1, 10**6)))
    values = draw(hnp.arrays(np.float64, (n_rows, len(columns)), elements=st.floats(width=64)))
    start = np.datetime64(draw(st.datetimes()).replace(microsecond=0), "s")
    dates = np.minimum(start + np.cumsum(steps), np.datetime64("9999-12-31T23:59:59", "s"))
    return PriceSeries(draw(TEXT), dates, columns, values, draw(TEXT))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saved=any_series())
def test_any_series_comes_back_bit_for_bit(registry: Registry, saved: PriceSeries) -> None:
    key = registry.save_dataset(saved)
    loaded = registry.load_dataset(key)

    assert key == saved.content_hash == loaded.content_hash
    assert (loaded.symbol, loaded.columns) == (saved.symbol, saved.columns)
    assert loaded.values.tobytes() == saved.values.tobytes()
    np.testing.assert_array_equal(loaded.dates, saved.dates)
    assert not loaded.values.flags.writeable


def test_same_content_twice_keeps_the_first(registry: Registry, series: MakeSeries) -> None:
    first = series()
    again = PriceSeries(first.symbol, first.dates, first.columns, first.values, "yahoo")
    assert registry.save_dataset(first) == registry.save_dataset(again)

    (row,) = registry.datasets()
    assert row.source == "csv:prices.csv"
    assert (row.symbol, row.columns, row.n_rows) == ("NVDA", ("close",), 20)
    assert (row.first_date, row.last_date) == (np.datetime64("2024-01-01"), np.datetime64("2024-01-20"))
    assert row.created_at.utcoffset() is not None


def test_what_a_series_measures_is_as_it_was_said_last(registry: Registry, series: MakeSeries) -> None:
    key = registry.save_dataset(series())
    assert registry.load_dataset(key).measures == registry.find_dataset(key).measures == "price"
    registry.save_dataset(replace(series(), measures="value"))
    assert registry.load_dataset(key).measures == registry.find_dataset(key).measures == "value"


def test_a_beginning_of_the_hash_is_enough(registry: Registry, series: MakeSeries) -> None:
    key = registry.save_dataset(series())
    assert registry.load_dataset(key[:8].upper()).content_hash == key


@pytest.mark.parametrize("key", ["", "zz", "%", "_", "0" * 64])
def test_an_unknown_hash_says_where_to_look(registry: Registry, series: MakeSeries, key: str) -> None:
    registry.save_dataset(series())
    with pytest.raises(NotFoundError, match=r"No dataset .* See `trintena data list`"):
        registry.load_dataset(key)


def test_an_ambiguous_beginning_is_refused(registry: Registry, series: MakeSeries) -> None:
    beginnings = [registry.save_dataset(series(seed=seed))[0] for seed in range(17)]
    shared = next(letter for letter in beginnings if beginnings.count(letter) > 1)
    with pytest.raises(UsageError, match=f"datasets begin with '{shared}'.*Give more of the hash"):
        registry.load_dataset(shared)


def test_damaged_prices_are_refused_by_name(registry: Registry, series: MakeSeries) -> None:
    good, other = registry.save_dataset(series()), registry.save_dataset(series(seed=1))
    with registry._writing() as session:
        stolen = session.get_one(Dataset, other).payload
        session.execute(update(Dataset).where(Dataset.content_hash == good).values(payload=stolen))
        session.execute(update(Dataset).where(Dataset.content_hash == other).values(payload=stolen[:-40]))

    for key in (good, other):
        with pytest.raises(DataError, match=rf"{key[:12]} \(NVDA\) are damaged"):
            registry.load_dataset(key)


def test_latest_is_the_one_stored_last_newly_or_once_more(registry: Registry, series: MakeSeries) -> None:
    wrong = registry.save_dataset(series(first="2025-01-01"))
    corrected = registry.save_dataset(series(first="2023-01-01"))
    assert registry.latest_dataset("NVDA") == corrected
    assert registry.latest_dataset("AAPL") is None

    assert registry.save_dataset(series(first="2025-01-01")) == wrong
    assert registry.latest_dataset("NVDA") == wrong
    assert [row.content_hash for row in registry.datasets()] == [wrong, corrected]


def test_the_latest_of_a_kind_of_source(registry: Registry, series: MakeSeries) -> None:
    of_file = series()
    fetched = PriceSeries("NVDA", of_file.dates, of_file.columns, of_file.values + 1, "yahoo")
    keys = [registry.save_dataset(of_file), registry.save_dataset(fetched)]
    assert [registry.latest_dataset("NVDA", kind=kind) for kind in ("csv", "yahoo")] == keys
    assert registry.latest_dataset("NVDA", kind="sample") is None
    assert registry.latest_dataset("NVDA") == keys[1]


def test_a_dataset_in_use_is_deleted_with_its_experiments_if_that_is_agreed(
    registry: Registry, series: MakeSeries, spec: Callable[..., ExperimentSpec]
) -> None:
    key = registry.save_dataset(series())
    number = registry.create_experiment(spec(key))
    needing = registry.dependents(key)
    assert (needing.experiments, needing.versions) == ({number}, set())

    with pytest.raises(UsageError, match=f"is needed by experiment {number}.*--force"):
        registry.delete_dataset(key)
    late = registry.create_experiment(spec(key))
    with pytest.raises(UsageError, match=f"is needed by experiment {late}[.]"):
        registry.delete_dataset(key, agreed=needing)
    assert [record.id for record in registry.experiments()] == [late, number]

    assert registry.delete_dataset(key[:10], agreed=registry.dependents(key)).content_hash == key
    assert registry.datasets() == registry.experiments() == []


def test_saved_models_stay_when_their_experiment_goes_with_its_dataset(
    registry: Registry,
    series: MakeSeries,
    spec: Callable[..., ExperimentSpec],
    version_fields: Callable[..., dict[str, Any]],
) -> None:
    key = registry.save_dataset(series())
    number = registry.create_experiment(spec(key))
    model = registry.register_version(**version_fields(dataset_hash=key, experiment_id=number))
    needing = registry.dependents(key)
    assert (needing.experiments, needing.versions) == ({number}, {model.version})

    registry.delete_dataset(key, agreed=needing)
    assert registry.version(model.version).experiment_id is None


def test_a_version_needs_the_dataset_it_was_trained_on_until_a_newer_one_is_stored(
    registry: Registry, series: MakeSeries, version_fields: Callable[..., dict[str, Any]]
) -> None:
    older = registry.save_dataset(series(first="2023-01-01"))
    trained_on = registry.save_dataset(series(first="2024-01-01"))
    model = registry.register_version(**version_fields(dataset_hash=trained_on))
    registry.save_dataset(series(symbol="AAPL", first="2026-01-01"))
    with pytest.raises(UsageError, match=f"is needed by model version {model.version}[.]"):
        registry.delete_dataset(trained_on)
    assert not registry.dependents(older)

    newer = registry.save_dataset(series(first="2025-01-01"))
    assert not registry.dependents(trained_on)
    assert not registry.dependents(newer)


def test_the_last_dataset_of_a_symbol_is_needed_by_all_of_its_versions(
    registry: Registry, series: MakeSeries, version_fields: Callable[..., dict[str, Any]]
) -> None:
    trained_on, newer = registry.save_dataset(series()), registry.save_dataset(series(first="2025-01-01"))
    model = registry.register_version(**version_fields(dataset_hash=trained_on))
    registry.register_version(**version_fields(symbol="AAPL"))
    registry.delete_dataset(trained_on)
    assert registry.dependents(newer).versions == {model.version}


def test_what_needs_a_dataset_is_named_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    one, more = Dependents(frozenset({3})), Dependents(frozenset({10, 2}), frozenset({1}))
    assert one.named == "experiment 3"
    assert more.named == "experiments 2, 10 and model version 1"
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert one.named == "experimento 3"
    assert more.named == "experimentos 2, 10 e versão de modelo 1"


def test_no_rows_are_no_dataset(registry: Registry, series: MakeSeries) -> None:
    with pytest.raises(DataError, match="has no rows"):
        registry.save_dataset(series(n_rows=0))
