"""Made-up bars, and the file that holds them: its words, and beside each row what that row says.

What a row says is computed from the bars and not from the words, and whether a file can be read in
two ways is found out here a second time: nothing in this module looks at the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

PRICES = ("open", "high", "low", "close")
NUMBERS = (*PRICES, "adjusted", "volume")
Row = tuple[datetime, dict[str, float]]
"""What one line says: the date of the series, and the value of each of its columns."""


@dataclass(frozen=True)
class Bar:
    """One day: low <= open, close <= high."""

    date: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    adjusted: Decimal
    volume: int


Table = tuple[Bar, ...]


@dataclass(frozen=True, repr=False)
class Sheet:
    """A file before it becomes bytes."""

    heads: tuple[tuple[str, ...], ...]
    """One header row, or the three of yfinance."""
    parts: tuple[str, ...]
    """What each column is: date, one of NUMBERS, symbol, or a word for a column that nobody needs."""
    rows: tuple[tuple[str, ...], ...]
    says: tuple[Row | None, ...]
    """What each row says; None where it has nothing to say: null rows, other symbols, headers again."""
    day_first: bool | None = None
    """The order of the dates; None where it is written in the dates themselves."""
    decimal: str = "."
    thousands: str = "none"
    separator: str = ","
    quoted: bool = False
    encoding: str = "utf-8"
    line_end: str = "\n"
    ends_with_line_end: bool = True
    comments: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    """Without which nobody could know what is wanted: the symbol."""

    def __repr__(self) -> str:
        return f"{self.content!r} with {self.told}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # what Hypothesis shows of an example that failed

    @property
    def adjusted(self) -> bool:
        return "adjusted" in self.parts

    @property
    def told(self) -> dict[str, Any]:
        """All options that a user can know by looking at the file."""
        order = {} if self.day_first is None else {"day_first": self.day_first}
        return {**self.options, **order, "decimal": self.decimal}

    @property
    def content(self) -> bytes:
        lines = [*self.comments, *map(self.line, (*self.heads, *self.rows))]
        text = self.line_end.join(lines) + self.line_end * self.ends_with_line_end
        return text.encode(self.encoding)

    def line(self, cells: Iterable[str]) -> str:
        return self.separator.join(map(self._cell, cells))

    def _cell(self, cell: str) -> str:
        return f'"{cell}"' if self.quoted or self.separator in cell else cell

    def line_number(self, row: int) -> int:
        return len(self.comments) + len(self.heads) + row + 1

    def end_of_row(self, row: int) -> int:
        """How many bytes there are up to the last character of a row, without its line break."""
        return len(replace(self.first(row + 1), ends_with_line_end=False).content)

    def place_of_cell(self, row: int, column: int) -> int:
        """How many bytes there are before the first character of a cell."""
        before = replace(self.first(row), ends_with_line_end=True).content
        cells = "".join(self._cell(cell) + self.separator for cell in self.rows[row][:column])
        quote = '"' * self._cell(self.rows[row][column]).startswith('"')
        return len(before) + len((cells + quote).encode(self.bare_encoding))

    @property
    def bare_encoding(self) -> str:
        """The encoding of what does not stand at the start of the file."""
        return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(self.encoding, self.encoding)

    def first(self, n_rows: int) -> Sheet:
        return replace(self, rows=self.rows[:n_rows], says=self.says[:n_rows])

    def only(self, rows: Iterable[int]) -> Sheet:
        """The same file with these rows, in this order."""
        chosen = tuple(rows)
        return replace(
            self, rows=tuple(self.rows[i] for i in chosen), says=tuple(self.says[i] for i in chosen)
        )

    def with_row(self, row: int, cells: tuple[str, ...]) -> Sheet:
        return replace(self, rows=(*self.rows[:row], cells, *self.rows[row + 1 :]))

    def with_cell(self, row: int, column: int, cell: str) -> Sheet:
        cells = self.rows[row]
        return self.with_row(row, (*cells[:column], cell, *cells[column + 1 :]))

    @property
    def speaking(self) -> list[int]:
        """The rows that belong to the series."""
        return [row for row, said in enumerate(self.says) if said is not None]

    @property
    def series(self) -> list[Row]:
        """What the whole file says, oldest first."""
        return sorted((said for said in self.says if said is not None), key=lambda said: said[0])

    @property
    def used(self) -> list[int]:
        """The columns that hold the dates and numbers of the series."""
        parts = {"date", "adjusted", *self.series[0][1]}
        return [column for column, part in enumerate(self.parts) if part in parts]

    @property
    def numbers(self) -> list[int]:
        """The columns that hold the numbers of the series."""
        return [column for column in self.used if self.parts[column] != "date"]

    def titles(self, column: int) -> set[str]:
        """What a column may be called in a message, in small letters."""
        names = {head[column].strip("<> ").lower() for head in self.heads} - {""}
        return names | {"date" if self.parts[column] == "date" else self.parts[column]}

    def ambiguous(self) -> set[str]:
        """The options without which two readings of the whole file are possible."""
        numbers = [i for i, part in enumerate(self.parts) if part not in ("date", "symbol")]
        return self._ambiguous(self.rows, numbers, one_style=True)

    def ambiguous_in_series(self) -> set[str]:
        """The same, when only what belongs to the series may settle it; never less than `ambiguous`."""
        rows = [self.rows[row] for row in self.speaking]
        return self._ambiguous(rows, self.numbers, one_style=False)

    def _ambiguous(self, rows: Iterable[tuple[str, ...]], numbers: list[int], *, one_style: bool) -> set[str]:
        rows = list(rows)
        days = [row[self.parts.index("date")] for row in rows]
        found = {"day_first"} if self.day_first is not None and _two_orders(days) else set()
        cells = [row[column] for row in rows for column in numbers]
        used = [self.rows[row][column] for row in self.speaking for column in self.used if column in numbers]
        possible = [sign for sign in ".," if all(_fits(cell, sign) for cell in cells)]
        if one_style:  # who writes 1234 or 1 234 has no other separator in 1.118 either
            prices = [row[i] for row in rows for i, part in enumerate(self.parts) if part in PRICES]
            if any(re.match(r"\D?\d{4}", cell) for cell in prices) or any(
                re.search(r"\d[\s']\d", cell) for cell in cells
            ):
                possible = [s for s in possible if not any(_sign_of_groups(s) in price for price in prices)]
            volumes = [row[i] for row in rows for i, part in enumerate(self.parts) if part == "volume"]
            volumes = [cell for cell in volumes if not re.search("[A-Za-z]", cell)]
            if any(re.match(r"\d{4}", cell) for cell in volumes):
                possible = [s for s in possible if not any(_sign_of_groups(s) in cell for cell in volumes)]
        if len(possible) == 2 and any("." in cell or "," in cell for cell in used):
            found.add("decimal")
        return found


def _two_orders(days: list[str]) -> bool:
    """Whether 3/4/2020 could be in March as well as in April, all along the column."""
    found = [re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", day) for day in days]
    pairs = [(int(match[1]), int(match[2])) for match in found if match]
    return all(max(pair) <= 12 for pair in pairs) and any(first != second for first, second in pairs)


def _fits(cell: str, decimal: str) -> bool:
    """Whether a cell could be written by someone with this decimal sign; words always could."""
    bare = re.sub(r"[\s$'KMB%]", "", cell)
    if not re.fullmatch(r"[+-]?[\d.,]+(e-?\d+)?", bare):
        return True
    groups = re.escape(_sign_of_groups(decimal))
    whole = rf"(\d+|[1-9]\d{{0,2}}({groups}\d{{3}})+)"
    if "e" in bare:  # powers of ten and groups of thousands do not go together
        return _sign_of_groups(decimal) not in bare
    return bool(re.fullmatch(rf"[+-]?{whole}({re.escape(decimal)}\d+)?", bare))


def _sign_of_groups(decimal: str) -> str:
    return "," if decimal == "." else "."


# ---------------------------------------------------------------------------------------- the bars

FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2059, 12, 31)
EARLY_MONTHS = 12 * (LAST_DAY.year - FIRST_DAY.year + 1)


@st.composite
def tables(draw: st.DrawFn, *digits: int, most: int = 7) -> Table:
    """Bars with increasing dates, of which no close is more than four times another, adjusted or not.

    Args:
        draw: of hypothesis.
        digits: how many there may be after the decimal sign; the same number for all prices.
        most: number of rows.
    """
    days = draw(_days(most))
    places = draw(st.sampled_from(digits))
    step = st.tuples(*map(st.integers, (100, 50, 0, 0, 80, 1), (200, 200, 50, 50, 100, 10**11)))
    steps = draw(st.lists(step, min_size=len(days), max_size=len(days)))
    lowest = draw(st.integers(1, 3_000_000) | st.integers(5_000, 100_000))  # the latter: 1.118, 118.894
    bars = []
    for day, (share, opening, above, below, adjustment, volume) in zip(days, steps, strict=True):
        ticks = lowest * share // 100
        opened = max(1, ticks * opening // 100)
        high = max(opened, ticks) * (100 + above) // 100
        low = max(1, min(opened, ticks) * (100 - below) // 100)
        prices = [Decimal(price).scaleb(-places) for price in (opened, high, low, ticks)]
        bars.append(Bar(day, *prices, prices[-1] * adjustment / 100, volume))
    return tuple(bars)


@st.composite
def _days(draw: st.DrawFn, most: int) -> list[date]:
    size = {"min_size": 1, "max_size": most}
    if draw(st.booleans()):  # the first twelve days of months: those that two orders can mean
        early = st.integers(0, EARLY_MONTHS * 12 - 1)
        found = draw(st.sets(early, **size))
        return sorted(date(FIRST_DAY.year + n // 144, n // 12 % 12 + 1, n % 12 + 1) for n in found)
    ordinals = st.integers(FIRST_DAY.toordinal(), LAST_DAY.toordinal())
    return [date.fromordinal(n) for n in sorted(draw(st.sets(ordinals, **size)))]
