"""Whether being ahead is more than luck: tests on the losses that forecasts make at the same origins.

A loss is (origin,): for each origin the squared error, averaged over the steps of the horizon (`losses`).
Errors of neighbouring origins share targets, so every test here allows for losses that hang together over
the horizon. Undefined is None, never NaN. Nothing is drawn from a global generator: same losses, same answer.

A loss that is not finite, of a network that exploded, proves nothing and stops nobody: it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from trintena import metrics

Loss = Float[np.ndarray, " origin"]
Leak = Literal["skill", "r2", "direction"]

RESAMPLES = 1000
FEWEST_BLOCKS = 10
"""So many stretches of one horizon must fit into the origins before they are resampled. Means over two or
three blocks hardly differ from draw to draw, and a bootstrap of them takes almost anything for proof."""

_ROUNDING = 1e-12
"""Differences of losses below this part of the largest loss are rounding."""

_EXPLODED = 1e150
"""From here on a loss is hardly one whose square is a number, and counts as infinite."""

_OF_MARKOV = 0.1
"""Of the errors that a confidence set may make, those left to the rule for whoever is far behind."""

_SUSPECT_SKILL = 0.03
_SUSPECT_R2 = 0.01
_SUSPECT_DEVIATIONS = 2.5


def losses(actual: metrics.Array, forecast: metrics.Array) -> Loss:
    """The loss of each origin: the mean over the horizon of the squared error, in squared units."""
    with np.errstate(over="ignore"):  # a square that no number holds is infinite, as it should be
        loss: Loss = np.square(actual - forecast).mean(axis=1)
    return loss


def diebold_mariano(loss: Loss, reference_loss: Loss, horizon: int) -> float | None:
    """The p-value of a mean loss so far below the reference's, were both equally good: one-sided.

    The test of Diebold & Mariano (1995) with the correction of Harvey, Leybourne & Newbold (1997) for few
    origins, and Student's t with n - 1 degrees of freedom. The variance of the mean difference takes in
    its first h - 1 autocovariances, at weights that fall linearly to 0 (Bartlett's; the papers weigh all
    of them fully), so it is never negative. For persistent forecasts over several steps that makes it
    rather small, and the p-value with it: it alone is no verdict.

    None where either loss is not finite, where they differ by the same amount at every origin (nothing at
    all, for two equal forecasts) and where the horizon is as long as the segment.
    """
    from statsmodels.tsa.stattools import diebold_mariano_test

    n = len(loss)
    if n <= horizon or not (_is_finite(loss) and _is_finite(reference_loss)):
        return None
    if not _varies(loss, reference_loss):
        return None
    scale = max(loss.max(), reference_loss.max())  # as the test ignores it, no square need overflow
    ours, theirs = np.sqrt(loss / scale), np.sqrt(reference_loss / scale)
    result = diebold_mariano_test(
        np.zeros(n), ours, theirs, lags=horizon - 1, criterion="mse", harvey_adj=True, horizon=horizon
    )
    half = float(result.pvalue) / 2.0  # it asks whether they differ; we ask whether ours is lower
    return half if result.statistic < 0.0 else 1.0 - half


def superior_predictive_ability(
    reference_loss: Loss, losses: Mapping[Any, Loss], horizon: int, seed: int = 1
) -> float | None:
    """The p-value of a best model so far ahead of the reference, were none of them better than it.

    Hansen's (2005) test for superior predictive ability, its consistent p-value: the best of many is
    ahead by luck alone, and how far depends on how many there were and how alike. Counted over a thousand
    resamples: 0 means fewer than one in a thousand. None with fewer than ten horizons of origins, or
    without a model whose loss varies against the reference's.

    The lead of each model is measured in its own standard error, as in the paper. `arch` leaves that out,
    whatever its `studentize` says, so it is given leads in that unit: otherwise one network that exploded
    at one origin would hide all others.
    """
    from arch.bootstrap import SPA

    n = len(reference_loss)
    leads = [
        (reference_loss - loss) / max(loss.max(), reference_loss.max())  # so that no square overflows
        for loss in losses.values()
        if _is_finite(loss) and _varies(loss, reference_loss)
    ]
    if not leads or n < FEWEST_BLOCKS * horizon:
        return None
    lead = np.column_stack(leads)
    block = _block_size(lead, horizon)
    lead /= _resampled_deviation(lead, block)
    test = SPA(np.zeros(n), -lead, block_size=block, reps=RESAMPLES, seed=seed)
    test.compute()
    return float(test.pvalues["consistent"])


def confidence_set(losses: Mapping[str, Loss], horizon: int, level: float = 0.90, seed: int = 1) -> list[str]:
    """Whom the losses cannot tell from the best: the names in the Model Confidence Set, in the order given.

    In `level` of all samples, and more, it holds whoever is truly best (Hansen, Lunde & Nason 2011, the
    range statistic). Few or noisy origins make it large; with fewer than ten horizons of them nobody can
    be ruled out. Of forecasts that are the same all are in or none; who is worse than another by the same
    amount at every origin is out.

    It is what `arch.bootstrap.MCS` computes. That stops with an error where two statistics tie, though, as
    they do once a loss is so large that no digit is left of what the others differ in.

    Before that, whoever has a hundred times the mean loss of the best (at the level of 0.90) is out: of a
    forecast that explodes for a few days the lead of the others is as wild as its loss, and no test of means
    would see it. Were its expected loss no larger than the best one's mean, its own mean came so high in 1 %
    of samples at most, whatever its distribution (Markov's inequality). That is a tenth of 1 - `level`;
    nine tenths are left to the test.
    """
    names = [name for name, loss in losses.items() if _is_finite(loss)]
    mean_losses = {name: float(losses[name].mean()) for name in names}
    least, may_miss = min(mean_losses.values(), default=0.0), 1.0 - level
    if least > 0.0:
        names = [name for name in names if mean_losses[name] * _OF_MARKOV * may_miss < least]
        may_miss *= 1.0 - _OF_MARKOV
    if len(names) < 2 or len(losses[names[0]]) < FEWEST_BLOCKS * horizon:
        return names
    columns = np.column_stack([losses[name] for name in names])
    means, resampled = columns.mean(axis=0), _resampled_means(columns, horizon, seed)
    lead = means[:, None] - means
    wobble = resampled[:, :, None] - resampled[:, None, :] - lead
    deviation = np.sqrt(np.square(wobble).mean(axis=0))
    # Against its equal, and where the lead never varies, there is nothing to divide by.
    largest = columns.max(axis=0)
    rounding = _ROUNDING * np.maximum(largest[:, None], largest)
    varies = deviation > rounding
    never = np.where(lead > rounding, np.inf, 0.0)
    statistic = np.divide(lead, deviation, out=never, where=varies)
    wobble = np.divide(wobble, deviation, out=np.zeros_like(wobble), where=varies)

    inside = np.arange(len(names))
    while len(inside) > 1:
        against = statistic[np.ix_(inside, inside)]
        if against.max() <= 0.0:
            break
        by_chance = wobble[:, inside][:, :, inside].max(axis=(1, 2))
        if np.mean(by_chance > against.max()) > round(may_miss, 12):  # 1 - 0.9 is a little below 0.1
            break
        inside = np.delete(inside, against.max(axis=1).argmax())
    return [names[i] for i in inside]


def suspect_leakage(
    actual: metrics.Array, forecast: metrics.Array, train_mean: Float[np.ndarray, " horizon"]
) -> list[Leak]:
    """What of a one-step forecast of prices is so good that a leak of the future is likelier than skill.

    `skill`: its RMSE is more than 3 % below the last value's; `r2`: its out-of-sample R² against
    `train_mean`, the mean targets of the training part, is above 1 %; `direction`: it names the direction
    more often than always naming the commoner one does, by over 2.5 standard deviations of that share.

    No proof of a leak: of 500 days without any skill, R² rises above 1 % now and then, skill above 3 % never
    (`docs/judging.md`). Empty for longer horizons, of which less is known. A series that is no price may
    honestly be so easy.
    """
    if actual.shape[1] > 1:
        return []
    skill = metrics.skill(actual, forecast)
    r2 = metrics.out_of_sample_r2(actual, forecast, train_mean)
    direction, majority = metrics.directional_accuracy(actual, forecast), metrics.majority_share(actual)
    suspects: list[Leak] = []
    if skill is not None and skill > _SUSPECT_SKILL:
        suspects.append("skill")
    if r2 is not None and r2 > _SUSPECT_R2:
        suspects.append("r2")
    if direction is not None and majority is not None:
        deviation = sqrt(majority * (1.0 - majority) / np.count_nonzero(actual))
        if direction > majority + _SUSPECT_DEVIATIONS * deviation:
            suspects.append("direction")
    return suspects


def _is_finite(loss: np.ndarray) -> bool:
    """Whether its variance, too, is a number."""
    return bool(np.all(loss < _EXPLODED))


def _varies(loss: np.ndarray, other: np.ndarray) -> bool:
    """Whether the difference of two losses is not the same at every origin."""
    return bool(np.ptp(loss - other) > _ROUNDING * max(loss.max(), other.max()))


def _block_size(differences: np.ndarray, horizon: int) -> int:
    """How many neighbouring origins are drawn together: a horizon, or more where differences hang on.

    That of Politis & White (2004) for the stationary bootstrap, median over the models: one with a single
    wild origin shall not set it for all.
    """
    from arch.bootstrap import optimal_block_length

    # The autocorrelation of a column that ends in equal values is 0/0 at some lags, which it can bear.
    with np.errstate(invalid="ignore", divide="ignore"):
        lengths = optimal_block_length(differences)["stationary"].to_numpy()
    known = lengths[np.isfinite(lengths)]
    return max(horizon, ceil(np.median(known))) if len(known) else horizon


def _resampled_deviation(differences: np.ndarray, block: int) -> np.ndarray:
    """√n times the standard error of each column's mean, under the stationary bootstrap.

    Its variance in closed form: every autocovariance, weighed by how often both ends are drawn together
    (Politis & Romano 1994, lemma 1), which is ω̂² of Hansen (2005).
    """
    n = len(differences)
    spectrum = np.fft.rfft(differences - differences.mean(axis=0), 2 * n, axis=0)
    autocovariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[:n] / n
    lag = np.arange(n)
    goes_on = 1.0 - 1.0 / block
    weight = (1.0 - lag / n) * goes_on**lag + lag / n * goes_on ** (n - lag)
    weight[1:] *= 2.0
    weight[0] = 1.0
    return np.sqrt(weight @ autocovariance)


def _resampled_means(columns: np.ndarray, horizon: int, seed: int) -> np.ndarray:
    """The mean losses (resample, model) of stretches of origins drawn anew, the same ones for all models."""
    from arch.bootstrap import StationaryBootstrap

    best = columns[:, columns.mean(axis=0).argmin()]
    others = [column - best for column in columns.T if _varies(column, best)]
    block = _block_size(np.column_stack(others), horizon) if others else horizon
    draws = StationaryBootstrap(block, np.arange(len(columns)), seed=seed).bootstrap(RESAMPLES)
    return np.stack([columns[origins].mean(axis=0) for (origins,), _ in draws])
