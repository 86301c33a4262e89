"""How a file was understood: as sentences for people, as JSON values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trintena.data import words
from trintena.data.checks import Note
from trintena.data.csv_files.columns import Layout
from trintena.data.csv_files.conventions import GROUPING, PLAIN, SIGNS
from trintena.data.csv_files.dates import ORDERS, TIMES, Dates
from trintena.data.csv_files.header import SEPARATORS
from trintena.data.csv_files.numbers import Numbers
from trintena.data.csv_files.table import Table
from trintena.data.words import day, quoted
from trintena.domain import PRICE_COLUMNS, PriceSeries
from trintena.language import number, phrase

DROPPING = ("header_again", "empty", "without_close")
"""Codes of the notes on rows that were dropped."""


@dataclass(frozen=True, eq=False)
class Understanding:
    """What a file was taken for."""

    encoding: str
    table: Table
    """The rows that were read."""
    layout: Layout
    dates: Dates
    numbers: Numbers
    notes: Sequence[Note]
    series: PriceSeries

    def sentences(self) -> list[str]:
        """Encoding, separator, dates, numbers, columns, what was dropped and why, rows and range."""
        notes = [note.message for note in self.notes]
        return [self._file(), self._dates(), self._numbers(), *self._columns(), *notes, *self._rows()]

    def to_json(self) -> dict[str, Any]:
        """The same facts as JSON values."""
        parts = self._parts()
        return {
            "encoding": self.encoding,
            "separator": self.table.separator,
            "header_line": self.table.header_line,
            "columns": {"date": self._title(self.layout.date)}
            | {part: self._title(index) for part, index in parts},
            "unused": [self._title(index) for index in self._unused()],
            "adjusted": self._is_adjusted(),
            "measures": self.series.measures,
            "date_order": self.dates.order,
            "times": self.dates.times,
            "decimal": self.numbers.convention.decimal,
            "thousands": self.numbers.grouped or None,
            "n_rows": self._n_rows(),
            "n_kept": len(self.series),
            "dropped": {note.code: note.n for note in self.notes if note.code in DROPPING},
            "notes": [{"code": note.code, "n": note.n, "message": note.message} for note in self.notes],
            "lowest": self.series.close.min(),
            "highest": self.series.close.max(),
            "first_row": self._row(0),
            "last_row": self._row(-1),
        }

    def _file(self) -> str:
        en, pt = SEPARATORS[self.table.separator]
        line = self.table.header_line
        return phrase(
            en=f"Text in {self.encoding}, columns separated by a {en}, header on line {line}.",
            pt=f"Texto em {self.encoding}, colunas separadas por {pt}, cabeçalho na linha {line}.",
        )

    def _dates(self) -> str:
        order, times = ORDERS[self.dates.order], TIMES[self.dates.times]
        title = self.table.title(self.layout.date)
        return phrase(
            en=f"Dates from {title}: {order[0]}, {times[0]}.",
            pt=f"Datas de {title}: {order[1]}, {times[1]}.",
        )

    def _numbers(self) -> str:
        en, pt = SIGNS[self.numbers.convention.decimal]
        if self.numbers.example is None and not self.numbers.grouped:
            return phrase(en="Numbers without decimals.", pt="Números sem decimais.")
        between_en = between_pt = ""
        if self.numbers.grouped:
            names = GROUPING[self.numbers.grouped]
            between_en, between_pt = f", {names[0]} between thousands", f", {names[1]} entre milhares"
        for_instance = ""
        cell, value = self.numbers.example or ("0", 0.0)
        settled_by = self.numbers.settled_by
        if settled_by is not None or self.numbers.convention.decimal == "," or not PLAIN.fullmatch(cell):
            read = number(value, ".15g")
            for_instance = phrase(en=f": {quoted(cell)} is {read}", pt=f": {quoted(cell)} é {read}")
        if settled_by is not None:
            title = self.table.title(settled_by)
            for_instance += phrase(en=f", as {title} shows", pt=f", como mostra {title}")
        return phrase(
            en=f"Numbers with a decimal {en}{between_en}{for_instance}.",
            pt=f"Números com {pt} decimal{between_pt}{for_instance}.",
        )

    def _columns(self) -> list[str]:
        is_price = self.series.measures == "price"
        told = []
        for part, i in self._parts():
            name = part if is_price or part != "close" else words.close(self.series.measures)
            title = self.table.title(i)
            told.append(phrase(en=f"{name} from {title}", pt=f"{name} de {title}"))
        listed = ", ".join(told)
        sentences = [phrase(en=f"Columns: {listed}.", pt=f"Colunas: {listed}.")]
        if is_price:
            sentences.append(phrase(en="Taken for prices.", pt="Entendido como preços."))
        else:
            sentences.append(
                phrase(
                    en="Taken for values that are not prices.",
                    pt="Entendido como valores que não são preços.",
                )
            )
        if self._is_adjusted():
            sentences.append(
                phrase(
                    en="open, high and low were adjusted by the same factor as the close.",
                    pt="open, high e low foram ajustados pelo mesmo fator que o fechamento.",
                )
            )
        if unused := self._unused():
            titles = self.table.titles(unused)
            sentences.append(phrase(en=f"Not used: {titles}.", pt=f"Não usado: {titles}."))
        return sentences

    def _rows(self) -> list[str]:
        first, last = day(self.series.dates[0]), day(self.series.dates[-1])
        kept, n_rows = number(len(self.series)), number(self._n_rows())
        close = words.close(self.series.measures)
        low, high = (number(value, ",.10g") for value in (self.series.close.min(), self.series.close.max()))
        return [
            phrase(
                en=f"{kept} of {n_rows} dated rows kept, from {first} to {last}; "
                f"{close} from {low} to {high}.",
                pt=f"{kept} de {n_rows} linhas com data mantidas, de {first} a {last}; "
                f"{close} de {low} a {high}.",
            )
        ]

    def _n_rows(self) -> int:
        return len(self.table.rows)

    def _title(self, index: int) -> str:
        return self.table.header[index] or str(index + 1)

    def _parts(self) -> list[tuple[str, int]]:
        """The parts of a bar and their columns, in the order of the file."""
        adjusted = self.layout.adjusted_close
        close = self.layout.close if adjusted is None else adjusted
        return sorted([("close", close), *self.layout.others], key=lambda part: part[1])

    def _unused(self) -> list[int]:
        return [index for index in range(len(self.table.header)) if index not in self.layout.used]

    def _is_adjusted(self) -> bool:
        return self.layout.adjusted_close is not None and any(
            part in PRICE_COLUMNS for part, _ in self.layout.others
        )

    def _row(self, at: int) -> dict[str, Any]:
        values = self.series.values[at].tolist()
        return {"date": day(self.series.dates[at]), **dict(zip(self.series.columns, values, strict=True))}
