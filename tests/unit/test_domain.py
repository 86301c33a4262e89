from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trintena.domain import (
    Backtest,
    ExperimentSpec,
    Hyperparameters,
    PriceSeries,
    Range,
    Search,
    SearchSpace,
    Split,
)

SPEC = ExperimentSpec("NVDA", "ab" * 32, (1, 6), start="2015-01-02T00:00:00", end="2024-12-31T00:00:00")

BACKTEST = Backtest(
    version=2,
    first="2019-01-02",
    last="2020-12-31",
    n_origins=500,
    trained_to="2017-12-29",
    selected_to="2018-06-29",
    calibrated_to="2018-12-31",
)


def prices(**others: Any) -> PriceSeries:
    fields: dict[str, Any] = {
        "symbol": "NVDA",
        "dates": np.datetime64("2024-01-01", "s") + np.arange(6) * np.timedelta64(1, "D"),
        "columns": ("open", "close"),
        "values": np.arange(12.0).reshape(6, 2),
        "source": "yahoo",
    }
    return PriceSeries(**fields | others)


# Series


def test_the_close_is_found_by_its_name() -> None:
    assert prices().close.tolist() == [1, 3, 5, 7, 9, 11]
    assert prices(columns=("close", "volume")).close.tolist() == [0, 2, 4, 6, 8, 10]
    assert len(prices()) == 6


def test_a_series_does_not_change() -> None:
    series = prices()
    with pytest.raises(ValueError, match="read-only"):
        series.values[0, 0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        series.dates[0] = np.datetime64("1999-01-01")
    with pytest.raises(FrozenInstanceError):
        series.symbol = "AMD"  # type: ignore[misc]


def test_rows_are_those_from_start_up_to_stop() -> None:
    part = prices().rows(2, 5)
    assert part.close.tolist() == [5, 7, 9]
    assert str(part.dates[0]) == "2024-01-03T00:00:00"
    assert (part.symbol, part.columns, part.source) == ("NVDA", ("open", "close"), "yahoo")
    assert prices().rows(0, 6).content_hash == prices().content_hash
    assert prices(measures="value").rows(2, 5).measures == "value"


@pytest.mark.parametrize(
    "others",
    [
        {"symbol": "AMD"},
        {"columns": ("close", "open")},
        {"dates": np.datetime64("2024-01-02", "s") + np.arange(6) * np.timedelta64(1, "D")},
        {"values": np.nextafter(np.arange(12.0), 99.0).reshape(6, 2)},
    ],
    ids=lambda others: next(iter(others)),
)
def test_any_other_content_has_another_hash(others: dict[str, Any]) -> None:
    assert prices(**others).content_hash != prices().content_hash


def test_neither_the_source_nor_the_layout_in_memory_is_content() -> None:
    values = np.asfortranarray(np.arange(12.0).reshape(6, 2))
    days = prices().dates.astype("datetime64[D]")
    assert prices(source="csv:x.csv", values=values, dates=days).content_hash == prices().content_hash
    assert prices(measures="value").content_hash == prices().content_hash
    doubled = np.repeat(np.arange(12.0).reshape(6, 2), 2, axis=0)[::2]
    assert prices(values=doubled).content_hash == prices().content_hash


def test_the_hash_of_a_series_stays_what_it_is() -> None:
    # Datasets are stored under it: another hash would orphan every one of them.
    digest = hashlib.sha256(b'["NVDA", ["open", "close"]]')
    midnights = [1_704_067_200 + 86_400 * day for day in range(6)]
    digest.update(struct.pack("<6q12d", *midnights, *range(12)))
    assert prices().content_hash == digest.hexdigest()


# Specifications


def ranges(low: st.SearchStrategy[Any], width: st.SearchStrategy[Any]) -> st.SearchStrategy[Range]:
    def of(low: float, width: float, kind: str) -> Range:
        return Range(low, low + width, step=width if kind == "step" else None, log=kind == "log")

    return st.builds(of, low, width, st.sampled_from(["plain", "step", "log"]))


SMALL, SHARES, COUNTS = st.floats(1e-6, 1.0), st.floats(0.0, 0.9), st.integers(1, 512)
SPACES = st.one_of(
    st.just(SearchSpace()),
    st.builds(
        SearchSpace,
        learning_rate=st.one_of(st.lists(SMALL, min_size=1).map(tuple), ranges(SMALL, SMALL)),
        batch_size=st.one_of(st.lists(COUNTS, min_size=1).map(tuple), ranges(COUNTS, COUNTS)),
        dropout_rate=st.one_of(st.lists(SHARES, min_size=1).map(tuple), ranges(SHARES, SMALL)),
        epochs=st.one_of(st.lists(COUNTS, min_size=1).map(tuple), ranges(COUNTS, COUNTS)),
        activation=st.lists(st.sampled_from(["relu", "tanh", "mish"]), min_size=1).map(tuple),
    ),
)
SEARCHES = st.builds(
    Search,
    strategy=st.sampled_from(["grid", "random", "bayesian"]),
    n_trials=st.none() | st.integers(1, 5000),
    space=SPACES,
    pruning=st.booleans(),
    exploration=st.floats(0.0, 1.0),
    budget_s=st.none() | st.floats(60.0, 1e6),
)


@given(
    st.builds(
        ExperimentSpec,
        symbol=st.text(max_size=12),
        dataset_hash=st.text("0123456789abcdef", min_size=64, max_size=64),
        model_ids=st.lists(st.integers(1, 30), min_size=1, unique=True).map(tuple),
        start=st.dates().map(str),
        end=st.dates().map(str),
        mode=st.sampled_from(["fast", "optimized"]),
        lookback=st.integers(2, 2048),
        horizon=st.integers(1, 512),
        target=st.sampled_from(["log_return", "difference"]),
        features=st.sampled_from(["ohlcv", "close"]),
        split=st.one_of(
            st.just(Split()),
            st.builds(Split, fractions=st.tuples(*[st.floats(0.01, 0.99)] * 3)),
            st.builds(Split, dates=st.tuples(*[st.dates().map(str)] * 3)),
        ),
        seed=st.integers(0, 2**63 - 1),
        hyperparameters=st.builds(
            Hyperparameters, learning_rate=st.floats(1e-6, 1.0), dropout_rate=st.floats(0.0, 0.9)
        ),
        search=st.none() | SEARCHES,
        refit_all=st.booleans(),
        measures=st.sampled_from(["price", "value"]),
        backtest=st.none() | st.builds(Backtest),
    )
)
def test_a_specification_survives_json_with_its_hash(spec: ExperimentSpec) -> None:
    again = ExperimentSpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again == spec
    assert again.hash == spec.hash


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "AMD"},
        {"dataset_hash": "cd" * 32},
        {"model_ids": (1,)},
        {"start": "2016-01-04T00:00:00"},
        {"end": "2024-12-30T00:00:00"},
        {"mode": "optimized"},
        {"lookback": 61},
        {"horizon": 2},
        {"target": "difference"},
        {"features": "close"},
        {"split": Split(fractions=(0.7, 0.12, 0.06))},
        {"seed": 1},
        {"hyperparameters": Hyperparameters(epochs=2)},
        {"search": Search()},
        {"refit_all": True},
        {"backtest": BACKTEST},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_the_numbers_decides_the_hash(change: dict[str, Any]) -> None:
    assert replace(SPEC, **change).hash != SPEC.hash


def test_what_a_series_measures_decides_words_alone() -> None:
    assert replace(SPEC, measures="value").hash == SPEC.hash
    stored = SPEC.to_json()
    del stored["measures"]
    assert ExperimentSpec.from_json(stored).measures == "price"


def test_a_training_is_what_it_was_before_there_were_backtests() -> None:
    stored = SPEC.to_json()
    del stored["backtest"]
    assert ExperimentSpec.from_json(stored) == SPEC
    del stored["measures"]
    assert SPEC.hash == hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()


def test_every_wish_of_a_backtest_decides_its_hash() -> None:
    spec = replace(SPEC, backtest=BACKTEST)
    for change in ({"version": 3}, {"first": "2019-01-03"}, {"last": "2020-12-30"}, {"refit_every": 20}):
        assert replace(spec, backtest=replace(BACKTEST, **change)).hash != spec.hash


@pytest.mark.parametrize(
    ("refit_every", "n_refits"), [(None, 0), (1, 500), (20, 25), (21, 24), (499, 2), (500, 1), (501, 1)]
)
def test_refits_of_a_backtest(refit_every: int | None, n_refits: int) -> None:
    assert replace(BACKTEST, refit_every=refit_every).n_refits == n_refits


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "bayesian"},
        {"n_trials": 7},
        {"space": SearchSpace(epochs=(10, 20))},
        {"space": SearchSpace(learning_rate=Range(1e-4, 1e-2))},
        {"space": SearchSpace(learning_rate=Range(1e-4, 1e-2, log=True))},
        {"pruning": False},
        {"exploration": 0.5},
        {"budget_s": 600.0},
    ],
    ids=str,
)
def test_whatever_decides_a_search_decides_the_hash(change: dict[str, Any]) -> None:
    specs = [replace(SPEC, search=search) for search in (None, Search(), Search(**change))]
    specs += [replace(SPEC, search=Search(space=SearchSpace(learning_rate=Range(1e-4, 1e-2, step=1e-4))))]
    assert len({spec.hash for spec in specs}) == 4


def test_a_specification_stored_before_there_was_a_search_still_reads() -> None:
    stored = json.loads(json.dumps(SPEC.to_json()))
    for name in ("search", "refit_all"):
        del stored[name]
    read = ExperimentSpec.from_json(stored)
    assert read == SPEC
    assert (read.search, read.refit_all) == (None, False)


def test_what_is_read_back_is_of_the_same_kinds() -> None:
    space = SearchSpace(batch_size=Range(16, 64, step=16), learning_rate=Range(1e-4, 1e-2, log=True))
    spec = replace(SPEC, mode="optimized", search=Search(space=space))
    again = ExperimentSpec.from_json(json.loads(json.dumps(spec.to_json()))).search
    assert again is not None
    assert isinstance(again.space.batch_size, Range)
    assert isinstance(again.space.batch_size.low, int), "whole numbers stay whole"
    assert isinstance(again.space.epochs, tuple)
    hash(again)


def test_the_default_space_is_the_specification_s() -> None:
    space = SearchSpace()
    assert space.learning_rate == (0.0001, 0.0005, 0.001, 0.005, 0.01)
    assert space.batch_size == (16, 32, 64, 128)
    assert space.dropout_rate == (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
    assert space.epochs == (10, 20, 30, 50)
    assert space.activation == ("relu", "tanh", "elu", "selu", "swish", "gelu", "leaky_relu")


def test_a_search_prunes_and_explores_three_tenths_unless_told_otherwise() -> None:
    search = Search()
    assert (search.strategy, search.n_trials, search.budget_s) == ("random", None, None)
    assert (search.pruning, search.exploration) == (True, 0.3)


def test_fields_of_a_later_version_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"unknown fields of an experiment: \['budget', 'strategy'\]"):
        ExperimentSpec.from_json({**SPEC.to_json(), "strategy": "grid", "budget": 3})


def test_the_defaults_are_the_fixed_parameters_of_fast_mode() -> None:
    assert Hyperparameters() == Hyperparameters(
        learning_rate=0.001, batch_size=32, dropout_rate=0.2, epochs=1, activation="relu"
    )
    assert (SPEC.mode, SPEC.lookback, SPEC.horizon, SPEC.seed) == ("fast", 60, 1, 0)
