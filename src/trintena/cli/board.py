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
    print_ranking(answer["results"], answer["baselines"])
    screen.print()
    if answer["partial"]:
        done = sum(row["rank"] is not None for row in answer["results"])
        _say(say("partial", done=done, total=answer["total_models"]))
    if answer["winner"] is None:
        _say(say("all_failed"))
        return
    _print_verdict(answer["verdict"])
    if "champion" in answer:
        _print_champion(answer)
    _say(f"{say('took', time=span(answer['total_time']))}. {say('notice')}")


def print_ranking(results: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> None:
    """Models and baselines in one ranking by validation RMSE; baselines have no medal and no number.

    What failed is listed under it, with its reason.
    """
    rows: list[tuple[float, list[str], str]] = []
    for row in results:
        if row["rank"] is not None:
            place = _MEDALS.get(row["rank"], str(row["rank"]))
            cells = [place, f"{row['model_id']} {row['model_name']}", *_figures(row)]
            cells += [number(row["parameters"], ",d"), number(row["fit_seconds"], ".2f")]
            rows.append((row["rmse"], cells, ""))
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
