"""The rules of the judge as figures, and what the two samples say of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import binomtest

from judging_crowds import KNOWN, LOOKBACK, SHARED, SIZES, SMOOTH, TEN_YEARS, Divided, sample
from trintena import intervals, metrics
from trintena.data.sources.sample import SAMPLES
from trintena.domain import ExperimentSpec, Search
from trintena.evaluation import significance
from trintena.evaluation.bands import Bands
from trintena.evaluation.luck import luck_level
from trintena.evaluation.scores import Judge
from trintena.evaluation.verdict import CONFIDENCE, SIGNIFICANCE
from trintena.experiments.plan import DEFAULT_YEARS
from trintena.experiments.study import N_REFITS
from trintena.search.strategies import STRATEGIES
from trintena.windows import frame, segments
from trintena.zoo import ARCHITECTURES

Told = dict[str, Any]

SEVERAL = 5
"""Steps, where one is not enough to show something."""
EVERY = 63
"""Rows between the first days of ten years and the next ten years."""
ACCEPTED = (0.86, 0.94)
"""What a band of 90 % may hold over a test segment."""
FIFTH = 0.2


def rules() -> Told:
    """Everything that the pages say of the protocol and that the code decides, in the code's own values."""
    luck = {name: each.default for name, each in inspect.signature(luck_level).parameters.items()}
    minimum, shares = segments.MINIMUM_ORIGINS, segments.DEFAULT_FRACTIONS
    n_trials = STRATEGIES[Search.strategy].n_trials or 0
    return {
        "architectures": len(ARCHITECTURES),
        "years": DEFAULT_YEARS,
        "lookback": LOOKBACK,
        "horizon": ExperimentSpec.horizon,
        "long_series": segments.LONG_SERIES,
        "lengths": dict(zip(("validation", "calibration", "test"), segments.FIXED_LENGTHS, strict=True)),
        "shares": {
            **dict(zip(("train", "validation", "calibration"), shares, strict=True)),
            "test": 1 - sum(shares),
        },
        "minimum": {"train_lookbacks": segments.MINIMUM_TRAIN_LOOKBACKS, **minimum},
        "several": SEVERAL,
        "purged": SEVERAL - 1,
        "scale_floor": frame.SCALE_FLOOR_SHARE,
        "search": n_trials * len(ARCHITECTURES),
        "refits": N_REFITS,
        "significance": SIGNIFICANCE,
        "confidence": CONFIDENCE,
        "resamples": significance.RESAMPLES,
        "fewest_blocks": significance.FEWEST_BLOCKS,
        "luck": {"draws": luck["draws"], "quantile": luck["quantile"]},
        "alarm": {
            "skill": significance._SUSPECT_SKILL,
            "r2": significance._SUSPECT_R2,
            "deviations": significance._SUSPECT_DEVIATIONS,
        },
        "bands": {
            **{f"level{n}": level / 100 for n, level in enumerate(intervals.LEVELS, 1)},
            "window": intervals.WINDOW,
            "gamma": intervals.GAMMA,
            "decay": intervals.DECAY,
            "accepted": dict(zip(("low", "high"), ACCEPTED, strict=True)),
        },
        "drawn": {
            "rows": TEN_YEARS,
            "every": EVERY,
            "smallest": SIZES[0],
            "largest": SIZES[1],
            "known": KNOWN,
            "shared": SHARED,
            "smooth": SMOOTH,
        },
    }


def of_sample(name: str, rng: np.random.Generator) -> Told:
    """What the usual yardsticks make of a sample's test segment, where the forecast is the last close."""
    divided = Divided(sample(name))
    judge, close = divided.judge, divided.series.close
    parts, years = judge.segments, divided.series.dates.astype("datetime64[Y]").astype(int) + 1970
    origins = np.asarray(parts.test)
    last, prices, actual = close[origins, None], close[origins + 1, None], judge.actual("test")
    # As wrong as can be without being absurd: a guess of the usual size, drawn without looking.
    guessed = actual.std() * rng.standard_normal(actual.shape)
    of_last, of_guess = (judge.scores("test", each) for each in (np.zeros_like(actual), guessed))
    n_up = int(np.count_nonzero(actual > 0))
    return {
        "first": int(years[0]),
        "last": int(years[-1]),
        "test": len(parts.test),
        "test_from": int(years[parts.test.start + 1]),
        "test_to": int(years[-1]),
        "price_r2": price_r2(prices, last),
        "mape": of_last["mape"],
        "apart": float(np.abs(prices - last).mean() / np.ptp(prices)),
        "guess_r2": price_r2(prices, last * np.exp(guessed)),
        "guess_mape": of_guess["mape"],
        "guess_skill": of_guess["skill"],
        "guess_excess": -of_guess["skill"],
        **_scaled(judge, close),
        "up": judge_share(judge),
        "coin_p": float(binomtest(n_up, int(np.count_nonzero(actual)), alternative="greater").pvalue),
        "bands": _bands(divided),
    }


def price_r2(prices: np.ndarray, forecast: np.ndarray) -> float:
    """The R² that is usually shown: against the mean of the very prices that are judged."""
    return float(1 - np.square(prices - forecast).sum() / np.square(prices - prices.mean()).sum())


def judge_share(judge: Judge) -> float:
    """How often the test segment rises, flat rows left out."""
    moves = judge.actual("test")[:, -1]
    return float(np.mean(moves[moves != 0] > 0))


def _scaled(judge: Judge, close: np.ndarray) -> Told:
    """Test inputs outside what training has shown: scaled to the range of its prices, and as windows are."""
    parts, known = judge.segments, close[: judge.segments.train.stop]
    unit = (close[np.asarray(parts.test)] - known.min()) / np.ptp(known)
    seen, met = (judge.frame.windows(origins)[:, :, 0] for origins in (parts.train, parts.test))
    return {
        "outside": float(np.mean((unit < 0) | (unit > 1))),
        "lowest": float(unit.min()),
        "highest": float(unit.max()),
        "anchored_outside": float(np.mean((met < seen.min()) | (met > seen.max()))),
    }


def _bands(divided: Divided) -> Told:
    """The bands around the last value on the test segment: how many values they held."""
    levels = _bands_of(divided).figures()["levels"]
    keys = ("coverage", "split_coverage")
    return {f"level{n}": {key: each[key] for key in keys} for n, each in enumerate(levels.values(), 1)}


def _bands_of(divided: Divided) -> Bands:
    parts = divided.judge.segments
    n_origins = parts.newest.stop - parts.calibration.start
    judge, floor = divided.judge, divided.transformation.scale_floor
    return Bands(judge.frame, judge.segments, floor, np.zeros((n_origins, divided.horizon)))


def stretches(horizon: int = 1) -> Iterator[Divided]:
    """Ten years of each sample, from every 63rd row on."""
    for name in SAMPLES:
        series = sample(name)
        for start in range(0, len(series) - TEN_YEARS + 1, EVERY):
            yield Divided(series.rows(start, start + TEN_YEARS), horizon)


def over_stretches() -> Told:
    """How drift did against the last value, and how often the test segment rose, over all stretches."""
    judges = [each.judge for each in stretches()]
    skills = np.array([metrics.skill(judge.actual("test"), judge.drift("test")) for judge in judges])
    rises = np.array([judge_share(judge) for judge in judges])
    return {
        "n": len(judges),
        "test": len(judges[0].segments.test),
        "drift_ahead": float(np.mean(skills > 0)),
        "drift_best": float(skills.max()),
        "drift_worst": float(skills.min()),
        "up_low": float(rises.min()),
        "up_high": float(rises.max()),
    }


def held(horizon: int) -> Told:
    """What bands of 90 % around the last value held over all stretches, adaptive and plain.

    `ok`: the share of stretches with a coverage that is accepted; `low`, `high`: the ends; `mean`. Then what
    they held over the fifth of each test segment with the lowest σ, and over that with the highest.
    """
    found: dict[str, list[float]] = {"adaptive": [], "plain": [], "calm": [], "wild": []}
    for each in stretches(horizon):
        inside, plain, volatility = _insides(each)
        order = volatility.argsort()
        n = int(FIFTH * len(order))
        for name, which in (
            ("adaptive", inside),
            ("plain", plain),
            ("calm", inside[order[:n]]),
            ("wild", inside[order[-n:]]),
        ):
            found[name].append(float(which.mean()))
    told: Told = {name: float(np.mean(found[name])) for name in ("calm", "wild")}
    for name in ("adaptive", "plain"):
        shares = np.array(found[name])
        ok = float(np.mean((shares >= ACCEPTED[0]) & (shares <= ACCEPTED[1])))
        ends = {"low": float(shares.min()), "high": float(shares.max())}
        told[name] = {"ok": ok, **ends, "mean": float(shares.mean())}
    return told


def _insides(divided: Divided) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which test values (origin, horizon) the adaptive band of 90 % holds, which the plain one; σ there."""
    judge, parts = divided.judge, divided.judge.segments
    floor = divided.transformation.scale_floor
    volatility = intervals.ewma_volatility(judge.frame.table[:, 0], floor)
    origins = np.arange(parts.calibration.start, parts.test.stop)
    actual = judge.frame.targets[origins]
    scores = intervals.conformal_scores(actual, np.zeros_like(actual), volatility[origins])
    first, of_test = parts.test.start - parts.calibration.start, volatility[np.asarray(parts.test)]
    size = np.abs(judge.actual("test"))
    adaptive, plain = (
        widths(scores, first, of_test)[90] for widths in (intervals.rolling_widths, intervals.split_widths)
    )
    return size <= adaptive, size <= plain, of_test
