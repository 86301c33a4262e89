"""The luck level against a plain loop over shifts, and what must hold of any."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trintena.evaluation import luck
from trintena.evaluation.luck import luck_level
from trintena.metrics import skill


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def best_skills(actual: np.ndarray, forecasts: np.ndarray, gap: int) -> list[float]:
    """The best skill of each allowed shift, one np.roll after the other."""
    return [
        max(skill(actual, np.roll(each, shift, axis=0)) for each in forecasts)  # type: ignore[type-var]
        for shift in range(len(actual))
        if gap < shift < len(actual) - gap
    ]


@settings(max_examples=40, deadline=None)
@given(
    origins=st.integers(12, 40),
    horizon=st.integers(1, 4),
    n_trials=st.integers(1, 5),
    gap=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_it_is_the_quantile_of_the_best_skill_over_all_shifts(
    origins: int, horizon: int, n_trials: int, gap: int, seed: int
) -> None:
    actual, forecasts = noise(seed, origins, horizon), 0.3 * noise(seed + 100, n_trials, origins, horizon)
    expected = np.quantile(best_skills(actual, forecasts, gap), 0.95)
    assert luck_level(actual, forecasts, gap) == pytest.approx(expected, rel=1e-10, abs=1e-12)
    median = np.quantile(best_skills(actual, forecasts, gap), 0.5)
    assert luck_level(actual, forecasts, gap, quantile=0.5) == pytest.approx(median, rel=1e-10, abs=1e-12)


def test_by_hand_one_shift() -> None:
    """Of four origins only the shift by two is more than one either way: it swaps the halves."""
    actual = np.array([[1.0], [0.0], [0.0], [1.0]])
    assert luck_level(actual, [np.array([[0.0], [1.0], [1.0], [0.0]])], gap=1) == 1.0
    assert luck_level(actual, [np.zeros((4, 1))], gap=1) == 0.0
    # Errors 1, -1, -1, 1: a mean square of 1 against one half.
    assert luck_level(actual, [actual], gap=1) == pytest.approx(1.0 - np.sqrt(2.0))


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    actual, forecasts = noise(1, 60, 3), 0.2 * noise(2, 50, 60, 3)
    whole = luck_level(actual, forecasts, 6)
    for size in (1, 60 * 3 * 7):
        monkeypatch.setattr(luck, "_CHUNK", size)
        assert luck_level(actual, forecasts, 6) == pytest.approx(whole, rel=1e-12)


def test_stored_forecasts_may_be_loaded_one_by_one_and_in_single_precision() -> None:
    actual, forecasts = noise(1, 60, 2), 0.2 * noise(2, 10, 60, 2)

    def stored() -> Iterator[np.ndarray]:
        yield from forecasts.astype(np.float32)

    assert luck_level(actual, stored(), 6) == pytest.approx(luck_level(actual, forecasts, 6), rel=1e-5)


def test_more_trials_have_no_less_luck() -> None:
    actual, forecasts = noise(3, 200, 1), 0.1 * noise(4, 300, 200, 1)
    levels = [luck_level(actual, forecasts[:n], 10) for n in (1, 10, 100, 300)]
    assert levels == sorted(levels)  # type: ignore[type-var]
    assert len(set(levels)) == 4


def test_without_knowledge_the_luckiest_of_many_stays_below_it_and_above_the_single_one() -> None:
    above = 0
    for seed in range(20):
        actual, forecasts = noise(seed, 200, 1), 0.1 * noise(seed + 50, 100, 200, 1)
        level = luck_level(actual, forecasts, 10)
        skills = [skill(actual, each) for each in forecasts]
        assert level is not None
        assert level > np.median(skills)  # type: ignore[arg-type]
        above += max(skills) > level  # type: ignore[type-var]
    assert above <= 4, "one in twenty is expected"


def test_knowledge_is_lost_by_the_shift_so_it_does_not_raise_the_level() -> None:
    actual = noise(6, 300, 1)
    level = luck_level(actual, [0.5 * actual], 10)
    assert level is not None
    assert level < 0.05 < 0.5 == pytest.approx(skill(actual, 0.5 * actual))


def test_every_shift_is_used_once_unless_there_are_more_than_draws() -> None:
    actual, forecasts = noise(7, 100, 1), 0.1 * noise(8, 5, 100, 1)
    best = best_skills(actual, forecasts, 9)
    assert len(best) == 81
    assert luck_level(actual, forecasts, 9, draws=81, seed=1) == luck_level(actual, forecasts, 9, seed=2)
    some = [luck_level(actual, forecasts, 9, draws=30, quantile=1.0, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert some[0] == some[1]
    assert len(set(some)) > 1
    assert all(any(level == pytest.approx(each, rel=1e-9) for each in best) for level in some)
    # Drawn without replacement: all but one of 81 shifts miss the luckiest at most now and then.
    assert luck_level(actual, forecasts, 9, draws=80, quantile=0.0) == pytest.approx(min(best), rel=1e-9)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_trials_that_exploded_are_left_out(value: float) -> None:
    actual, forecasts = noise(9, 50, 2), 0.1 * noise(10, 3, 50, 2)
    exploded = forecasts[0].copy()
    exploded[7, 1] = value
    expected = luck_level(actual, forecasts, 5)
    assert luck_level(actual, [exploded, *forecasts, exploded], 5) == expected
    assert luck_level(actual, [exploded], 5) is None


def test_it_is_undefined_without_trials_without_shifts_and_where_nothing_moves() -> None:
    actual, forecasts = noise(11, 20, 1), noise(12, 2, 20, 1)
    assert luck_level(actual, [], 3) is None
    assert luck_level(actual, forecasts, 9) is not None, "a shift by ten is more than nine either way"
    assert luck_level(actual, forecasts, 10) is None
    assert luck_level(actual, forecasts, 500) is None
    assert luck_level(np.zeros((20, 1)), forecasts, 3) is None


def test_forecasts_of_other_origins_are_refused() -> None:
    actual = noise(13, 21, 1)
    with pytest.raises(ValueError, match=r"expected forecasts of shape \(21, 1\).*not \(20, 1\)"):
        luck_level(actual, (each for each in noise(14, 2, 20, 1)), 3)
