"""The board in the terminal: verdict, champion and next forecast under a ranked table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from trintena.cli.forecast_shown import print_forecast
from trintena.cli.output import screen
from trintena.cli.ranking import is_fitted, print_ranking
from trintena.cli.texts import say, setting
from trintena.language import number, span
from trintena.report import judgment, words
from trintena.report.alarm import alarm
from trintena.report.evidence import essentials

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec


def print_board(answer: dict[str, Any], spec: ExperimentSpec | None = None) -> None:
    """Print the answer of an experiment, finished or partial; with `spec` what to do about failures, too."""
    rows = rows_of(answer)
    print_ranking(rows, answer["baselines"], spec)
    screen.print()
    if "trial_counts" in answer:
        _print_search(answer, rows)
    elif answer["partial"]:
        done = sum(row["rank"] is not None for row in rows)
        _say(say("partial", done=done, total=answer["total_models"]))
    if answer["winner"] is None:
        _say(say("all_failed"))
        return
    _print_verdict(answer)
    if "champion" in answer:
        _print_champion(answer)
    notice = words.notice(answer.get("measures", "price"))
    _say(f"{say('took', time=span(answer['total_time']))}. {notice}".rstrip())


def rows_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of either mode's answer."""
    rows: list[dict[str, Any]] = answer["results" if answer["mode"] == "fast" else "all_results"]
    return rows


def _print_search(answer: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """What was searched, how far it got, and what it found."""
    counts = answer["trial_counts"]
    search = told_search(answer["optimization_strategy"], answer["n_trials"], answer["n_combinations"])
    _say(f"{search}; {told_counts(counts)}.")
    fitted, found = sum(is_fitted(row) for row in rows), sum(row["rank"] is not None for row in rows)
    if answer["partial"]:
        _say(say("partial", done=fitted, total=len(rows)))
    elif fitted < found:
        _say(say("time_up", done=fitted, total=found))
    winner = answer["winner"]
    if winner is None:
        return
    _say(say("setting", name=winner["model_name"], setting=setting(winner["best_params"])))
    seeds = winner["seeds"]
    if seeds is not None and seeds["std"] is not None:
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
        told = say("seeds", n=len(seeds["rmse"]), mean=mean, low=low, high=high, own=own)
        _say(f"{told} {say('flatters', trial=trial, n=number(sum(winner['trial_counts'].values())))}")


def told_search(strategy: str, n_trials: int | None, n_combinations: int | None) -> str:
    """What a search chooses from; `n_trials` are those of each architecture that were asked for."""
    if n_combinations is None:
        return f"{say(strategy)} {say('in_ranges')}"
    total = number(n_combinations)
    if strategy != "grid":
        return f"{say(strategy)} {say('among', total=total)}"
    if n_trials is None or n_trials >= n_combinations:
        return f"{say(strategy)} {say('every', total=total)}"
    return f"{say(strategy)} {say('shuffled', n=number(n_trials), total=total)}"


def told_counts(counts: dict[str, int]) -> str:
    """The trials and their states: `trials: 20 (6 complete, 14 pruned)`; without those that are none."""
    states = [say(state, n=number(n)) for state, n in counts.items() if n]
    trials = say("n_trials", n=number(sum(counts.values())))
    return f"{trials} ({', '.join(states)})" if states else trials


def _print_verdict(answer: dict[str, Any]) -> None:
    """The sentence, the alarm if there is one, and the few pieces of evidence that say most."""
    told = answer["verdict"]
    print_judgment(judgment.of_answer(answer), told)
    if judgment.is_undecidable(told):
        _say(f"  {say('longer_test')}")
    for about, found in essentials(answer):
        _say(f"  {about}: {found}")


def print_judgment(sentence: str, told: Mapping[str, Any]) -> None:
    """Print what is said of a verdict, and under it the alarm if it raises one."""
    screen.print(Text(sentence, style="bold"), soft_wrap=True)
    if (warning := alarm(told)) is not None:
        screen.print(Text(warning, style="bold red"), soft_wrap=True)


def _print_champion(answer: dict[str, Any]) -> None:
    champion, winner = answer["champion"], answer["winner"]
    name = say("version", name=winner["model_name"], version=champion["version"])
    serving = answer.get("serving")
    _say(_titled(name, champion["is_winner"] and serving is None))
    if kept := words.title_kept(champion):
        _say(kept)
    for file in champion["files"]:
        _say(f"  {file}")
    if serving is not None:
        name = say("version", name=winner["model_name"], version=serving["version"])
        _say(_titled(name, serving["is_winner"]))
        _say(say("serving", twin=serving["frozen_twin"]))
        for file in serving["files"]:
            _say(f"  {file}")
    if failure := answer.get("serving_failure"):
        _say(say("serving_failure", reason=failure))
    n = answer["test_consulted"]
    _say(say("consulted_once") if n == 1 else say("consulted", n=n))
    print_forecast(answer["forecast"])


def _titled(name: str, is_champion: bool) -> str:
    return f"{say('champion')}: {name}" if is_champion else name


def _say(text: str) -> None:
    screen.print(text, soft_wrap=True)
