from __future__ import annotations

import json

import numpy as np
import pytest

from trintena.domain import PriceSeries, Target
from trintena.errors import DataError
from trintena.training.program import _gather, device_data
from trintena.windows import Frame, Segments, Transformation
from trintena.windows import frame as module

DIFFERENCES = np.array([5.0, 6.0, 8.0, 9.0, 9.0, 15.0, 15.0, 15.0])
"""Changes 1, 2, 1, 0, 6, 0, 0."""


def series_of(columns: dict[str, np.ndarray]) -> PriceSeries:
    values = np.stack(list(columns.values()), axis=1)
    dates = np.datetime64("2020-01-01", "s") + np.arange(len(values)) * np.timedelta64(1, "D")
    return PriceSeries("X", dates, tuple(columns), values, "test")


def trained_on(stop: int, lookback: int) -> Segments:
    """Segments of which only the training origins matter."""
    rest = range(stop, stop)
    return Segments(range(lookback - 1, stop), rest, rest, rest, (stop, stop, stop))


def fitted(
    series: PriceSeries, *, stop: int = 4, target: Target = "difference", lookback: int = 3, horizon: int = 2
) -> Transformation:
    return Transformation.fit(
        series,
        trained_on(stop, lookback),
        target=target,
        features="ohlcv",
        lookback=lookback,
        horizon=horizon,
    )


def test_the_scale_is_the_deviation_of_the_changes_in_the_window() -> None:
    frame = fitted(series_of({"close": DIFFERENCES})).frame(series_of({"close": DIFFERENCES}))
    # Two changes a window: (1, 2), (2, 1), (1, 0), (0, 6), (6, 0), (0, 0).
    floor = 0.1 * np.std([1, 2, 1])
    np.testing.assert_allclose(frame.scale, [np.nan, np.nan, 0.5, 0.5, 0.5, 3.0, 3.0, floor])


def test_a_window_is_anchored_at_its_last_close_and_scaled() -> None:
    series = series_of({"close": DIFFERENCES})
    windows = fitted(series).frame(series).windows(np.array([2, 5]))
    assert windows.shape == (2, 3, 1)
    np.testing.assert_allclose(windows[0, :, 0], np.array([-3, -2, 0]) / (0.5 * np.sqrt(3)))
    np.testing.assert_allclose(windows[1, :, 0], np.array([-6, -6, 0]) / (3.0 * np.sqrt(3)))


def test_targets_are_changes_from_the_origin_and_missing_at_the_end() -> None:
    series = series_of({"close": DIFFERENCES})
    frame = fitted(series).frame(series)
    np.testing.assert_array_equal(frame.targets[2], [1, 1])
    np.testing.assert_array_equal(frame.targets[4], [6, 6])
    np.testing.assert_array_equal(frame.targets[6], [0, np.nan])
    np.testing.assert_array_equal(frame.targets[7], [np.nan, np.nan])
    np.testing.assert_allclose(frame.scaled_targets[2], [2, 2])


def test_log_returns_are_differences_of_logarithms() -> None:
    series = series_of({"close": np.exp(DIFFERENCES)})
    logs = fitted(series, target="log_return").frame(series)
    plain = fitted(series_of({"close": DIFFERENCES})).frame(series_of({"close": DIFFERENCES}))
    np.testing.assert_allclose(logs.scale, plain.scale)
    np.testing.assert_allclose(logs.windows(range(2, 8)), plain.windows(range(2, 8)), atol=1e-12)
    np.testing.assert_allclose(logs.targets, plain.targets)


def test_other_prices_are_anchored_at_the_close_and_the_close_comes_first() -> None:
    series = series_of({"open": DIFFERENCES - 0.5, "high": DIFFERENCES + 1, "close": DIFFERENCES})
    transformation = fitted(series)
    assert transformation.columns == ("close", "open", "high")
    (window,) = transformation.frame(series).windows(np.array([2]))
    expected = np.array([[-3, -3.5, -2], [-2, -2.5, -1], [0, -0.5, 1]]) / (0.5 * np.sqrt(3))
    np.testing.assert_allclose(window, expected)


def test_features_close_reads_nothing_else() -> None:
    series = series_of({"open": DIFFERENCES, "close": DIFFERENCES, "volume": DIFFERENCES})
    transformation = Transformation.fit(
        series, trained_on(4, 3), target="difference", features="close", lookback=3, horizon=1
    )
    assert transformation.columns == ("close",)
    assert transformation.volume_mean is None


def test_volume_is_standardized_on_the_rows_that_training_windows_read() -> None:
    volume = np.array([0.0, 10, 100, 1000, 9e9, 9e9, 9e9, 9e9])
    series = series_of({"close": DIFFERENCES, "volume": volume})
    transformation = fitted(series, stop=4)
    seen = np.log1p(volume[:4])
    assert transformation.volume_mean == pytest.approx(seen.mean())
    assert transformation.volume_deviation == pytest.approx(seen.std())
    (window,) = transformation.frame(series).windows(np.array([3]))
    np.testing.assert_allclose(window[:, 1], (seen[1:] - seen.mean()) / seen.std())


def test_volume_that_never_changes_becomes_zero() -> None:
    series = series_of({"close": DIFFERENCES, "volume": np.full(8, 100.0)})
    frame = fitted(series).frame(series)
    np.testing.assert_allclose(frame.windows(range(2, 8))[..., 1], 0.0, atol=1e-12)


def test_rows_after_the_training_part_change_nothing_that_is_fitted() -> None:
    volume = np.arange(8.0)
    later = DIFFERENCES.copy()
    later[4:] *= 50
    honest = fitted(series_of({"close": DIFFERENCES, "volume": volume}), stop=4)
    poisoned = fitted(series_of({"close": later, "volume": volume * np.repeat([1, 9], 4)}), stop=4)
    assert honest == poisoned


def test_the_scale_of_a_row_does_not_depend_on_where_the_series_is_cut() -> None:
    close = np.cumsum(np.random.default_rng(0).normal(size=9000))
    series = series_of({"close": close})
    transformation = fitted(series, stop=8000, lookback=60)
    whole = transformation.frame(series).scale
    tail = transformation.frame(series.rows(4000, 9000)).scale
    assert np.array_equal(whole[4059:], tail[59:])


def test_json_gives_it_back_to_the_last_digit() -> None:
    series = series_of({"close": DIFFERENCES / 3, "volume": np.arange(8.0)})
    transformation = fitted(series)
    assert Transformation.from_json(json.loads(json.dumps(transformation.to_json()))) == transformation


def test_forecasts_become_prices_from_the_last_known_one() -> None:
    forecasts, last = np.array([[0.1, -0.2]]), np.array([50.0])
    difference = fitted(series_of({"close": DIFFERENCES}))
    np.testing.assert_allclose(difference.prices(forecasts, last), [[50.1, 49.8]])
    logs = fitted(series_of({"close": np.exp(DIFFERENCES)}), target="log_return")
    np.testing.assert_allclose(logs.prices(forecasts, last), [[50 * np.exp(0.1), 50 * np.exp(-0.2)]])


def test_a_price_that_has_no_logarithm_is_refused_with_its_date() -> None:
    close = DIFFERENCES - 6.0
    with pytest.raises(DataError) as refusal:
        fitted(series_of({"close": close}), target="log_return")
    for part in ("close of X is -1 on 2020-01-01", "2 such rows", "--target difference"):
        assert part in str(refusal.value)


def test_a_training_part_that_never_changes_is_refused() -> None:
    with pytest.raises(DataError, match="training part of X never changes: all 4 values are 7"):
        fitted(series_of({"close": np.array([7.0, 7, 7, 7, 8, 9, 10, 11])}))


def test_a_series_without_a_column_that_the_model_reads_is_refused() -> None:
    transformation = fitted(series_of({"close": DIFFERENCES, "volume": DIFFERENCES}))
    with pytest.raises(DataError, match="The model reads close, volume; X has no volume"):
        transformation.frame(series_of({"close": DIFFERENCES}))


def test_a_series_shorter_than_a_window_has_no_scale() -> None:
    series = series_of({"close": DIFFERENCES})
    assert np.isnan(fitted(series).frame(series.rows(0, 2)).scale).all()


def test_many_rows_are_scaled_alike_across_the_chunks_of_the_computation() -> None:
    close = np.cumsum(np.random.default_rng(1).normal(size=module._CHUNK_ROWS + 50))
    series = series_of({"close": close})
    scale = fitted(series, stop=4000, lookback=10).frame(series).scale
    for row in (9, 4095, 4104, 4105, 4106, len(close) - 1):
        assert scale[row] == pytest.approx(np.diff(close[row - 9 : row + 1]).std())


def test_the_program_gathers_the_same_windows(toy: Frame) -> None:
    origins = np.array([40, 7, 100, 55], np.int32)
    gathered = np.asarray(_gather(device_data(toy), origins, toy.lookback))
    assert gathered.shape == (toy.lookback, len(origins), 3)
    np.testing.assert_allclose(gathered.swapaxes(0, 1), toy.windows(origins), atol=2e-5)


@pytest.fixture
def toy() -> Frame:
    """Prices in the hundred thousands, whose float32 has no digits to spare."""
    generator = np.random.default_rng(3)
    close = 250_000 * np.exp(np.cumsum(0.01 * generator.normal(size=200)))
    columns = {"high": close * 1.01, "close": close, "volume": generator.lognormal(10, 1, 200)}
    series = series_of(columns)
    return fitted(series, stop=120, target="log_return", lookback=8).frame(series)
