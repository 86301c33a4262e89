"""The board in the terminal: verdict, champion and next forecast under a ranked table."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from trintena.cli.output import screen
from trintena.cli.tables import print_table
from trintena.cli.texts import one_line, say, span
from trintena.language import number

_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
_STEPS_SHOWN = 5
_SIGNED = "+z.2%"
"""A share with its sign, and zero without a minus."""


def print_board(answer: dict[str, Any]) -> None:
    """Print the answer of an experiment, finished or partial."""
    rows = rows_of(answer)
    print_ranking(rows, answer["baselines"])
    screen.print()
    if "trial_counts" in answer:
        _print_search(answer)
    if answer["partial"]:
        done = sum(row["rank"] is not None for row in rows)
        _say(say("partial", done=done, total=len(rows)))
    if answer["winner"] is None:
        _say(say("all_failed"))
        return
    _print_verdict(answer["verdict"])
    if "champion" in answer:
        _print_champion(answer)
    _say(f"{say('took', time=span(answer['total_time']))}. {say('notice')}")


def rows_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of either mode's answer."""
    rows: list[dict[str, Any]] = answer["results" if answer["mode"] == "fast" else "all_results"]
    return rows


def print_ranking(results: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> None:
    """Models and baselines in one ranking by validation RMSE; baselines have no medal and no number.

    What failed is listed under it, with its reason.
    """
    rows: list[tuple[float, list[str], str]] = []
    for row in results:
        if row["rank"] is not None:
            place = _MEDALS.get(row["rank"], str(row["rank"]))
            cells = [
                place,
                f"{row['model_id']} {row['model_name']}",
                *_figures({**row, "rmse": _ranked_by(row)}),
            ]
            cells += [number(row["parameters"], ",d"), number(row["fit_seconds"], ".2f")]
            rows.append((_ranked_by(row), cells, ""))
    for row in baselines:
        name = f"{say(row['key'])} ({say('baseline')})"
        cells = ["·", name, *_figures({**row, "rmse": row["validation_rmse"]}), "", ""]
        rows.append((row["validation_rmse"], cells, "italic cyan"))
    rows.sort(key=lambda row: row[0])
    headings = [
        say(key) for key in ("rank", "model", "selection", "test_rmse", "skill", "parameters", "seconds")
    ]
    print_table(
        headings,
        [cells for _, cells, _ in rows],
        right=headings[2:],
        folding=headings[1:3],
        styles=[style for _, _, style in rows],
    )
    _say(say("lower"))
    failed = [row for row in results if row["rank"] is None]
    if failed:
        screen.print()
        _say(say("failed", n=len(failed)))
        for row in failed:
            _say(f"  {row['model_id']} {row['model_name']}: {one_line(row['reason'] or '')}")


def _ranked_by(row: dict[str, Any]) -> float:
    """The validation RMSE that a row is ranked by: the mean of its fits, where a search has fitted again."""
    seeds = row.get("seeds") or {}
    value: float = seeds.get("mean") or row.get("rmse") or row.get("best_rmse") or 0.0
    return value


def _print_search(answer: dict[str, Any]) -> None:
    counts = {state: number(n) for state, n in answer["trial_counts"].items()}
    _say(say("searched", strategy=answer["optimization_strategy"], **counts))
    winner = answer["winner"]
    if winner is None:
        return
    settings = winner["best_params"]
    _say(
        say(
            "setting",
            name=winner["model_name"],
            rate=number(settings["learning_rate"], "g"),
            batch=settings["batch_size"],
            dropout=number(settings["dropout_rate"], "g"),
            epochs=settings["epochs"],
            activation=settings["activation"],
        )
    )
    if (seeds := winner["seeds"]) is not None and seeds["std"] is not None:
        mean, low, high, own, trial = (
            number(value, ".6g")
            for value in (
                seeds["mean"],
                seeds["min"],
                seeds["max"],
                winner["best_rmse"],
                winner["trial_rmse"],
            )
        )
        _say(say("seeds", n=len(seeds["rmse"]), mean=mean, low=low, high=high, own=own, trial=trial))


def _figures(row: dict[str, Any]) -> list[str]:
    errors = (number(row[key], "#.6g").rstrip(".,") for key in ("rmse", "test_rmse"))
    return [*errors, number(row["skill"], _SIGNED)]


def _print_verdict(verdict: dict[str, Any]) -> None:
    pattern = ".2%" if verdict["code"] == "ahead_on_test" else _SIGNED
    skill, drift = (number(verdict[key], pattern) for key in ("skill", "skill_against_drift"))
    sentence = say(verdict["code"], skill=skill, drift=drift)
    if verdict["persistence_clone"]:
        sentence += f" {say('clone')}"
    screen.print(Text(sentence, style="bold"), soft_wrap=True)


def _print_champion(answer: dict[str, Any]) -> None:
    champion, winner, forecast = answer["champion"], answer["winner"], answer["forecast"]
    name = say("version", name=winner["model_name"], version=champion["version"])
    _say(f"{say('champion')}: {name}" if champion["is_winner"] else name)
    title = champion["title"]
    if not champion["is_winner"] and title["incumbent"] is not None:
        _say(say("kept_title", name=title["incumbent_model_name"], version=title["incumbent"]))
    for file in champion["files"]:
        _say(f"  {file}")
    n = answer["test_consulted"]
    _say(say("consulted_once") if n == 1 else say("consulted", n=n))
    _say(say("next") + ":")
    steps, last = forecast["forecast"], number(forecast["last_value"], ",.2f")
    for step in steps[:_STEPS_SHOWN]:
        price = number(step["price"], ",.2f")
        _say("  " + say("forecast", date=step["date"], price=price, origin=forecast["origin"], last=last))
    if len(steps) > _STEPS_SHOWN:
        final, more = steps[-1], len(steps) - _STEPS_SHOWN
        _say("  " + say("more_steps", n=more, date=final["date"], price=number(final["price"], ",.2f")))
    if "old_data" in forecast["warnings"]:
        _say(say("old_data", days=number(forecast["age_days"], ",d")))


def _say(text: str) -> None:
    screen.print(text, soft_wrap=True)
