"""The form: what stands in its fields, what that means, and what is wrong with it.

Its values stay text until they are read, so that a page that refuses them can show them as they were typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import partial
from typing import Any

from trintena.domain import SearchSpace
from trintena.errors import TrintenaError, UsageError
from trintena.experiments.plan import MAXIMUM_HORIZON, MAXIMUM_LOOKBACK, MAXIMUM_SEED, budget_seconds
from trintena.language import number, phrase
from trintena.search import n_combinations, read_choice, read_space
from trintena.search.strategies import MOST_TRIALS
from trintena.services import DEFAULT_SYMBOL
from trintena.zoo.catalog import ARCHITECTURES

SPACE_FIELDS = tuple(each.name for each in fields(SearchSpace))
SHARES = ("share_train", "share_validation", "share_calibration")
BORDERS = ("first_validation", "first_calibration", "first_test")

DEFAULTS: Mapping[str, str] = {
    "series": "sample",
    "sample": "sample:nasdaq",
    "symbol": DEFAULT_SYMBOL,
    "dataset": "",
    "name": "",
    "column": "",
    "csv_symbol": "",
    "decimal": "",
    "thousands": "",
    "day_first": "",
    "measures": "",
    "allow_jumps": "",
    "mode": "fast",
    "strategy": "random",
    "n_trials": "20",
    "budget": "",
    "lookback": "60",
    "horizon": "1",
    "target": "",
    "features": "ohlcv",
    "period": "years",
    "years": "10",
    "start": "",
    "end": "",
    "split": "usual",
    "share_train": "70",
    "share_validation": "12",
    "share_calibration": "6",
    **dict.fromkeys(BORDERS, ""),
    "seed": "0",
    "executor": "local",
    **{name: ", ".join(str(value) for value in getattr(SearchSpace(), name)) for name in SPACE_FIELDS},
    "exploration": "30",
    "pruning": "on",
    "refit_all": "",
}
"""Every field but the architectures and the file, as the empty form has it."""
CHECKBOXES = ("pruning", "refit_all", "allow_jumps")


@dataclass(frozen=True)
class Problem:
    """What is wrong, and the field where it can be mended."""

    field: str
    sentence: str


@dataclass(frozen=True)
class Filled:
    """The form as somebody filled it in."""

    values: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    model_ids: frozenset[int] = frozenset(row.id for row in ARCHITECTURES)
    key: str = ""
    """Of the submission: sent twice, it makes one experiment."""

    def __getitem__(self, name: str) -> str:
        """What stands in a field."""
        return self.values[name]

    @classmethod
    def sent(cls, pairs: Iterable[tuple[str, Any]]) -> Filled:
        """What a browser sent; what it left out is as in the empty form, but for what can be ticked."""
        given = [(name, value) for name, value in pairs if isinstance(value, str)]
        values = {**DEFAULTS, **dict.fromkeys(CHECKBOXES, "")}
        values |= {name: value.strip() for name, value in given if name in DEFAULTS}
        known = {str(row.id): row.id for row in ARCHITECTURES}
        ticked = frozenset(known[value] for name, value in given if name == "model_ids" and value in known)
        return cls(values, ticked, next((value for name, value in given if name == "key"), ""))


def read(form: Filled) -> tuple[dict[str, Any], list[Problem]]:
    """What the form asks for, under the names that the API has for it, and everything that is wrong.

    The series is left to whoever has the file; a field with a problem is left out.
    """
    reading = _Reading(form)
    optimized = form["mode"] == "optimized"
    asked: dict[str, Any] = {
        "mode": form["mode"],
        "target": form["target"] or None,
        "features": form["features"],
    }
    asked["model_ids"] = sorted(form.model_ids)
    if optimized:
        asked["optimization_strategy"] = form["strategy"]
        asked["space"] = space = reading.space()
        most = _most_trials(space)
        optional = form["strategy"] == "grid" or form["budget"] != ""
        asked["n_trials"] = reading.whole(
            "n_trials", phrase(en="Trials", pt="Tentativas"), 1, most, optional=optional
        )
        asked["budget"] = reading.attempt("budget", lambda: budget_seconds(form["budget"] or None))
        share = reading.whole("exploration", phrase(en="Exploration", pt="Exploração"), 0, 100)
        asked["exploration"] = None if share is None else share / 100
        asked["pruning"], asked["refit_all"] = form["pruning"] != "", form["refit_all"] != ""
    asked["lookback"] = reading.whole("lookback", "Lookback", 2, MAXIMUM_LOOKBACK)
    asked["horizon"] = reading.whole("horizon", phrase(en="Horizon", pt="Horizonte"), 1, MAXIMUM_HORIZON)
    if not form.model_ids:
        reading.note(
            "model_ids",
            phrase(en="Choose at least one architecture", pt="Escolha pelo menos uma arquitetura"),
        )
    asked["executor"] = form["executor"]
    asked["seed"] = reading.whole("seed", phrase(en="Seed", pt="Semente"), 0, MAXIMUM_SEED)
    if form["period"] == "dates":
        first, last = phrase(en="First date", pt="Primeira data"), phrase(en="Last date", pt="Última data")
        asked["years"] = None
        asked["start"] = reading.date("start", first, optional=True)
        asked["end"] = reading.date("end", last, optional=True)
    else:
        asked["years"] = (
            None if form["years"] == "all" else reading.whole("years", phrase(en="Years", pt="Anos"), 1, 1000)
        )
    if form["split"] == "shares":
        names = (
            phrase(en="Training", pt="Treino"),
            phrase(en="Validation", pt="Validação"),
            phrase(en="Calibration", pt="Calibração"),
        )
        shares = [reading.whole(field, name, 1, 97) for field, name in zip(SHARES, names, strict=True)]
        asked["split"] = None if None in shares else [(share or 0) / 100 for share in shares]
    elif form["split"] == "dates":
        opened = (
            phrase(en="Validation from", pt="Validação a partir de"),
            phrase(en="Calibration from", pt="Calibração a partir de"),
            phrase(en="Test from", pt="Teste a partir de"),
        )
        asked["split"] = [reading.date(field, name) for field, name in zip(BORDERS, opened, strict=True)]
    return asked, reading.problems


def _most_trials(space: Mapping[str, Any] | None) -> int:
    try:
        held = n_combinations(read_space(space or {}))
    except UsageError:  # said beside its own field
        held = None
    return MOST_TRIALS if held is None else min(held, MOST_TRIALS)


class _Reading:
    """One form on its way from text to values, with what was found wrong."""

    def __init__(self, form: Filled) -> None:
        self._form = form
        self.problems: list[Problem] = []

    def note(self, field: str, sentence: str) -> None:
        self.problems.append(Problem(field, sentence))

    def whole(self, field: str, name: str, least: int, most: int, *, optional: bool = False) -> int | None:
        text = self._form[field].replace(" ", "").removesuffix("%")
        if optional and not text:
            return None
        if text.isdecimal() and len(text) < 20 and least <= int(text) <= most:
            return int(text)
        low, high = number(least), number(most)
        self.note(
            field,
            phrase(
                en=f"{name}: enter a number from {low} to {high}",
                pt=f"{name}: digite um número de {low} a {high}",
            ),
        )
        return None

    def date(self, field: str, name: str, *, optional: bool = False) -> str | None:
        text = self._form[field]
        if optional and not text:
            return None
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            self.note(
                field,
                phrase(
                    en=f"{name}: enter a date such as 2018-12-31",
                    pt=f"{name}: digite uma data como 2018-12-31",
                ),
            )
            return None

    def attempt(self, field: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except TrintenaError as error:
            self.note(field, str(error))
            return None

    def space(self) -> dict[str, Any]:
        """The fields of the search space that differ from the specification's."""
        changed: dict[str, Any] = {}
        for name in SPACE_FIELDS:
            if self._form[name] != DEFAULTS[name]:
                choice = read_choice(self._form[name])
                if self.attempt(name, partial(read_space, {name: choice})) is not None:
                    changed[name] = choice
        return changed
