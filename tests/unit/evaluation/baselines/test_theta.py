from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.forecasting.theta import ThetaModel

from trintena.evaluation.baselines.theta import THETAS, Theta


@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("kind", ["walk", "climb", "reverting"])
def test_forecasts_from_the_last_row_of_the_fit_are_those_of_statsmodels(
    request: pytest.FixtureRequest, kind: str, theta: float
) -> None:
    path = request.getfixturevalue(kind)
    model = replace(Theta.fit(path), theta=theta)
    theirs = ThetaModel(path, deseasonalize=False).fit().forecast(9, theta=theta)
    ours = path[-1] + model.changes(path, np.array([len(path) - 1]), 9)[0]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


def test_the_chosen_theta_has_the_least_error_one_step_ahead(climb: np.ndarray) -> None:
    chosen, origins, actual = Theta.fit(climb), np.arange(len(climb) - 1), np.diff(climb)
    errors = {
        theta: np.square(actual - replace(chosen, theta=theta).changes(climb, origins, 1)[:, 0]).sum()
        for theta in THETAS
    }
    assert chosen.theta == min(errors, key=lambda theta: errors[theta])


def test_a_line_that_steps_follow_is_used_and_another_is_not(climb: np.ndarray) -> None:
    assert Theta.fit(climb).theta == max(THETAS)
    # It falls, leaps and falls again: the line through it rises, its steps on the whole do not.
    rows = np.arange(400.0)
    saw = Theta.fit(8.0 * (rows >= 200) - 0.02 * rows)
    assert saw.slope > 0
    assert saw.theta == 1.0


def test_a_theta_of_one_is_simple_exponential_smoothing(walk: np.ndarray) -> None:
    level, expected = walk[0], []
    for value in walk:
        level += 0.4 * (value - level)
        expected.append(level - value)
    changes = Theta(1.0, 0.7, 0.4).changes(walk, np.arange(len(walk)), 2)
    np.testing.assert_allclose(changes, np.array(expected)[:, None] * [1.0, 1.0], rtol=0, atol=1e-10)


def test_full_smoothing_is_a_share_of_the_line_from_the_last_value(walk: np.ndarray) -> None:
    changes = Theta(2.0, 0.5, 1.0).changes(walk, np.array([10, 500]), 4)
    np.testing.assert_allclose(changes, [[0.25, 0.5, 0.75, 1.0]] * 2, rtol=1e-12)


def test_without_smoothing_the_line_starts_at_the_first_value(walk: np.ndarray) -> None:
    origins = np.array([10, 500])
    changes = Theta(2.0, 0.5, 0.0).changes(walk, origins, 3)
    expected = walk[0] - walk[origins, None] + 0.25 * (origins[:, None] + 1 + np.arange(3))
    np.testing.assert_allclose(changes, expected, rtol=1e-12)
    near = Theta(2.0, 0.5, 1e-9).changes(walk, origins, 3)
    np.testing.assert_allclose(changes, near, rtol=1e-4)
