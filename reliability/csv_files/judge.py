"""Whether a file was read right: an own reading of its lines, beside the one of Trintena.

The own reading does not find out what a file is; it is told (`Base`). Of a damaged file it reads the
lines that are still as they were written. What Trintena reads must then hold:

- every line that is still whole is a row of the series, with exactly its date and its values;
- every other row of the series stands on a line that was damaged, and each of its numbers is in a cell of it;
- a sign or an order of dates that the file was not written in is accepted only if no cell speaks against it;
- dates increase; rows that were dropped are counted in what is said of the file.

A refusal must say what is wrong and what to do, in a few lines. A file that means the same as before must
be read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from reliability.csv_files.bases import PRICES, Base, Truth
from reliability.csv_files.forms import DATES, could_be, fits
from reliability.csv_files.mutated import Mutated
from reliability.csv_files.reading import Outcome

SECONDS, BYTES = 2.0, 500_000_000
"""What the reading of a file of up to 5 MB may take: of a processor, of memory."""
LONGEST_REFUSAL = 1500
_TOLERANCE = 1e-12
"""Of adjusted prices, which are products."""


def faults(file: Mutated, outcome: Outcome, *, all_told: bool, right_options: bool = True) -> Iterator[str]:
    """What is wrong with how a file was read, a sentence each; nothing where all is well.

    `all_told`: the reader was told all that can be seen in the file. Without `right_options` it was told what
    is not so, and no more is asked than that it stands that.
    """
    if outcome.status:
        yield f"the process ended with {outcome.status}"
    if outcome.kind == "crashed":
        yield outcome.told["traceback"]
    if outcome.cpu_seconds > SECONDS:
        yield f"it took {outcome.cpu_seconds:.1f} s for {len(file.content):,} bytes"
    if outcome.peak_bytes > BYTES:
        yield f"it took {outcome.peak_bytes / 1e6:.0f} MB for {len(file.content):,} bytes"
    if outcome.kind == "refused":
        yield from _faults_of_refusal(file, outcome.told, all_told=all_told and right_options)
    if outcome.kind == "read":
        series = _series(outcome.told)
        moments = outcome.told["dates"].tolist()
        if not moments or any(later <= earlier for earlier, later in pairwise(moments)):
            yield "dates do not increase"
        if not all(math.isfinite(value) for row in series.values() for value in row.values()):
            yield "a value is not finite"
        if right_options:
            yield from _Judge(file, outcome.told, series).faults()


def _series(told: Mapping[str, Any]) -> dict[datetime, dict[str, float]]:
    names, values = told["columns"], told["values"].tolist()
    return {
        moment: dict(zip(names, row, strict=True))
        for moment, row in zip(told["dates"].tolist(), values, strict=True)
    }


def _faults_of_refusal(file: Mutated, told: Mapping[str, Any], *, all_told: bool) -> Iterator[str]:
    message, hint = told["message"], told["hint"]
    if not message or not hint:
        yield f"a refusal without a {'remedy' if message else 'reason'}: {message}"
    if len(message) + len(hint or "") > LONGEST_REFUSAL:
        yield f"a refusal of {len(message) + len(hint or ''):,} letters: {message[:200]}"
    if not all(letter.isprintable() or letter == "\n" for letter in message + (hint or "")):
        yield f"a refusal with letters that cannot be shown: {message[:300]!r}"
    if file.intact and all_told:
        yield f"a whole file was refused: {message} {hint}"


@dataclass(frozen=True)
class _Line:
    """A line of the file as it is now, read on our own."""

    number: int
    text: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class _Judge:
    file: Mutated
    told: Mapping[str, Any]
    series: Mapping[datetime, Mapping[str, float]]

    @property
    def base(self) -> Base:
        return self.file.base

    @property
    def facts(self) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = self.told["facts"]
        return facts

    @cached_property
    def lines(self) -> list[_Line]:
        """Of the whole file; letters that the encoding does not know become question marks."""
        text = self.file.content.decode(_codec(self.file.content, self.facts["encoding"]), "replace")
        text = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
        return [
            _Line(number, line, _split(line, self.base.separator))
            for number, line in enumerate(text.split("\n"), 1)
        ]

    @cached_property
    def whole(self) -> dict[str, Truth]:
        """The lines of the file that say something, as they were written, and what each says."""
        rows = zip(self.base.rows, self.base.truths, strict=True)
        lines = {self.base.line(row): said for row, said in rows if said is not None}
        return {**lines, **self.file.rewritten}

    def faults(self) -> Iterator[str]:
        if self.file.intact:
            yield from self._unlike_truth()
            return
        yield from self._lost_lines()
        yield from self._invented_rows()
        yield from self._untold()

    def _unlike_truth(self) -> Iterator[str]:
        expected = self.base.series()
        if list(expected) != list(self.series):
            odd = sorted(set(expected) ^ set(self.series))[:3]
            yield f"{len(self.series)} rows were read of {len(expected)}; they differ at {odd}"
            return
        for moment, values in self.series.items():
            if set(values) != set(expected[moment]):
                yield f"the columns {sorted(values)} were read, not {sorted(expected[moment])}"
                return
            if not self._same(values, expected[moment]):
                yield f"{moment}: read {values}, written {expected[moment]}"
                return

    def _same(self, read: Mapping[str, float], said: Mapping[str, float]) -> bool:
        slack = _TOLERANCE if self.facts["adjusted"] else 0.0
        return all(
            name not in said or abs(value - said[name]) <= slack * abs(value) for name, value in read.items()
        )

    # What is still whole must be there.

    def _lost_lines(self) -> Iterator[str]:
        if self._is_read_otherwise():
            return
        for line in self.lines:
            said = self.whole.get(line.text)
            if said is None:
                continue
            moment, values = self._expected(line, said)
            if values is None:
                continue
            found = self.series.get(moment)
            where = f"line {line.number} ({line.text[:120]})"
            if found is None:
                yield f"{where} is whole, and its row is not in the series"
                return
            if not self._same(found, values):
                yield f"{where} was read as {dict(found)}, and says {values}"
                return

    def _expected(self, line: _Line, said: Truth) -> tuple[datetime, Mapping[str, float] | None]:
        """What a whole line says in the columns that Trintena says it read; None: nothing there."""
        moment, values = said
        if len(self.base.heads) > 1 and not self._heads_are_whole:
            return moment, {}
        columns = self._columns(line)
        if columns is None:
            return moment, values
        parts = {name: self.base.parts[at] for name, at in columns.items() if at < len(self.base.parts)}
        usual = {"close": "adjusted" if "adjusted" in self.base.parts else "close"}
        if all(part == usual.get(name, name) for name, part in parts.items()) and (
            self.facts["adjusted"] == ("adjusted" in self.base.parts and "open" in parts)
        ):
            return moment, values
        # titles were damaged: other columns than ours, which are then what their cells say
        read = {
            name: self.base.numbers.read(line.cells[at]) for name, at in columns.items() if name != "date"
        }
        if self.facts["adjusted"] or read.get("close") is None:
            return moment, None
        return moment, {name: value for name, value in read.items() if value is not None}

    @cached_property
    def _heads_are_whole(self) -> bool:
        there = {line.text for line in self.lines}
        return all(self.base.line(head) in there for head in self.base.heads)

    def _columns(self, line: _Line) -> dict[str, int] | None:
        """Which column Trintena says it took for which part; None where our own view has no such titles."""
        header = self.lines[self.facts["header_line"] - 1].cells if self.lines else ()
        titles = [title.strip() for title in header]
        if len(self.base.heads) > 1 or len(titles) != len(self.base.parts):
            return None
        found = {}
        for name, title in self.facts["columns"].items():
            if titles.count(title) == 1:
                found[name] = titles.index(title)
            elif title.isdecimal() and int(title) <= len(titles):
                found[name] = int(title) - 1
            else:
                return None
        return found

    # What is there must have been in the file.

    def _invented_rows(self) -> Iterator[str]:
        said = {moment for moment, _ in self.whole.values()}
        own_lines = {line.text for line in self.lines}
        known = {moment for text, (moment, _) in self.whole.items() if text in own_lines}
        odd = {moment: values for moment, values in self.series.items() if moment not in known}
        if not odd:
            return
        if self._is_read_otherwise():
            if against := self._speaks_against():
                yield f"read with {self._convention()}, against {against[:80]!r}"
            return
        damaged = [line for line in self.lines if line.text not in self.whole]
        numbers = [set().union(*map(could_be, line.cells)) for line in damaged]
        products = ("open", "high", "low") if self.facts["adjusted"] else ()
        for moment, values in odd.items():
            wanted = {value for name, value in values.items() if name not in products}
            filled = self._filled(values)
            if not any(
                wanted <= found | filled and self._may_say(line, moment)
                for line, found in zip(damaged, numbers, strict=True)
            ):
                kind = "of the file" if moment in said else "that the file has not"
                yield f"{moment}, a date {kind}, has {dict(values)}, which no line says"
                return

    def _may_say(self, line: _Line, moment: datetime) -> bool:
        """Whether a date stands in a line; dates in other forms than years, months and days always may."""
        if self.facts["date_order"] == "unix" or self.facts["times"] in ("dropped", "converted to UTC"):
            return True
        days = {int(digits) for digits in re.findall(r"\d+", line.text, re.ASCII) if len(digits) < 9}
        together = moment.year * 10_000 + moment.month * 100 + moment.day
        return together in days or {moment.year, moment.day} <= days

    def _filled(self, values: Mapping[str, float]) -> set[float]:
        codes = {note["code"] for note in self.facts["notes"]}
        return {0.0, values["close"]} if "column_filled" in codes else set()

    def _is_read_otherwise(self) -> bool:
        """Whether it was read in another convention than it was written in."""
        return (self.facts["decimal"] != self.base.numbers.decimal and self._has_sign()) or self.facts[
            "date_order"
        ] != self.base.dates.order

    def _has_sign(self) -> bool:
        numeric = [at for at, part in enumerate(self.base.parts) if part in (*PRICES, "adjusted", "volume")]
        return any(
            sign in row[at] for row in self.base.rows for at in numeric if at < len(row) for sign in ".,"
        )

    def _convention(self) -> str:
        return f"decimal {self.facts['decimal']!r}, dates {self.facts['date_order']}"

    def _speaks_against(self) -> str | None:
        """A cell of the file that nobody writes in the convention that it was read in."""
        below = self.lines[self.facts["header_line"] :]
        if self.facts["decimal"] != self.base.numbers.decimal:
            dated = self.base.parts.index("date") if "date" in self.base.parts else -1
            for line in below:
                for at, cell in enumerate(line.cells):
                    if at != dated and not fits(cell.strip(), self.facts["decimal"]):
                        return cell
        if self.facts["date_order"] != self.base.dates.order:
            forms = [form for form in DATES.values() if form.order == self.facts["date_order"]]
            for line in below:
                if line.text in self.whole and not any(
                    form.read(cell.strip()) for cell in line.cells for form in forms
                ):
                    return line.text
        return None

    # What is not there must have been told.

    def _untold(self) -> Iterator[str]:
        before = [line for line in self.lines[: self.facts["header_line"]] if line.text in self.whole]
        if before:
            yield f"line {before[0].number}, a whole row, stands before the header and was dropped in silence"
        told = sum(self.facts["dropped"].values())
        told += sum(note["n"] for note in self.facts["notes"] if note["code"] == "other_symbols")
        # a cell may hold a line break, but such a file is refused
        given = [line for line in self.lines[self.facts["header_line"] :] if self._says_something(line)]
        if len(given) > len(self.series) + told:
            numbers = set(self.told["lines"])
            lost = next((line for line in given if line.number not in numbers), given[-1])
            yield (
                f"{len(given)} rows in the file, {len(self.series)} read, {told} told of; "
                f"for instance line {lost.number}: {lost.text[:120]!r}"
            )

    def _says_something(self, line: _Line) -> bool:
        return bool(line.text.strip(' \t"\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0' + self.facts["separator"]))


def _codec(content: bytes, encoding: str) -> str:
    return {"UTF-8": "utf-8", "UTF-16": "utf-16", "Windows-1252": "cp1252"}[encoding]


def _split(line: str, separator: str) -> tuple[str, ...]:
    """The cells of a line; a separator between quotes divides nothing."""
    cells, cell, inside = [], "", False
    if '"' not in line:
        return tuple(line.split(separator))
    for letter in line:
        if letter == '"':
            inside = not inside
        elif letter == separator and not inside:
            cells.append(cell)
            cell = ""
        else:
            cell += letter
    return (*cells, cell)
