"""Direction, against hand-counted cases, properties, and Pearson's test of a two by two table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency, norm

from trintena.metrics import by_step, directional_accuracy, majority_share, pesaran_timmermann

CHANGES = st.floats(-1.0, 1.0, allow_subnormal=False)


def changes(least: int = 1) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Targets and forecasts, (origin, horizon)."""
    shapes = st.tuples(st.integers(least, 40), st.integers(1, 5))
    return shapes.flatmap(
        lambda shape: st.tuples(
            arrays(np.float64, shape, elements=CHANGES), arrays(np.float64, shape, elements=CHANGES)
        )
    )


def column(*steps: float) -> np.ndarray:
    return np.array(steps)[:, None]


# Direction


def test_direction_counts_the_last_step_of_days_that_moved() -> None:
    actual = np.array([[9.0, 1.0], [9.0, -1.0], [9.0, 2.0], [9.0, 0.0]])
    forecast = np.array([[-1.0, 0.1], [-1.0, 0.1], [-1.0, 0.1], [-1.0, 0.1]])
    assert directional_accuracy(actual, forecast) == pytest.approx(2 / 3)
    assert majority_share(actual) == pytest.approx(2 / 3)


def test_an_origin_whose_forecast_names_no_direction_is_no_hit() -> None:
    assert directional_accuracy(column(1.0, 1.0, -1.0, -1.0), column(0.0, 1.0, 0.0, -1.0)) == 0.5


def test_a_forecast_of_no_change_names_no_direction() -> None:
    assert directional_accuracy(column(1.0, -1.0), np.zeros((2, 1))) is None


def test_a_segment_that_never_moves_has_no_direction() -> None:
    flat = np.zeros((3, 1))
    assert directional_accuracy(flat, column(1.0, 1.0, 1.0)) is None
    assert majority_share(flat) is None


@pytest.mark.parametrize(
    ("ups", "downs", "share"), [(54, 46, 0.54), (46, 54, 0.54), (5, 5, 0.5), (3, 0, 1.0)]
)
def test_the_majority_is_the_commoner_direction(ups: int, downs: int, share: float) -> None:
    actual = column(*[0.01] * ups, *[-0.02] * downs, *[0.0] * 7)
    assert majority_share(actual) == pytest.approx(share)


@given(changes())
def test_always_naming_one_direction_scores_the_majority_or_the_rest(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    actual, _ = pair
    majority = majority_share(actual)
    up, down = (directional_accuracy(actual, np.full_like(actual, sign)) for sign in (1.0, -1.0))
    if majority is None:
        assert up is down is None
    else:
        assert up is not None
        assert down is not None
        assert majority == pytest.approx(max(up, down))
        assert majority >= 0.5
        assert up + down == pytest.approx(1.0)


# Pesaran and Timmermann


def table(both_up: int, only_fact: int, only_forecast: int, both_down: int) -> tuple[np.ndarray, np.ndarray]:
    """Moves and forecasts with so many origins of each kind."""
    counts = (both_up, only_fact, only_forecast, both_down)
    actual = np.repeat([0.02, 0.01, -0.01, -0.03], counts)
    forecast = np.repeat([0.1, -0.1, 0.2, -0.2], counts)
    return actual[:, None], forecast[:, None]


def test_the_p_value_is_that_of_the_paper() -> None:
    # Their equations with n = 100: 60 rises, 55 forecast rises, 40 of them right; 65 hits.
    p_y, p_x, hits, n = 0.60, 0.55, 0.65, 100
    by_luck = p_y * p_x + (1 - p_y) * (1 - p_x)
    v_hits = by_luck * (1 - by_luck) / n
    v_luck = ((2 * p_y - 1) ** 2 * p_x * (1 - p_x) + (2 * p_x - 1) ** 2 * p_y * (1 - p_y)) / n
    statistic = (hits - by_luck) / math.sqrt(v_hits - v_luck)
    assert statistic == pytest.approx(2.8721, abs=1e-4)
    p_value = 0.5 * math.erfc(statistic / math.sqrt(2))
    assert pesaran_timmermann(*table(40, 20, 15, 25)) == pytest.approx(p_value, rel=1e-9)


@given(st.tuples(*[st.integers(1, 200)] * 4))
def test_the_statistic_is_the_root_of_pearsons_for_a_two_by_two_table(
    counts: tuple[int, int, int, int],
) -> None:
    both_up, only_fact, only_forecast, both_down = counts
    pearson = chi2_contingency([[both_up, only_fact], [only_forecast, both_down]], correction=False)
    better = np.sign(both_up * both_down - only_fact * only_forecast)
    expected = norm.sf(better * math.sqrt(pearson.statistic))
    assert pesaran_timmermann(*table(*counts)) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_only_hits_are_evidence_not_misses() -> None:
    actual, forecast = table(40, 20, 15, 25)
    right, wrong = pesaran_timmermann(actual, forecast), pesaran_timmermann(actual, -forecast)
    assert right is not None
    assert right < 0.01
    assert wrong == pytest.approx(1 - right)


def test_naming_the_commoner_direction_more_often_is_no_evidence() -> None:
    # 80 % of days rise, 80 % are forecast to, independently: 68 % hits say nothing.
    actual, forecast = table(64, 16, 16, 4)
    assert directional_accuracy(actual, forecast) == pytest.approx(0.68)
    assert pesaran_timmermann(actual, forecast) == pytest.approx(0.5)


def test_origins_without_a_move_or_a_named_direction_are_left_out() -> None:
    actual, forecast = table(4, 2, 1, 5)
    silent = np.vstack([actual, column(0.0, 0.0, 1.0, -1.0)])
    said = np.vstack([forecast, column(1.0, -1.0, 0.0, 0.0)])
    assert pesaran_timmermann(silent, said) == pesaran_timmermann(actual, forecast)


@pytest.mark.parametrize("constant", [0.0, 0.001, -0.001])
def test_there_is_no_p_value_where_the_sign_never_changes(constant: float) -> None:
    actual, forecast = table(3, 3, 3, 3)
    unchanging = np.full_like(actual, constant)
    assert pesaran_timmermann(actual, unchanging) is None
    assert pesaran_timmermann(unchanging, forecast) is None
    # Nor where it changes only for origins that did not move.
    assert pesaran_timmermann(column(1.0, -1.0, 0.0), column(1.0, 1.0, -1.0)) is None


@given(changes())
def test_the_p_value_is_a_share_and_depends_on_signs_alone(pair: tuple[np.ndarray, np.ndarray]) -> None:
    actual, forecast = pair
    found = pesaran_timmermann(actual, forecast)
    assert found is None or 0.0 <= found <= 1.0
    assert pesaran_timmermann(np.sign(actual), 1e3 * forecast) == found


def test_an_exploded_forecast_still_has_a_direction() -> None:
    actual, forecast = table(4, 2, 1, 5)
    exploded = np.where(forecast > 0, np.inf, -np.inf)
    assert pesaran_timmermann(actual, exploded) == pesaran_timmermann(actual, forecast)
    assert directional_accuracy(actual, exploded) == directional_accuracy(actual, forecast)


def test_moves_that_overlap_look_like_evidence_and_every_hth_of_them_does_not() -> None:
    # A random walk, forecast to go on as in the last ten steps: there is nothing to find.
    overlapping, apart = [], []
    for seed in range(300):
        levels = np.cumsum(np.random.default_rng(seed).normal(size=1021))
        origins = np.arange(10, 1011)
        actual = (levels[origins + 10] - levels[origins])[:, None]
        forecast = (levels[origins] - levels[origins - 10])[:, None]
        overlapping.append(pesaran_timmermann(actual, forecast))
        apart.append(pesaran_timmermann(actual[::10], forecast[::10]))
    assert np.mean(np.array(overlapping, dtype=float) < 0.05) > 0.12
    assert np.mean(np.array(apart, dtype=float) < 0.05) < 0.09


# Step by step


def test_the_direction_of_each_step_is_that_of_its_column() -> None:
    actual = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, 0.0]])
    forecast = np.array([[1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0], [-1.0, 1.0]])
    assert by_step(directional_accuracy, actual, forecast) == pytest.approx([3 / 4, 2 / 3])
    assert by_step(majority_share, actual) == pytest.approx([1 / 2, 2 / 3])


def test_the_p_value_is_of_the_last_step() -> None:
    right, wrong = table(5, 2, 2, 5), table(3, 3, 4, 4)
    actual, forecast = (np.hstack([a, b[::-1]]) for a, b in zip(right, wrong, strict=True))
    expected = [pesaran_timmermann(*right), pesaran_timmermann(*wrong)]
    assert by_step(pesaran_timmermann, actual, forecast) == expected
    assert pesaran_timmermann(actual, forecast) == expected[1]
    assert pesaran_timmermann(actual[:, ::-1], forecast[:, ::-1]) == expected[0]
