"""The next forecast under a board: for each date a value, and between what it lies 8 times in 10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trintena.cli.output import screen
from trintena.cli.texts import say
from trintena.language import number
from trintena.report import words

_STEPS_SHOWN = 5
_LEVEL = "80"
"""Of the interval, in percent: the words say 8 times in 10."""


def print_forecast(forecast: Mapping[str, Any]) -> None:
    """Print the last value once, then a line for each of the first dates, and one for the last."""
    steps, last = forecast["forecast"], forecast["last_value"]
    shown = [*steps[:_STEPS_SHOWN], *steps[_STEPS_SHOWN:][-1:]]
    rows = [(step["price"], *step.get("intervals", {}).get(_LEVEL, ())) for step in shown]
    pattern = f",.{words.decimals_of(last, shown, (_LEVEL,))}f"
    _say(say("next", date=written_date(forecast["origin"]), last=number(last, pattern)))
    for place, (step, (price, *interval)) in enumerate(zip(shown, _aligned(rows, pattern), strict=True)):
        date = written_date(step["date"])
        if place < _STEPS_SHOWN:
            told = f"{date}: {price}"
        else:
            n = number(len(steps) - _STEPS_SHOWN)
            told = say("more_steps", n=n, date=date, price=price.strip())
        if interval:
            low, high = interval
            told += say("interval", low=low, high=high)
        _say(f"  {told}")
    if "old_data" in forecast["warnings"]:
        _say(say("old_data", days=number(forecast["age_days"], ",d")))


def _aligned(rows: Sequence[tuple[float, ...]], pattern: str) -> list[list[str]]:
    """The numbers of each row as text, so that those of a column end below each other."""
    written = [[number(value, pattern) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*written, strict=True)]
    return [[text.rjust(width) for text, width in zip(row, widths, strict=True)] for row in written]


def written_date(date: str) -> str:
    """An ISO date; with its time, after a blank, where it is not that of a whole day."""
    return date.removesuffix("T00:00:00").replace("T", " ")


def _say(text: str) -> None:
    screen.print(text, soft_wrap=True)
