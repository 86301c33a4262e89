"""A backtest in the terminal: the network among the baselines, and what may be said of it."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from trintena.cli.output import screen
from trintena.cli.tables import print_table
from trintena.cli.texts import say
from trintena.language import phrase, span
from trintena.report import backtest, words


def print_backtest(answer: dict[str, Any]) -> None:
    """Print the answer of a backtest, finished or stopped."""
    if answer["model"] is not None:
        _print_table(answer)
        screen.print(backtest.legend(answer["horizon"]), soft_wrap=True)
        for row in answer["baselines"]:
            if row["reason"] is not None:
                screen.print(f"{words.baseline(row['key'], row['name'])}: {row['reason']}", soft_wrap=True)
        screen.print()
    first, *others = backtest.sentences(answer)
    screen.print(Text(first, style="bold"), soft_wrap=True)
    for sentence in others:
        screen.print(sentence, soft_wrap=True)
    notice = words.notice(answer["measures"])
    screen.print(f"{say('took', time=span(answer['total_time']))}. {notice}".rstrip(), soft_wrap=True)


def _print_table(answer: dict[str, Any]) -> None:
    """The network, then the baselines by rising error."""
    own = f"{answer['model_id']} {answer['model_name']}"
    baselines = sorted((row for row in answer["baselines"] if row["reason"] is None), key=_rmse)
    rows = [
        (own, answer["model"]),
        *((f"{words.baseline(row['key'], row['name'])} ({say('baseline')})", row) for row in baselines),
    ]
    columns = {key: backtest.column(key, answer["horizon"]) for key in backtest.COLUMNS}
    headings = [phrase(en="Forecast", pt="Previsão"), *columns.values()]
    print_table(
        headings,
        [(name, *(backtest.cell(key, row[key]) for key in backtest.COLUMNS)) for name, row in rows],
        right=headings[1:],
        folding=headings[:1],
        optional=[columns[key] for key in ("mae", "direction_p", "r2", "majority_share")],
        styles=["", *("italic cyan" for _ in baselines)],
    )


def _rmse(row: dict[str, Any]) -> float:
    value: float | None = row["rmse"]
    return float("inf") if value is None else value
