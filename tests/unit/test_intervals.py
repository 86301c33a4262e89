from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapie.regression import SplitConformalRegressor
from sklearn.dummy import DummyRegressor

from trintena.intervals import (
    LEVELS,
    Calibration,
    conformal_quantile,
    conformal_scores,
    ewma_volatility,
    rolling_widths,
    split_widths,
)


def targets_of(levels: np.ndarray, horizon: int) -> np.ndarray:
    """(row, horizon), NaN where the series has ended."""
    targets = np.full((len(levels), horizon), np.nan)
    for k in range(1, horizon + 1):
        targets[:-k, k - 1] = levels[k:] - levels[:-k]
    return targets


def walk(seed: int, n_rows: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0.0, 0.02, n_rows))


def scores_like(seed: int, n_origins: int, horizon: int, decimals: int = 6) -> np.ndarray:
    """Made-up scores; with few decimals many are equal."""
    return np.abs(np.random.default_rng(seed).normal(size=(n_origins, horizon))).round(decimals)


def radii(calibration: Calibration) -> dict[int, np.ndarray]:
    """The widths as numbers of σ √k."""
    widths = calibration.widths(1.0)
    return {level: width / np.sqrt(np.arange(1, len(width) + 1)) for level, width in widths.items()}


# Volatility


def test_the_volatility_is_an_exponentially_weighted_mean_of_the_squared_changes_so_far() -> None:
    levels = walk(1, 500)
    squares = pd.Series(np.diff(levels) ** 2)
    expected = np.sqrt(squares.ewm(alpha=0.06, adjust=True).mean())
    np.testing.assert_allclose(ewma_volatility(levels, 1e-9)[1:], expected, rtol=1e-12)


def test_the_volatility_by_hand_and_no_smaller_than_its_floor() -> None:
    volatility = ewma_volatility(np.array([5.0, 7.0, 4.0, 4.0]), 0.5)
    second = (0.94 * 4 + 9) / 1.94
    third = (0.94**2 * 4 + 0.94 * 9) / (1 + 0.94 + 0.94**2)
    np.testing.assert_allclose(volatility, [0.5, 2.0, math.sqrt(second), math.sqrt(third)])
    np.testing.assert_array_equal(ewma_volatility(np.full(9, 3.0), 0.5), 0.5)


def test_series_that_share_their_last_rows_agree_on_the_volatility() -> None:
    levels = walk(2, 2000)
    wild = levels.copy()
    wild[:1500] *= 3.0
    whole, other, end = (ewma_volatility(each, 1e-4)[-1] for each in (levels, wild, levels[-400:]))
    assert end == pytest.approx(whole, rel=1e-10)
    assert other == pytest.approx(whole, rel=1e-10)


def test_later_rows_leave_the_volatility_alone() -> None:
    levels = walk(3, 300)
    np.testing.assert_array_equal(ewma_volatility(levels, 1e-4)[:200], ewma_volatility(levels[:200], 1e-4))


# Scores and their quantile


def test_scores_are_errors_in_volatilities_times_the_root_of_the_step() -> None:
    actual = np.array([[0.03, -0.02, np.nan, np.nan], [0.01, np.nan, np.nan, np.nan]])
    forecast = np.array([[0.01, 0.02, 0.0, 0.0], [0.02, 0.02, 0.02, 0.02]])
    scores = conformal_scores(actual, forecast, np.array([0.02, 0.003]))
    expected = [[1.0, 1.414214, np.nan, np.nan], [3.333333, np.nan, np.nan, np.nan]]
    np.testing.assert_array_equal(scores, expected)


@pytest.mark.parametrize("n_scores", [20, 39, 99, 100, 252, 253])
def test_the_quantile_is_the_one_that_mapie_finds(n_scores: int) -> None:
    residuals = np.random.default_rng(n_scores).standard_t(4, n_scores)
    column = np.zeros((n_scores, 1))
    zero = DummyRegressor(strategy="constant", constant=0.0).fit(column, residuals)
    levels = [0.5, 0.8, 0.9, 0.95]
    mapie = SplitConformalRegressor(zero, confidence_level=levels, prefit=True)
    _, intervals = mapie.conformalize(column, residuals).predict_interval(column[:1])
    alphas = 1.0 - np.array(levels)[:, None]
    quantiles = conformal_quantile(np.abs(residuals)[:, None], alphas)
    np.testing.assert_array_equal(quantiles[:, 0], intervals[0, 1])


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [(0.5, 5), (0.2, 8), (0.19, 9), (0.1, 9), (0.05, 9), (-0.3, 9), (0.9, 1), (0.99, 1), (1.0, 0), (1.2, 0)],
)
def test_the_quantile_of_nine_scores(alpha: float, expected: float) -> None:
    scores = np.arange(9.0, 0.0, -1.0)[:, None]
    assert conformal_quantile(scores, np.array([[alpha]])) == expected


@pytest.mark.parametrize(
    ("n_scores", "alpha", "rank"),
    [(199, 0.05, 190), (99, 1 - 0.9, 90), (9, 0.1 + 0.2, 7), (99, 0.15999999999999998, 84)],
)
def test_a_whole_rank_is_not_rounded_up(n_scores: int, alpha: float, rank: int) -> None:
    scores = np.arange(1.0, n_scores + 1)[:, None]
    assert conformal_quantile(scores, np.array([[alpha]])) == rank


def test_what_is_no_score_does_not_count() -> None:
    scores = np.array([[np.nan, 3.0], [np.nan, 1.0], [2.0, 4.0], [1.0, 2.0]])
    assert conformal_quantile(scores, np.full((1, 2), 0.4)).tolist() == [[2.0, 3.0]]


# The adaptive band


def test_the_adaptive_band_by_hand() -> None:
    # Four scores: of 80 % the fourth, ceil(5 · 0.8); the other levels would be infinite.
    calibration = Calibration.fit(np.array([[3.0], [1.0], [4.0], [2.0]]))
    assert {level: q.tolist() for level, q in radii(calibration).items()} == {80: [4.0], 90: [4.0], 95: [4.0]}
    # A miss: α falls to 0.192, 0.091 and 0.0405.
    calibration = calibration.extended(np.array([[5.0]]))
    np.testing.assert_allclose(calibration.alphas[:, 0], [0.192, 0.091, 0.0405])
    assert radii(calibration)[80] == [5.0]  # the fifth, ceil(6 · 0.808)
    # A hit, though 5 is not less than the band: α rises by 0.002, 0.001 and 0.0005.
    calibration = calibration.extended(np.array([[5.0]]))
    np.testing.assert_allclose(calibration.alphas[:, 0], [0.194, 0.092, 0.041])
    assert radii(calibration)[80] == [5.0]  # the sixth, ceil(7 · 0.806), of 1 2 3 4 5 5


def adaptive_by_loop(scores: np.ndarray, first: int) -> dict[int, np.ndarray]:
    """Radii at origins from `first` on, one score after the other, straight from the definition."""
    n_origins, horizon = scores.shape
    bands = {level: np.zeros((n_origins - first, horizon)) for level in LEVELS}
    for k in range(1, horizon + 1):
        alphas = {level: 1 - level / 100 for level in LEVELS}
        for origin in range(first, n_origins):
            issued_at = origin - k  # whose score becomes known here
            inner = 0.0
            for level in LEVELS:
                if issued_at >= first:
                    missed = scores[issued_at, k - 1] > bands[level][issued_at - first, k - 1]
                    alphas[level] += 0.01 * (1 - level / 100) - (0.01 if missed else 0.0)
                # The window holds what became known at the last 252 origins.
                known = sorted(scores[max(0, issued_at - 251) : issued_at + 1, k - 1])
                rank = math.ceil(round((len(known) + 1) * (1 - alphas[level]), 9))
                inner = max(inner, known[min(rank, len(known)) - 1])
                bands[level][origin - first, k - 1] = inner
    return bands


@pytest.mark.parametrize(
    ("horizon", "first", "n_test"), [(1, 20, 80), (3, 30, 60), (2, 240, 60), (2, 300, 60)]
)
def test_the_adaptive_band_is_the_one_of_a_plain_loop(horizon: int, first: int, n_test: int) -> None:
    scores = scores_like(horizon, first + n_test, horizon)
    scores[first + 20 :] *= 2.0
    volatility = np.random.default_rng(0).uniform(0.5, 2.0, n_test)
    ours = rolling_widths(scores, first, volatility)
    for level, band in adaptive_by_loop(scores, first).items():
        expected = band * volatility[:, None] * np.sqrt(np.arange(1, horizon + 1))
        np.testing.assert_allclose(ours[level], expected, rtol=1e-12)


def test_the_plain_band_is_that_of_the_first_test_origin_throughout() -> None:
    scores = scores_like(5, 120, 3)
    volatility = np.linspace(1.0, 2.0, 40)
    plain = split_widths(scores, 80, volatility)
    adaptive = rolling_widths(scores, 80, volatility)
    for level in LEVELS:
        np.testing.assert_allclose(plain[level] / volatility[:, None], np.tile(adaptive[level][0], (40, 1)))


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_score_is_felt_from_the_origin_on_where_it_is_known(step: int) -> None:
    scores = scores_like(6, 160, 5)
    at, first = 110, 100
    scores[at, step - 1] = 0.0
    other = scores.copy()
    other[at, step - 1] = 9.0
    one, two = (rolling_widths(each, first, np.ones(60)) for each in (scores, other))
    for level in LEVELS:
        differs = np.flatnonzero((one[level] != two[level]).any(axis=1))
        assert differs[0] == at + step - first
        assert (one[level] != two[level]).any(axis=0).tolist() == [k == step for k in range(1, 6)]


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("poisoned_from", [300, 301, 340])
def test_what_comes_later_changes_no_band(horizon: int, poisoned_from: int) -> None:
    levels, first, stop = walk(7, 400), 300, 390
    wild = levels.copy()
    wild[poisoned_from:] *= np.random.default_rng(1).uniform(0.2, 5.0, 400 - poisoned_from)
    bands = []
    for each in (levels, wild):
        volatility = ewma_volatility(each, 1e-3)[:stop]
        scores = conformal_scores(targets_of(each, horizon)[:stop], np.zeros((stop, horizon)), volatility)
        arguments = (scores[100:], first - 100, volatility[first:])
        bands += [rolling_widths(*arguments), split_widths(*arguments)]
    until = poisoned_from - first
    for level in LEVELS:
        for honest, poisoned in ((bands[0], bands[2]), (bands[1], bands[3])):
            np.testing.assert_array_equal(honest[level][:until], poisoned[level][:until])
            assert (honest[level][until:] != poisoned[level][until:]).all()


def test_an_outer_band_is_never_the_narrower_one() -> None:
    # Left to themselves, the three levels cross at fifty places here.
    scores = scores_like(0, 460, 10)
    scores[100:] *= np.exp(np.cumsum(np.random.default_rng(0).normal(0.0, 0.1, 360)))[:, None]
    widths = rolling_widths(scores, 60, np.ones(400))
    assert (widths[80] <= widths[90]).all()
    assert (widths[90] <= widths[95]).all()


def test_what_a_run_of_misses_has_cost_is_made_up_for() -> None:
    # Twenty misses in a row bring the α of 95 % from 0.05 to -0.14; each hit brings it up by 0.0005.
    scores = np.concatenate([np.arange(1.0, 71.0), np.ones(200)])[:, None]
    calibration = Calibration.fit(scores[:50]).extended(scores[50:70])
    np.testing.assert_allclose(calibration.alphas[2], -0.14)
    calibration = calibration.extended(scores[70:])
    np.testing.assert_allclose(calibration.alphas[2], -0.04)
    assert radii(calibration)[95] == [70.0]


def test_a_series_that_stood_still_for_long_gets_its_band_back() -> None:
    scores = np.zeros((2200, 1))
    scores[2000:] = scores_like(9, 200, 1)
    calibration = Calibration.fit(scores[:50]).extended(scores[50:2000])
    assert radii(calibration)[90] == [0.0]
    assert radii(calibration.extended(scores[2000:]))[90] > 1.0


# The state


@settings(max_examples=60, deadline=None)
@given(data=st.data(), horizon=st.integers(1, 6), decimals=st.sampled_from([1, 6]))
def test_continuing_is_computing_in_one_go(data: st.DataObject, horizon: int, decimals: int) -> None:
    first = data.draw(st.integers(horizon, 270), label="first")
    cuts = data.draw(st.lists(st.integers(first, first + 40), max_size=4).map(sorted), label="cuts")
    seed = data.draw(st.integers(0, 1000), label="seed")
    end = first + 40
    scores = scores_like(seed, end + 1, horizon, decimals)
    whole = Calibration.fit(scores[:first]).extended(scores[first - horizon + 1 : end])
    state, at = Calibration.fit(scores[:first]), first
    for cut in [*cuts, end]:
        # What is not known at a cut may as well not be there.
        part = scores[at - horizon + 1 : cut].copy()
        for back in range(1, min(horizon, len(part) + 1)):
            part[len(part) - back, back:] = np.nan
        state, at = Calibration.from_json(json.loads(json.dumps(state.extended(part).to_json()))), cut
    assert state.to_json() == whole.to_json()
    rolled = rolling_widths(scores, first, np.full(end + 1 - first, 0.7))
    for level, width in state.widths(0.7).items():
        np.testing.assert_array_equal(width, rolled[level][-1])


def test_a_state_is_plain_json_and_short() -> None:
    scores = conformal_scores(targets_of(walk(3, 800), 5)[:700], np.zeros((700, 5)), np.full(700, 0.02))
    state = Calibration.fit(scores[:300]).extended(scores[296:])
    text = json.dumps(state.to_json(), allow_nan=False)
    assert len(text) < 11 * 252 * 5 + 2500
    assert Calibration.from_json(json.loads(text)).to_json() == state.to_json()


def test_a_start_needs_one_score_of_every_step() -> None:
    scores = scores_like(1, 8, 5)
    assert Calibration.fit(scores[:5]).widths(1.0)[90][4] == scores[0, 4] * np.sqrt(5)
    for start in (lambda: Calibration.fit(scores[:4]), lambda: split_widths(scores, 4, np.ones(4))):
        with pytest.raises(ValueError, match="4 origins given hold no score of step 5"):
            start()


def test_rows_that_do_not_reach_back_far_enough_are_refused() -> None:
    scores = scores_like(1, 30, 5)
    calibration = Calibration.fit(scores[:20])
    assert calibration.extended(scores[16:20]).to_json() == calibration.to_json()
    with pytest.raises(ValueError, match="begin 4 origins before"):
        calibration.extended(scores[17:20])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_known_score_must_be_a_number(bad: float) -> None:
    scores = scores_like(1, 30, 2)
    scores[12, 1] = bad
    with pytest.raises(ValueError, match="of step 2"):
        Calibration.fit(scores)
    with pytest.raises(ValueError, match="of step 2"):
        Calibration.fit(scores[:10]).extended(scores[9:])


# Coverage


def garch(seed: int, n_rows: int) -> np.ndarray:
    """Levels whose daily changes have a volatility that comes and goes."""
    noise = np.random.default_rng(seed).standard_normal(n_rows)
    variance, changes = 1e-4, []
    for shock in noise.tolist():
        changes.append(math.sqrt(variance) * shock)
        variance = 2e-6 + 0.1 * changes[-1] ** 2 + 0.88 * variance
    return np.cumsum(changes)


def coverages(levels: np.ndarray, volatility: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Of the adaptive and the plain 90 % band around the last value, over the last 500 origins.

    Each of the first step alone, and of all five.
    """
    horizon = 5
    first, stop = 252 + horizon - 1, len(levels) - horizon
    rows = slice(stop - 500 - first, stop)
    if volatility is None:
        volatility = ewma_volatility(levels, 1e-4)
    actual, volatility = targets_of(levels, horizon)[rows], volatility[rows]
    scores = conformal_scores(actual, np.zeros_like(actual), volatility)
    bands = (widths(scores, first, volatility[first:]) for widths in (rolling_widths, split_widths))
    adaptive, plain = (np.abs(actual[first:]) <= band[90] for band in bands)
    return np.array([adaptive[:, 0].mean(), adaptive.mean()]), np.array([plain[:, 0].mean(), plain.mean()])


@pytest.mark.parametrize("made", [walk, garch])
def test_nine_in_ten_values_lie_in_the_adaptive_90_percent_band(
    made: Callable[[int, int], np.ndarray],
) -> None:
    found = np.array([coverages(made(seed, 800))[0] for seed in range(20)])
    assert (((found >= 0.86) & (found <= 0.94)).sum(axis=0) >= 19).all()
    np.testing.assert_allclose(found.mean(axis=0), 0.9, atol=0.01)


def test_where_the_volatility_doubles_the_adaptive_band_covers_better_than_the_plain_one() -> None:
    found = []
    for seed in range(8):
        changes = np.diff(walk(seed, 800))
        changes[500:] *= 2.0
        levels = np.cumsum(changes)
        found.append(coverages(levels))
        # Scores that know nothing of the doubling: the band itself has to learn it.
        adaptive, plain = coverages(levels, volatility=np.full(len(levels), 0.02))
        assert ((adaptive >= 0.86) & (adaptive <= 0.94)).all()
        assert (plain < 0.82).all()
    adaptive, plain = np.abs(np.array(found) - 0.9).mean(axis=0)
    assert (adaptive < plain / 2).all()
