"""What a form would cost: trainings, minutes, place in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trintena.domain import Search
from trintena.errors import TrintenaError
from trintena.experiments.estimate import TEN_YEARS, Workload, estimate, rows_of
from trintena.search import read_space

if TYPE_CHECKING:
    from trintena.registry import Registry
    from trintena.web.pages.training.form import Filled
    from trintena.web.site import Site

_YEARS_OF_ALL = 20
"""Taken where all rows of a series are asked for that nobody has looked at yet."""


@dataclass(frozen=True)
class Cost:
    """What is said above the button."""

    n_trainings: int | None
    """None where a budget alone decides."""
    seconds: float
    position: int | None
    """Its place in the queue; None where nothing runs or waits."""


def cost_of(site: Site, form: Filled, asked: dict[str, Any]) -> Cost | None:
    """What the form would cost; None while something in it makes no sense."""
    registry = site.registry
    try:
        load = Workload(
            model_ids=tuple(asked["model_ids"]),
            lookback=asked["lookback"],
            horizon=asked["horizon"],
            n_rows=_n_rows(registry, form, asked),
            n_features=1 if asked["features"] == "close" else 5,
            search=_search(asked) if asked["mode"] == "optimized" else None,
        )
        told = estimate(load, registry, workers=site.settings.workers)
    except TrintenaError:  # said when the form is sent
        return None
    position = registry.n_waiting() + 1 if registry.queue() else None
    return Cost(told.n_trainings, told.seconds, position)


def _n_rows(registry: Registry, form: Filled, asked: dict[str, Any]) -> int:
    """About how many rows the training would read."""
    years = asked.get("years")
    key = {"stored": form["dataset"], "symbol": form["symbol"], "sample": form["sample"]}.get(
        form["series"], ""
    )
    if form["period"] == "dates":
        years = None
    known = registry.latest_dataset(key) or registry.latest_dataset(key.upper()) or key
    rows = next((row for row in registry.datasets() if row.content_hash == known), None)
    if rows is not None:
        return rows_of(rows, years)
    return round(TEN_YEARS / 10 * (years or _YEARS_OF_ALL))


def _search(asked: dict[str, Any]) -> Search:
    return Search(
        strategy=asked["optimization_strategy"],
        n_trials=asked["n_trials"],
        space=read_space(asked["space"]),
        pruning=asked["pruning"],
        exploration=asked["exploration"],
        budget_s=asked["budget"],
    )
