"""What luck does on a board, and what the verdict makes of it: shares over many races."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from judging_crowds import LOOKBACK, Crowd, Divided, Race, stretch
from trintena import metrics
from trintena.evaluation.luck import luck_level
from trintena.evaluation.significance import (
    Leak,
    Loss,
    confidence_set,
    losses,
    superior_predictive_ability,
    suspect_leakage,
)
from trintena.evaluation.verdict import CONFIDENCE, SIGNIFICANCE

Told = dict[str, Any]

CROWDS = {
    "nothing": Crowd(alike=True, smooth=True),
    "even_own": Crowd.even(),
    "even_alike": Crowd.even(alike=True, smooth=True),
    "even_steps": Crowd.even(alike=True, smooth=True, horizon=5),
}
"""None of them is better than the last value: those that know nothing are worse, the even ones as good."""


def selection(rng: np.random.Generator, n_runs: int, numbers: Mapping[str, int]) -> Told:
    """The luckiest of so many trials that know nothing: where it was chosen, and on untouched data.

    By name of a number of trials: `skill` and `direction` of the luckiest, and in which share of runs a
    Diebold-Mariano test has it `proved`, for both segments; the `level` of luck, and in which share of
    runs the luckiest is `above` it.
    """
    races = (Race.run(rng, Crowd(), n_models=max(numbers.values())) for _ in range(n_runs))
    found = [{name: _luckiest(race.first(n)) for name, n in numbers.items()} for race in races]
    return {name: {"trials": n, **means([run[name] for run in found])} for name, n in numbers.items()}


def _luckiest(race: Race) -> Told:
    told: Told = {}
    for segment in ("validation", "test"):
        actual, forecast = race.judge.actual(segment), race.forecasts(segment)[race.champion]
        told[f"{segment}_skill"] = metrics.skill(actual, forecast)
        told[f"{segment}_direction"] = metrics.directional_accuracy(actual, forecast)
        told[f"{segment}_proved"] = race.seems_better(race.champion, segment)
    level = luck_level(race.judge.actual("validation"), race.validation, LOOKBACK + 1)
    return {**told, "level": level, "above": level is not None and told["validation_skill"] > level}


def false_alarms(rng: np.random.Generator, n_runs: int, n_slow: int, crowd: Crowd) -> Told:
    """In which share of races a test, or the verdict, speaks for a champion that is no better.

    `dm`: a Diebold-Mariano test of the champion; `best_dm`: the same of whoever is best on the test
    segment; `beats`: the verdict; `alarm`, `clone`: its flags; `spa`, of the first `n_slow` races only:
    Hansen's test.
    """
    return means([_alarms(Race.run(rng, crowd), slow=run < n_slow) for run in range(n_runs)])


def _alarms(race: Race, *, slow: bool) -> Told:
    told = {
        "dm": race.seems_better(race.champion),
        "best_dm": race.seems_better(race.best_on_test),
        "beats": race.beats(),
        "alarm": bool(signs(race)),
        "clone": race.scores["persistence_clone"],
    }
    if slow:
        of_last, own = _losses(race)
        p = superior_predictive_ability(of_last, own, race.test.shape[2])
        told["spa"] = p is not None and p < SIGNIFICANCE
    return told


def undecided(rng: np.random.Generator, n_runs: int, crowd: Crowd) -> Told:
    """Which share of the architectures cannot be told from the best, and in which share of races the last
    value cannot.
    """
    told = []
    for _ in range(n_runs):
        race = Race.run(rng, crowd)
        of_last, own = _losses(race)
        named = {**{str(number): loss for number, loss in own.items()}, "last_value": of_last}
        inside = confidence_set(named, race.test.shape[2], level=CONFIDENCE)
        is_in = "last_value" in inside
        told.append({"share": (len(inside) - is_in) / len(own), "last_value": is_in})
    return means(told)


def _losses(race: Race) -> tuple[Loss, dict[int, Loss]]:
    """Of the last value, and of each model, on the test segment."""
    actual = race.judge.actual("test")
    own = {number: losses(actual, forecast) for number, forecast in enumerate(race.test)}
    return losses(actual, np.zeros_like(actual)), own


def signs(race: Race) -> list[Leak]:
    """For what "suspect leakage" is raised against the champion."""
    judge = race.judge
    return suspect_leakage(judge.actual("test"), race.test[race.champion], judge.train_mean)


def suspicions(rng: np.random.Generator, n_runs: int, crowd: Crowd, n_rows: int) -> Told:
    """In which share of races each sign of a leak is seen in a champion, and the highest skill of any."""
    told, skills = [], []
    for _ in range(n_runs):
        race = Race.run(rng, crowd, judge=Divided(stretch(rng, n_rows)).judge)
        told.append({sign: sign in signs(race) for sign in get_args(Leak)})
        skills.append(race.scores["skill"])
    return {**means(told), "highest": float(max(skills))}


def power(rng: np.random.Generator, n_runs: int, share: float, n_rows: int) -> Told:
    """In which share of races forecasts that do explain a share of the variance are found, and suspected."""
    crowd, told = Crowd.explaining(share), []
    for _ in range(n_runs):
        race = Race.run(rng, crowd, judge=Divided(stretch(rng, n_rows)).judge)
        told.append({"beats": race.beats(), "alarm": bool(signs(race)), "skill": race.scores["skill"]})
    return means(told)


def looks(rng: np.random.Generator, n_runs: int, numbers: Sequence[int]) -> Told:
    """In which share of runs one of so many experiments on one test segment beats the last value.

    Every experiment is a new crowd, as good as the last value and no better.
    """
    first = []
    for _ in range(n_runs):
        judge = Divided(stretch(rng)).judge
        tries = (Race.run(rng, CROWDS["even_alike"], judge=judge).beats() for _ in range(max(numbers)))
        first.append(next((number for number, beats in enumerate(tries, 1) if beats), np.inf))
    shares = {f"after{i}": float(np.mean(np.array(first) <= n)) for i, n in enumerate(numbers, 1)}
    return {**{f"n{i}": n for i, n in enumerate(numbers, 1)}, **shares}


def means(rows: Sequence[Told]) -> Told:
    """The mean of each figure over the rows that have it."""
    names = {name: None for row in rows for name in row}
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}
