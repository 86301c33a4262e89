"""The course of one trial, epoch by epoch: when its rate is halved, when it ends, what is kept of it.

Plain values over NumPy, so that a paused trial can be handed from one process to another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from trintena.domain import TrialResult, TrialState

PATIENCE = 5
"""So many epochs without a lower validation RMSE end a trial."""
PLATEAU = 2
"""So many halve its learning rate."""
RISING_EPOCHS = 3
"""So many epochs in a row with a rising training loss, ending above the first, mean divergence."""


@dataclass(eq=False)
class Course:
    """How a trial has gone so far, with the weights and forecasts of its best epoch.

    Shapes: best_trainable (n,), best_moving (m,), flat as a `Layout` has them; best_forecast (validation
    origin, horizon), in units of the target.
    """

    learning_rate: float
    """For the next epoch."""
    train_losses: list[float] = field(default_factory=list)
    validation_curve: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    best_trainable: np.ndarray | None = None
    best_moving: np.ndarray | None = None
    best_forecast: np.ndarray | None = None
    reason: str | None = None
    """Why it diverged."""
    since_best: int = 0
    """Epochs since the validation RMSE was lowest."""
    is_cut: bool = False
    """Whether its time was up before it had ended by itself."""

    def take(
        self, loss: float, rmse: float, trainable: np.ndarray, moving: np.ndarray, forecast: np.ndarray
    ) -> None:
        """Add what an epoch came to."""
        is_best = not self.validation_curve or rmse < min(self.validation_curve)
        self.train_losses.append(loss)
        self.validation_curve.append(rmse)
        self.learning_rates.append(self.learning_rate)
        if reason := _divergence(self.train_losses, rmse):
            self.reason = reason
        elif is_best:
            self.since_best = 0
            self.best_trainable, self.best_moving, self.best_forecast = trainable, moving, forecast
        else:
            self.since_best += 1
            if self.since_best % PLATEAU == 0:
                self.learning_rate /= 2

    def is_over(self, n_epochs: int) -> bool:
        """Whether the trial has had its epochs, has stood still for too long, diverged, or was cut."""
        n_trained = len(self.train_losses)
        stands_still = self.since_best >= PATIENCE
        return self.reason is not None or n_trained >= n_epochs or stands_still or self.is_cut

    def cut(self) -> None:
        """End here: what is best so far counts."""
        self.is_cut = True

    @property
    def end(self) -> TrialState:
        """The state that a trial which is over ends in; without a single epoch there is nothing to rank."""
        if self.reason is not None:
            return "FAIL"
        return "COMPLETE" if self.train_losses else "PRUNED"

    def told(self, trial: TrialResult, state: TrialState) -> TrialResult:
        """The trial with the curves of this course; its weights and forecasts are left to the caller."""
        return replace(
            trial,
            state=state,
            reason=self.reason,
            train_losses=tuple(self.train_losses),
            validation_curve=tuple(self.validation_curve),
            learning_rates=tuple(self.learning_rates),
            validation_rmse=None if self.reason else min(self.validation_curve, default=None),
        )


@dataclass(frozen=True, eq=False)
class Paused:
    """A trial that waits to be gone on with: all that its next epoch needs."""

    trial: TrialResult
    """In state RUNNING, with its curves so far."""
    course: Course
    arrays: tuple[np.ndarray, ...]
    """The state of its program, without the axis of the population."""


def _divergence(losses: list[float], rmse: float) -> str | None:
    """Why a trial diverged in its last epoch, or None."""
    if not np.isfinite(losses[-1]):
        return f"diverged: the training loss is not finite in epoch {len(losses)}"
    if not np.isfinite(rmse):
        return f"diverged: the forecasts are not finite in epoch {len(losses)}"
    last = losses[-RISING_EPOCHS - 1 :]
    if len(last) > RISING_EPOCHS and np.all(np.diff(last) > 0) and last[-1] > losses[0]:
        return f"diverged: the training loss rose {RISING_EPOCHS} epochs running, to {last[-1]:.4g}"
    return None
