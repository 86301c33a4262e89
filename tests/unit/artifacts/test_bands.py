"""A saved model's intervals go on with newer rows as if they had never been put away."""

from __future__ import annotations

import json

import numpy as np
import pytest

from trintena.artifacts.bands import MOST_NEW_ROWS, SavedBands
from trintena.domain import PriceSeries
from trintena.intervals import LEVELS, WINDOW, Calibration, conformal_scores, ewma_volatility
from trintena.windows.frame import Frame, Transformation

LOOKBACK, FIRST, N_ROWS = 10, 100, 1600
"""The first origin whose forecast was not fitted to, and the rows of the series."""


def series_of(n_rows: int, seed: int = 0) -> PriceSeries:
    rng = np.random.default_rng(seed)
    sizes = np.exp(np.cumsum(rng.normal(0.0, 0.05, N_ROWS)))  # calm and wild stretches
    close = 100.0 * np.exp(np.cumsum(0.01 * sizes * rng.normal(size=N_ROWS)))[:n_rows]
    dates = np.datetime64("2015-01-01", "s") + np.arange(n_rows) * np.timedelta64(1, "D")
    return PriceSeries("TOY", dates, ("close",), close[:, None].copy(), "test")


def transformation(horizon: int) -> Transformation:
    return Transformation("log_return", ("close",), LOOKBACK, horizon, scale_floor=1e-4)


def forecasts(frame: Frame, origins: range) -> np.ndarray:
    """What some network says of some origins: a tenth of the last change."""
    changes = np.diff(frame.table[:, 0], prepend=frame.table[0, 0])
    return np.repeat(0.1 * changes[np.asarray(origins), None], frame.targets.shape[1], axis=1)


def in_one_go(n_rows: int, horizon: int) -> tuple[Calibration, Frame]:
    """The calibration at the last row, from every origin since the first."""
    frame = transformation(horizon).frame(series_of(n_rows))
    origins = range(FIRST, n_rows)
    scores = conformal_scores(
        frame.targets[origins], forecasts(frame, origins), ewma_volatility(frame.table[:, 0], 1e-4)[origins]
    )
    begun = 300
    return Calibration.fit(scores[:begun]).extended(scores[begun - (horizon - 1) : -1]), frame


def saved(n_rows: int, horizon: int) -> SavedBands:
    """The same, as a file keeps it."""
    state, _ = in_one_go(n_rows, horizon)
    bands = SavedBands(series_of(n_rows).dates[-1], state)
    return SavedBands.from_json(json.loads(json.dumps(bands.to_json(), allow_nan=False)))


def widths(bands: SavedBands, series: PriceSeries, horizon: int) -> dict[int, np.ndarray]:
    frame = transformation(horizon).frame(series)
    origins = bands.origins(series, LOOKBACK)
    return bands.widths(frame, 1e-4, origins, forecasts(frame, origins))


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("n_new", [0, 1, 3, 50, MOST_NEW_ROWS])
def test_newer_rows_give_what_one_go_gives(horizon: int, n_new: int) -> None:
    bands, n_rows = saved(900, horizon), 900 + n_new
    state, frame = in_one_go(n_rows, horizon)
    expected = state.widths(float(ewma_volatility(frame.table[:, 0], 1e-4)[-1]))
    found = widths(bands, series_of(n_rows), horizon)
    assert found.keys() == set(LEVELS)
    for level in LEVELS:
        np.testing.assert_allclose(found[level], expected[level], rtol=1e-9)


@pytest.mark.parametrize("horizon", [1, 4])
def test_a_forecast_reads_no_more_origins_than_are_new_and_pending(horizon: int) -> None:
    bands = saved(900, horizon)
    assert bands.origins(series_of(900), LOOKBACK) == range(900 - horizon, 900)
    assert bands.origins(series_of(907), LOOKBACK) == range(900 - horizon, 907)


@pytest.mark.parametrize("horizon", [1, 4])
def test_after_very_many_new_rows_the_bands_start_anew_from_the_newest(horizon: int) -> None:
    bands, series = saved(900, horizon), series_of(900 + MOST_NEW_ROWS + 60)
    origins = bands.origins(series, LOOKBACK)
    assert origins == range(len(series) - 1 - MOST_NEW_ROWS - horizon, len(series))
    frame = transformation(horizon).frame(series)
    volatility = ewma_volatility(frame.table[:, 0], 1e-4)
    scores = conformal_scores(frame.targets[origins], forecasts(frame, origins), volatility[origins])
    begun = WINDOW + horizon
    anew = Calibration.fit(scores[:begun]).extended(scores[begun - (horizon - 1) : -1])
    found = widths(bands, series, horizon)
    for level, expected in anew.widths(float(volatility[-1])).items():
        np.testing.assert_allclose(found[level], expected)


@pytest.mark.parametrize("horizon", [1, 4])
def test_other_rows_keep_the_stored_state_at_their_own_volatility(horizon: int) -> None:
    bands = saved(900, horizon)
    elsewhere = series_of(900, seed=1)
    later = PriceSeries(
        "TOY", elsewhere.dates + np.timedelta64(12, "h"), ("close",), elsewhere.values.copy(), "test"
    )
    assert bands.origins(later, LOOKBACK) == range(899, 900)
    frame = transformation(horizon).frame(later)
    expected = bands.calibration.widths(float(ewma_volatility(frame.table[:, 0], 1e-4)[-1]))
    for level, half in widths(bands, later, horizon).items():
        np.testing.assert_array_equal(half, expected[level])


def test_too_few_rows_before_it_are_no_reason_to_refuse() -> None:
    bands = saved(900, 4)
    short = series_of(900)
    cut = short.rows(900 - LOOKBACK, 900)
    assert bands.origins(cut, LOOKBACK) == range(LOOKBACK - 1, LOOKBACK)
