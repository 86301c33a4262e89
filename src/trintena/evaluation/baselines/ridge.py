"""Ridge regression on the windows that the networks read: what a linear forecast makes of the same inputs.

References: Hoerl & Kennard 1970; the penalty by generalized cross-validation, Golub, Heath & Wahba 1979,
Technometrics 21(2), equation 1.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from trintena.evaluation.baselines.refusals import finite, not_finite

if TYPE_CHECKING:
    from trintena.windows.frame import Frame
    from trintena.windows.segments import Segments

PENALTIES = np.logspace(6, -4, 41)
"""What is tried, in units of the mean eigenvalue of the windows' scatter matrix; of equals, the strongest."""
_CHUNK_VALUES = 2**21


@dataclass(frozen=True, eq=False)
class Ridge:
    """A linear forecast of the scaled targets from the flattened scaled window.

    Shapes: coefficients (lookback · feature, horizon), row order; intercepts (horizon,).
    """

    coefficients: Float[np.ndarray, "input horizon"]
    intercepts: Float[np.ndarray, " horizon"]
    penalty: float
    """What is added to the diagonal of the scatter matrix. The intercepts bear none."""

    @classmethod
    def fit(cls, frame: Frame, origins: range) -> Ridge:
        """Fit on some origins; memory is that of a few scatter matrices, however many there are.

        Raises:
            TrialError: an input or a target is not a finite number.
        """
        targets = frame.scaled_targets
        n_inputs, n = frame.lookback * frame.table.shape[1], len(origins)
        scatter, total = np.zeros((n_inputs, n_inputs)), np.zeros(n_inputs)
        products, target_mean = np.zeros((n_inputs, targets.shape[1])), targets[origins].mean(axis=0)
        for at, inputs in _chunks(frame, origins):
            total += inputs.sum(axis=0)
            scatter += inputs.T @ inputs
            products += inputs.T @ (targets[at] - target_mean)
        mean = total / n
        scatter -= n * np.outer(mean, mean)
        if not (np.isfinite(scatter).all() and np.isfinite(products).all()):
            raise not_finite("Ridge")
        # In the scatter's own directions each penalty is a division.
        eigenvalues, directions = np.linalg.eigh(scatter)
        eigenvalues = np.maximum(eigenvalues, 0.0)
        along = directions.T @ products
        spread = np.square(targets[origins] - target_mean).sum(axis=0)
        penalties = PENALTIES * eigenvalues.mean()
        scores = [_gcv(eigenvalues, along, spread, n, penalty) for penalty in penalties]
        penalty = float(penalties[np.argmin(scores)])
        coefficients = directions @ (along / (eigenvalues + penalty)[:, None])
        return cls(coefficients, target_mean - mean @ coefficients, penalty)

    def changes(self, frame: Frame, origins: range) -> Float[np.ndarray, "origin horizon"]:
        """The expected change from each origin, in units of the target."""
        scaled = [inputs @ self.coefficients + self.intercepts for _, inputs in _chunks(frame, origins)]
        changes: np.ndarray = np.concatenate(scaled) * frame.scale[np.asarray(origins), None]
        return changes


def ridge_forecast(frame: Frame, segments: Segments, origins: range) -> Float[np.ndarray, "origin horizon"]:
    """Ridge fitted on all training origins.

    Raises:
        TrialError: an input is not a finite number.
    """
    return finite("Ridge", Ridge.fit(frame, segments.train).changes(frame, origins))


def _chunks(frame: Frame, origins: range) -> Iterator[tuple[range, Float[np.ndarray, "origin input"]]]:
    """The flattened windows of the origins, a few megabytes at a time."""
    size = max(1, _CHUNK_VALUES // (frame.lookback * frame.table.shape[1]))
    for start in range(0, len(origins), size):
        at = origins[start : start + size]
        yield at, frame.windows(at).reshape(len(at), -1)


def _gcv(
    eigenvalues: Float[np.ndarray, " input"],
    along: Float[np.ndarray, "input horizon"],
    spread: Float[np.ndarray, " horizon"],
    n: int,
    penalty: float,
) -> float:
    """Generalized cross-validation: the squared error over (1 - degrees of freedom / n)², over all steps.

    The targets of step k of neighbouring origins share k - 1 of their k changes, so n of them are worth
    n / k. Taken at n, overlapping targets look easier to forecast than they are, and the penalty comes out
    too small. Infinite where the degrees of freedom are more than the targets are worth.
    """
    shrunk = eigenvalues + penalty
    explained = np.square(along).T @ ((eigenvalues + 2.0 * penalty) / np.square(shrunk))
    freedom = 1.0 + (eigenvalues / shrunk).sum()  # 1 for the intercept
    left = 1.0 - np.arange(1, len(spread) + 1) * freedom / n
    return float(((spread - explained) / np.square(left)).sum()) if left.min() > 0.0 else np.inf
