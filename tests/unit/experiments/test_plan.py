from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trintena.domain import ExperimentSpec, Measures, PriceSeries, Range, Search, SearchSpace, Split
from trintena.errors import DataError, UnknownNameError, UsageError
from trintena.experiments import Request, plan
from trintena.experiments.plan import (
    MAXIMUM_HORIZON,
    MAXIMUM_LOOKBACK,
    MAXIMUM_SEED,
    budget_seconds,
    windows_of,
)
from trintena.registry import Registry
from trintena.windows import segments_of
from trintena.zoo import ARCHITECTURES

N_ROWS = 1000
"""Unless a test asks for more."""
FIRST, LAST = "2015-01-01T00:00:00", "2017-09-26T00:00:00"


def prices(n_rows: int = N_ROWS, columns: tuple[str, ...] = ("close",), seed: int = 0) -> PriceSeries:
    """Daily from 2015-01-01 on, all columns near each other."""
    generator = np.random.default_rng(seed)
    close = 80.0 * np.exp(np.cumsum(generator.normal(0.0, 0.01, n_rows)))
    values = close[:, None] * generator.uniform(0.99, 1.01, (n_rows, len(columns)))
    dates = np.datetime64("2015-01-01", "s") + np.arange(n_rows) * np.timedelta64(1, "D")
    return PriceSeries("WALK", dates, columns, values, "csv:walk.csv")


def changed(series: PriceSeries, row: int, value: float, column: str = "close") -> PriceSeries:
    values = series.values.copy()
    values[row, series.columns.index(column)] = value
    return PriceSeries(series.symbol, series.dates, series.columns, values, series.source)


def request(**others: Any) -> Request:
    return Request(**{"lookback": 10, "years": None, **others})


# What is stored


def test_the_experiment_stores_everything_that_decides_the_numbers(registry: Registry) -> None:
    split = Split(fractions=(0.5, 0.2, 0.1))
    series = prices()
    experiment_id = plan(
        request(model_ids="gru,1", horizon=3, target="difference", features="close", split=split, seed=7),
        series,
        registry,
    )
    record = registry.experiment(experiment_id)
    assert record.state == "queued"
    assert record.spec == ExperimentSpec(
        symbol="WALK",
        dataset_hash=series.content_hash,
        model_ids=(1, 6, 7, 8, 9, 10),
        start=FIRST,
        end=LAST,
        mode="fast",
        lookback=10,
        horizon=3,
        target="difference",
        features="close",
        split=split,
        seed=7,
    )


def test_the_defaults_are_those_of_fast_mode(registry: Registry) -> None:
    series = prices(columns=("high", "close"))
    spec = registry.experiment(plan(Request(), series, registry)).spec
    assert spec.model_ids == tuple(row.id for row in ARCHITECTURES)
    assert len(spec.model_ids) == 30
    assert (spec.mode, spec.lookback, spec.horizon, spec.seed) == ("fast", 60, 1, 0)
    assert (spec.target, spec.features, spec.split) == ("log_return", "ohlcv", Split())
    settings = spec.hyperparameters
    assert (settings.learning_rate, settings.batch_size, settings.dropout_rate) == (0.001, 32, 0.2)
    assert (settings.epochs, settings.activation) == (1, "relu")


def test_of_a_series_of_one_column_nothing_else_is_said_to_be_read(registry: Registry) -> None:
    assert registry.experiment(plan(request(features="ohlcv"), prices(), registry)).spec.features == "close"


@pytest.mark.parametrize(
    ("series", "asked", "measures", "target"),
    [
        ("price", {}, "price", "log_return"),
        ("value", {}, "value", "difference"),
        ("value", {"target": "log_return"}, "value", "log_return"),
        ("price", {"target": "difference"}, "price", "difference"),
        ("price", {"measures": "value"}, "value", "difference"),
        ("value", {"measures": "price"}, "price", "log_return"),
    ],
)
def test_the_usual_target_follows_what_the_series_measures(
    registry: Registry, series: Measures, asked: dict[str, Any], measures: str, target: str
) -> None:
    planned = plan(Request(**asked), replace(prices(), measures=series), registry)
    spec = registry.experiment(planned).spec
    assert (spec.measures, spec.target) == (measures, target)
    assert registry.load_dataset(spec.dataset_hash).measures == measures


def test_the_whole_series_is_stored_under_its_hash_however_few_rows_are_used(registry: Registry) -> None:
    series = prices()
    spec = registry.experiment(plan(request(start="2015-06-01"), series, registry)).spec
    stored = registry.load_dataset(spec.dataset_hash)
    assert spec.dataset_hash == series.content_hash == stored.content_hash
    assert len(stored) == N_ROWS


def test_two_experiments_on_the_same_prices_share_a_dataset(registry: Registry) -> None:
    ids = [plan(request(seed=seed), prices(), registry) for seed in (0, 1)]
    plan(request(), prices(seed=1), registry)
    assert len(set(ids)) == 2
    assert len(registry.datasets()) == 2


@pytest.mark.parametrize("model_ids", ["11,1,11", [11, 1, 11], (1, 11)])
def test_architectures_are_kept_once_in_the_order_of_their_ids(registry: Registry, model_ids: Any) -> None:
    assert registry.experiment(plan(request(model_ids=model_ids), prices(), registry)).spec.model_ids == (
        1,
        11,
    )


# Which rows


@pytest.mark.parametrize(
    ("chosen", "start", "end"),
    [
        ({}, "2015-01-01", "2020-06-22"),
        ({"years": 4}, "2016-06-23", "2020-06-22"),
        ({"years": 10}, "2015-01-01", "2020-06-22"),
        ({"start": "2017-03-01"}, "2017-03-01", "2020-06-22"),
        ({"end": "2019-06-30"}, "2015-01-01", "2019-06-30"),
        ({"start": "2016-03-01", "end": "2019-06-30"}, "2016-03-01", "2019-06-30"),
        ({"years": 3, "end": "2019-06-30"}, "2016-07-01", "2019-06-30"),
        ({"start": "2017-03-01", "years": 1}, "2017-03-01", "2020-06-22"),
        ({"start": "2014-01-01"}, "2015-01-01", "2020-06-22"),
    ],
)
def test_rows_are_chosen_by_years_or_dates(
    registry: Registry, chosen: dict[str, Any], start: str, end: str
) -> None:
    spec = registry.experiment(plan(request(**chosen), prices(2000), registry)).spec
    assert (spec.start, spec.end) == (f"{start}T00:00:00", f"{end}T00:00:00")


def test_ten_years_are_taken_unless_told_otherwise(registry: Registry) -> None:
    spec = registry.experiment(plan(Request(lookback=10), prices(4500), registry)).spec
    assert (spec.start, spec.end) == ("2017-04-28T00:00:00", "2027-04-27T00:00:00")


# Segments


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"horizon": 5},
        {"start": "2015-03-01", "end": "2017-08-30", "horizon": 2},
        {"split": Split(fractions=(0.5, 0.2, 0.1))},
        {"split": Split(dates=("2016-06-01", "2017-01-01", "2017-04-01")), "horizon": 3},
    ],
)
def test_the_stored_specification_gives_the_same_segments_again(
    registry: Registry, chosen: dict[str, Any]
) -> None:
    asked = request(**chosen)
    spec = registry.experiment(plan(asked, prices(), registry)).spec
    used, segments, transformation = windows_of(spec, registry.load_dataset(spec.dataset_hash))
    assert (str(used.dates[0]), str(used.dates[-1])) == (spec.start, spec.end)
    assert segments == segments_of(used, asked.split, asked.lookback, asked.horizon)
    again = windows_of(ExperimentSpec.from_json(spec.to_json()), prices())
    assert again[0].content_hash == used.content_hash
    assert again[1:] == (segments, transformation)


def test_explicit_borders_open_their_segments(registry: Registry) -> None:
    dates = ("2016-06-01", "2017-01-01", "2017-04-01")
    spec = registry.experiment(plan(request(split=Split(dates=dates)), prices(), registry)).spec
    used, segments, _ = windows_of(spec, prices())
    assert tuple(str(used.dates[row])[:10] for row in segments.borders) == dates
    assert used.dates[segments.validation.start + 1] == np.datetime64(dates[0])
    assert used.dates[segments.train.stop - 1 + 1] < np.datetime64(dates[0])


def test_an_hourly_series_keeps_its_hours(registry: Registry) -> None:
    daily = prices()
    hours = np.datetime64("2024-01-01T05", "s") + np.arange(N_ROWS) * np.timedelta64(1, "h")
    series = PriceSeries("HOURLY", hours, daily.columns, daily.values, daily.source)
    spec = registry.experiment(plan(request(), series, registry)).spec
    assert (spec.start, spec.end) == ("2024-01-01T05:00:00", "2024-02-11T20:00:00")
    assert len(windows_of(spec, series)[0]) == N_ROWS


# Optimized mode


def optimized(**search: Any) -> dict[str, Any]:
    return {"mode": "optimized", "search": Search(**search)}


def test_optimized_mode_searches_as_the_specification_says_unless_told_otherwise(registry: Registry) -> None:
    spec = registry.experiment(plan(request(mode="optimized"), prices(), registry)).spec
    assert spec.mode == "optimized"
    assert spec.search == Search("random", 20)
    assert not spec.refit_all


def test_the_search_that_was_asked_for_is_stored(registry: Registry) -> None:
    space = SearchSpace(learning_rate=Range(1e-4, 1e-2, log=True), epochs=(2, 4), activation=("mish",))
    asked = Search("bayesian", 7, space, pruning=False, exploration=0.5, budget_s=90.0)
    chosen = request(mode="optimized", search=asked, refit_all=True)
    spec = registry.experiment(plan(chosen, prices(), registry)).spec
    assert spec.search == asked
    assert spec.refit_all


@pytest.mark.parametrize(
    ("chosen", "n_trials"),
    [
        ({"strategy": "grid"}, 3360),
        ({"strategy": "grid", "n_trials": 5}, 5),
        ({"strategy": "random"}, 20),
        ({"strategy": "bayesian"}, 20),
        ({"n_trials": 4000}, 3360),
        ({"n_trials": 9, "space": SearchSpace((0.1,), (16,), (0.1,), (1, 2), ("relu",))}, 2),
        ({"n_trials": 4000, "space": SearchSpace(dropout_rate=Range(0.0, 0.5))}, 4000),
    ],
)
def test_the_number_of_trials_is_stored_never_more_than_there_are_combinations(
    registry: Registry, chosen: dict[str, Any], n_trials: int
) -> None:
    spec = registry.experiment(plan(request(**optimized(**chosen)), prices(), registry)).spec
    assert spec.search is not None
    assert spec.search.n_trials == n_trials


@pytest.mark.parametrize("chosen", [{"exploration": 0.0}, {"exploration": 1.0}, {"budget_s": 60.0}])
def test_a_search_at_the_edges_is_accepted(registry: Registry, chosen: dict[str, Any]) -> None:
    assert plan(request(**optimized(**chosen)), prices(), registry)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("90s", 90.0),
        ("90", 90.0),
        ("10m", 600.0),
        ("10min", 600.0),
        ("1h30m", 5400.0),
        ("2h", 7200.0),
        ("1h2m3s", 3723.0),
        ("1h5s", 3605.0),
        (" 10M ", 600.0),
        (600, 600),
        (90.5, 90.5),
        (None, None),
    ],
)
def test_a_budget_is_a_number_of_seconds_or_text_with_units(value: Any, seconds: float | None) -> None:
    assert budget_seconds(value) == seconds


@pytest.mark.parametrize(
    "value", ["", "  ", "soon", "10 minutes", "-5m", "1d", "m", "10m1h", "1.5h", "1h 30", "ten", True]
)
def test_what_is_no_span_of_time_is_refused_as_a_budget(value: Any) -> None:
    with pytest.raises(UsageError, match="a span of time such as 90s, 10m or 1h30m, not") as refusal:
        budget_seconds(value)
    assert refusal.value.field == "budget"
    assert repr(value) in str(refusal.value)


def test_refusals_of_a_search_are_said_in_portuguese(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    with pytest.raises(UsageError, match="orçamento deve ser de no mínimo 60 segundos, e não 59,5"):
        plan(request(**optimized(budget_s=59.5)), prices(), registry)
    with pytest.raises(UsageError, match="O orçamento é um tempo como 90s"):
        budget_seconds("logo")
    with pytest.raises(UsageError, match="O modo rápido não busca nada"):
        plan(request(refit_all=True), prices(), registry)


# Refusals


REFUSALS: list[tuple[dict[str, Any], type[UsageError], str, str]] = [
    ({"mode": "slow"}, UsageError, "mode", "'slow'"),
    (
        {"target": "price"},
        UsageError,
        "target",
        "Unknown target 'price'; it is one of log_return, difference",
    ),
    (
        {"measures": "money"},
        UsageError,
        "measures",
        "Unknown measures 'money'; it is one of price, value",
    ),
    ({"features": "all"}, UsageError, "features", "Unknown features 'all'; it is one of ohlcv, close"),
    ({"lookback": MAXIMUM_LOOKBACK + 1}, UsageError, "lookback", "at most 2048 rows, not 2049"),
    ({"lookback": 1}, UsageError, "lookback", "at least 2 rows, not 1"),
    ({"horizon": MAXIMUM_HORIZON + 1}, UsageError, "horizon", "at most 512 rows, not 513"),
    ({"horizon": 0}, UsageError, "horizon", "at least 1 row, not 0"),
    ({"seed": -1}, UsageError, "seed", f"from 0 to {2**63 - 1}, not -1"),
    ({"seed": MAXIMUM_SEED + 1}, UsageError, "seed", f"not {2**63}"),
    ({"model_ids": "31"}, UnknownNameError, "model_ids", "Unknown architecture '31'"),
    ({"model_ids": [0]}, UnknownNameError, "model_ids", "trintena zoo list"),
    ({"model_ids": "gruu"}, UnknownNameError, "model_ids", "Did you mean 'gru'?"),
    ({"model_ids": ""}, UsageError, "model_ids", "at least one architecture"),
    ({"model_ids": []}, UsageError, "model_ids", "at least one architecture"),
    ({"years": 0}, DataError, "years", "at least 1 year, got 0"),
    ({"start": "01/02/2016"}, DataError, "start", "got '01/02/2016'"),
    ({"start": "", "years": 10}, DataError, "start", "got ''"),
    ({"end": "yesterday"}, DataError, "end", "got 'yesterday'"),
    ({"start": "2020-01-01"}, DataError, "start", "it goes from 2015-01-01 to 2017-09-26"),
    ({"end": "2014-12-31"}, DataError, "end", "it goes from 2015-01-01 to 2017-09-26"),
    ({"split": Split(fractions=(0.7, 0.2, 0.1))}, UsageError, "split", "a sum below 1"),
    (
        {"split": Split(fractions=(0.8, 0.05, 0.05))},
        DataError,
        "split",
        "validation has 50 origins and needs 100",
    ),
    ({"split": Split(dates=("2016-06-01", "2016-01-01", "2017-04-01"))}, UsageError, "split", "must rise"),
    ({"split": Split(dates=("a", "b", "c"))}, UsageError, "split", "three ISO dates"),
    ({"lookback": 80}, DataError, "split", "train has 620 origins and needs 800"),
    ({"start": "2017-01-01"}, DataError, "split", "with 269 rows, lookback 10 and horizon 1"),
    ({"search": Search()}, UsageError, "mode", "Fast mode searches for nothing"),
    ({"refit_all": True}, UsageError, "mode", "Fast mode searches for nothing"),
    (optimized(strategy="gridd"), UnknownNameError, "strategy", "Did you mean 'grid'?"),
    (optimized(n_trials=0), UsageError, "n_trials", "at least 1, not 0"),
    (optimized(n_trials=2.5), UsageError, "n_trials", "not 2.5"),
    (optimized(exploration=1.01), UsageError, "exploration", "from 0 to 1, not 1.01"),
    (optimized(exploration=-0.1), UsageError, "exploration", "from 0 to 1, not -0.1"),
    (optimized(exploration=float("nan")), UsageError, "exploration", "from 0 to 1"),
    (optimized(budget_s=59.9), UsageError, "budget", "at least 60 seconds, not 59.9"),
    (optimized(budget_s=0.0), UsageError, "budget", "at least 60 seconds"),
    (optimized(budget_s=-600.0), UsageError, "budget", "at least 60 seconds"),
    (optimized(budget_s=float("inf")), UsageError, "budget", "at least 60 seconds"),
    (optimized(budget_s=float("nan")), UsageError, "budget", "at least 60 seconds"),
    (
        optimized(strategy="grid", space=SearchSpace(learning_rate=Range(1e-4, 1e-2))),
        UsageError,
        "learning_rate",
        "this range has no step",
    ),
]


@pytest.mark.parametrize(("chosen", "kind", "field", "told"), REFUSALS)
def test_what_makes_no_sense_is_refused_by_field_and_nothing_is_stored(
    registry: Registry, chosen: dict[str, Any], kind: type[UsageError], field: str, told: str
) -> None:
    with pytest.raises(kind) as refusal:
        plan(request(**chosen), prices(), registry)
    assert type(refusal.value) is kind
    assert refusal.value.field == field
    assert told in str(refusal.value)
    assert registry.experiments() == []
    assert registry.datasets() == []


@pytest.mark.parametrize(
    "row", [5, 699, 750, 850, N_ROWS - 1], ids=["train", "border", "validation", "calibration", "test"]
)
@pytest.mark.parametrize("column", ["close", "low"])
def test_a_price_without_a_logarithm_is_refused_wherever_it_stands(
    registry: Registry, row: int, column: str
) -> None:
    series = changed(prices(columns=("low", "close")), row, -0.5, column)
    with pytest.raises(DataError, match=f"{column} of WALK is -0.5 on ") as refusal:
        plan(request(), series, registry)
    assert str(series.dates[row])[:10] in str(refusal.value)
    assert refusal.value.field == "target"
    assert refusal.value.hint == "Use --target difference."
    assert registry.experiments() == registry.datasets() == []


@pytest.mark.parametrize("chosen", [{"target": "difference"}, {"start": "2015-01-07"}])
def test_such_a_price_does_no_harm_to_differences_or_outside_the_rows_used(
    registry: Registry, chosen: dict[str, Any]
) -> None:
    plan(request(**chosen), changed(prices(), 5, -0.5), registry)
    assert len(registry.experiments()) == 1


def test_a_training_part_that_never_changes_is_refused(registry: Registry) -> None:
    values = np.full((N_ROWS, 1), 5.0)
    values[-10:] = 6.0
    series = PriceSeries("FLAT", prices().dates, ("close",), values, "test")
    with pytest.raises(DataError, match="training part of FLAT never changes") as refusal:
        plan(request(), series, registry)
    assert refusal.value.field == "symbol"
    assert registry.experiments() == registry.datasets() == []


def test_the_largest_values_allowed_are_allowed(registry: Registry) -> None:
    # The lookback's own limit needs more rows than a test should make: its refusal is about rows.
    assert plan(request(seed=MAXIMUM_SEED, horizon=60, lookback=20), prices(2000), registry)
    with pytest.raises(DataError, match=f"lookback {MAXIMUM_LOOKBACK} and horizon {MAXIMUM_HORIZON}"):
        plan(request(lookback=MAXIMUM_LOOKBACK, horizon=MAXIMUM_HORIZON), prices(), registry)
