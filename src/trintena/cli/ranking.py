"""The ranked table of a board: architectures, and baselines among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trintena.cli.output import screen
from trintena.cli.tables import NOTHING, print_table
from trintena.cli.texts import say
from trintena.domain import ENDED
from trintena.language import number, span
from trintena.report import reasons, words

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec

SIGNED = "+z.2%"
"""A share with its sign, and zero without a minus."""
_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
_WIDE = 110
"""Letters in a line that leave room for whole headings."""
_FAST = ("parameters", "seconds")
_SEARCHED = ("trials_of", "time")
"""What a table has to the right of its errors."""


def print_ranking(
    results: list[dict[str, Any]], baselines: list[dict[str, Any]], spec: ExperimentSpec | None = None
) -> None:
    """Models and baselines in one ranking by validation RMSE; baselines have no medal and no number.

    A search's rows show the mean of their fits, and the spread of these. Rows that were not fitted again
    come after those that were, marked, for their figure flatters. Under the table stands what failed,
    with its reason and, where `spec` is known, a remedy, and what is yet to come.
    """
    searched = any("seeds" in row for row in results)
    more = _SEARCHED if searched else _FAST
    short = screen.is_terminal and screen.width < _WIDE
    errors = (
        "selection_short" if short else "selection",
        *(("spread",) if searched else ()),
        "test_rmse",
        "skill",
    )
    headings = [say(key) for key in ("rank", "model", *errors, *more)]
    most = max((_n_fits(row) for row in results), default=0)
    starred = any(_is_of_the_search(row) for row in results)
    rows: list[tuple[tuple[int, float], list[str], str]] = []
    for row in results:
        if row["rank"] is not None:
            place = _MEDALS.get(row["rank"], str(row["rank"]))
            name = f"{row['model_id']} {row['model_name']}"
            cells = [place, name, *_errors(row, searched, starred), *(_more(row, key) for key in more)]
            rows.append(((-_n_fits(row), ranked_by(row)), cells, ""))
    for row in baselines:
        if row["validation_rmse"] is None:
            continue  # it stands below, with its reason
        name = f"{words.baseline(row['key'], row['name'])} ({say('baseline')})"
        known = {**row, "rmse": row["validation_rmse"]}
        cells = ["·", name, *_errors(known, searched, starred), *("" for _ in more)]
        rows.append(((-most, row["validation_rmse"]), cells, "italic cyan"))
    rows.sort(key=lambda row: row[0])
    print_table(
        headings,
        [cells for _, cells, _ in rows],
        right=headings[2:],
        folding=headings[1:2],
        optional=[say(key) for key in (*reversed(more), "test_rmse", *(("spread",) if searched else ()))],
        styles=[style for _, _, style in rows],
    )
    _say(say("lower"))
    if most:
        _say(say("of_fits"))
    if starred:
        _say(say("of_search"))
    _print_unranked(results, spec)
    for row in baselines:
        if reason := row.get("reason"):
            name = words.baseline(row["key"], row["name"])
            _say(say("no_baseline", name=name, reason=reasons.told(reason)))


def ranked_by(row: dict[str, Any]) -> float:
    """The validation RMSE that a row is ranked by: the mean of its fits, where a search has fitted again."""
    seeds = row.get("seeds") or {}
    value: float = seeds.get("mean") or row.get("rmse") or row.get("best_rmse") or 0.0
    return value


def is_fitted(row: dict[str, Any]) -> bool:
    """Whether the best setting of a search was fitted again."""
    return _n_fits(row) > 0


def _n_fits(row: dict[str, Any]) -> int:
    return len((row.get("seeds") or {}).get("rmse", ()))


def _is_of_the_search(row: dict[str, Any]) -> bool:
    return "seeds" in row and row["rank"] is not None and not is_fitted(row)


def _errors(row: dict[str, Any], searched: bool, starred: bool) -> list[str]:
    mark = "" if not starred else " *" if _is_of_the_search(row) else "  "
    cells = [_six(ranked_by(row)) + mark, _six(row["test_rmse"]), number(row["skill"], SIGNED)]
    if searched:
        cells.insert(1, "" if "key" in row else _spread(row.get("seeds") or {}))
    return cells


def _spread(seeds: dict[str, Any]) -> str:
    """The standard deviation of the fits as a share of their mean."""
    return NOTHING if not seeds.get("std") else number(seeds["std"] / seeds["mean"], ".2%")


def _more(row: dict[str, Any], key: str) -> str:
    if key == "trials_of":
        return number(sum(row["trial_counts"][state] for state in ENDED))
    if key == "time":
        return NOTHING if row["elapsed_time"] is None else span(row["elapsed_time"])
    return number(row["parameters"], ",d") if key == "parameters" else number(row["fit_seconds"], ".2f")


def _six(value: float | None) -> str:
    """To six significant digits."""
    return number(value, "#.6g").rstrip(".,")


def _print_unranked(results: list[dict[str, Any]], spec: ExperimentSpec | None) -> None:
    unranked = [row for row in results if row["rank"] is None]
    to_come = [row for row in unranked if row.get("state") in ("WAITING", "RUNNING")]
    failed = [row for row in unranked if row not in to_come]
    if failed:
        screen.print()
        _say(say("failed", n=len(failed)))
        for row in failed:
            _say(f"  {row['model_id']} {row['model_name']}: {reasons.told(row['reason'] or '')}")
        if spec is not None and (remedy := reasons.remedy(spec, [row["reason"] for row in failed])):
            _say(remedy)
    if to_come:
        names = ", ".join(f"{row['model_id']} {row['model_name']}" for row in to_come)
        screen.print()
        _say(say("to_come", n=len(to_come), names=names))


def _say(text: str) -> None:
    screen.print(text, soft_wrap=True)
