"""When a trial ends and when its rate is halved, against Keras's own callbacks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from trintena.domain import Hyperparameters, TrialResult
from trintena.training.course import PATIENCE, PLATEAU, Course

TRIAL = TrialResult(1, "RUNNING", Hyperparameters(), seed=0)
NOTHING = np.zeros(0)


def walk(course: Course, curve: list[float], losses: list[float] | None = None, n_epochs: int = 50) -> int:
    """Take epochs until the course is over; gives how many."""
    for epoch, (rmse, loss) in enumerate(zip(curve, losses or curve, strict=True)):
        if course.is_over(n_epochs):
            return epoch
        course.take(loss, rmse, np.array([epoch]), NOTHING, NOTHING)
    return len(curve)


def keras_walk(curve: list[float]) -> tuple[int, list[float], int]:
    """What `EarlyStopping` and `ReduceLROnPlateau` make of a curve: epochs, their rates, the best one."""
    import keras

    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.optimizer = SimpleNamespace(learning_rate=np.array(0.01))  # all that the second one needs
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE)
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=PLATEAU, min_delta=0.0, min_lr=0.0)
    rates = []
    for callback in (stop, plateau):
        callback.set_model(model)
        callback.on_train_begin()
    model.stop_training = False
    for epoch, value in enumerate(curve):
        rates.append(float(model.optimizer.learning_rate))
        for callback in (stop, plateau):
            callback.on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            break
    return len(rates), rates, stop.best_epoch


@pytest.mark.parametrize("seed", range(12))
def test_early_stopping_and_plateau_are_those_of_keras(seed: int) -> None:
    generator = np.random.default_rng(seed)
    curve = list(np.abs(1.0 / np.arange(1, 41) + 0.3 * generator.normal(size=40)))
    n_epochs, rates, best_epoch = keras_walk(curve)
    course = Course(learning_rate=0.01)
    assert walk(course, curve, [1.0] * 40) == n_epochs
    np.testing.assert_allclose(course.learning_rates, rates, rtol=1e-6)
    assert course.best_trainable is not None
    assert course.best_trainable[0] == best_epoch


def test_a_trial_that_is_cut_counts_with_what_it_has() -> None:
    course = Course(0.01)
    walk(course, [2.0, 1.0])
    course.cut()
    assert course.is_over(50)
    assert course.end == "COMPLETE"
    assert course.told(TRIAL, course.end).validation_rmse == 1.0
    never = Course(0.01)
    never.cut()
    assert (never.is_over(50), never.end) == (True, "PRUNED")
    assert never.told(TRIAL, never.end).validation_rmse is None


def test_a_trial_has_no_more_than_its_epochs() -> None:
    assert walk(Course(0.01), [5.0, 4.0, 3.0, 2.0], n_epochs=3) == 3


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        ([1.0, 0.9, 0.8], None),
        ([1.0, 0.5, 0.6, 0.7, 0.8], None),
        ([1.0, 0.9, 1.1, 0.9, 1.2], None),
        ([1.0, 0.9, 0.95, 1.0, 1.05], "rose 3 epochs running, to 1.05"),
        ([1.0, 1.1, 1.2, 1.3, 0.5], "rose 3 epochs running, to 1.3"),
        ([1.0, float("nan"), 1.0], "not finite in epoch 2"),
        ([float("inf")], "not finite in epoch 1"),
    ],
)
def test_divergence_is_no_finite_loss_or_three_rising_epochs_above_the_first(
    losses: list[float], reason: str | None
) -> None:
    course = Course(0.01)
    walk(course, [1.0 / (1 + epoch) for epoch in range(len(losses))], losses)
    told = course.told(TRIAL, "FAIL" if course.reason else "COMPLETE")
    if reason is None:
        assert told.reason is None
        assert told.validation_rmse == min(told.validation_curve)
    else:
        assert told.reason is not None
        assert reason in told.reason
        assert told.validation_rmse is None


def test_forecasts_that_are_not_finite_are_a_divergence() -> None:
    course = Course(0.01)
    walk(course, [float("nan")], [1.0])
    assert course.reason == "diverged: the forecasts are not finite in epoch 1"
