"""Whole files in every format that is found in the wild, and beside each row what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from reliability.csv_files.forms import DATES, DateForm, NumberForm

PRICES = ("open", "high", "low", "close")
Truth = tuple[datetime, dict[str, float]]
"""What a row says: its date, and the value of each column of the series."""


@dataclass(frozen=True)
class Base:
    """A file before it becomes bytes. Cells are words, so that what is done to them is seen."""

    name: str
    heads: tuple[tuple[str, ...], ...]
    parts: tuple[str, ...]
    """What each column is: date, open, ..., volume, adjusted, symbol, change, or `other`."""
    rows: tuple[tuple[str, ...], ...]
    truths: tuple[Truth | None, ...]
    """Of each row; None where it has nothing to say: null rows, rows of other symbols."""
    dates: DateForm
    numbers: NumberForm
    separator: str = ","
    quoted: bool = False
    encoding: str = "utf-8"
    line_end: str = "\n"
    ends_with_line_end: bool = True
    preamble: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Without which nobody could know what is wanted."""

    @property
    def told(self) -> dict[str, Any]:
        """All that somebody who looks at the file can say of it."""
        order = {} if self.dates.day_first is None else {"day_first": self.dates.day_first}
        return {**self.options, **order, "decimal": self.numbers.decimal}

    def lines(self) -> list[str]:
        """The lines of the file, the preamble first."""
        return [*self.preamble, *map(self.line, (*self.heads, *self.rows))]

    def line(self, cells: tuple[str, ...]) -> str:
        """One row as it stands in the file."""
        return self.separator.join(map(self._cell, cells))

    def _cell(self, cell: str) -> str:
        return f'"{cell}"' if self.quoted or self.separator in cell else cell

    def text(self) -> str:
        """The whole file."""
        return self.line_end.join(self.lines()) + self.line_end * self.ends_with_line_end

    def content(self) -> bytes:
        """The whole file, as it is stored."""
        return self.text().encode(self.encoding)

    def series(self) -> dict[datetime, dict[str, float]]:
        """What the whole file says."""
        return dict(sorted(filter(None, self.truths), key=lambda said: said[0]))


@dataclass(frozen=True)
class Format:
    """A row of the table below: titles and parts, and how cells are written."""

    name: str
    columns: str
    """Each as `Title=part`, with a bar between them."""
    dates: str = "iso"
    numbers: NumberForm = field(default_factory=NumberForm)
    digits: tuple[int, ...] = (2, 3, 4)
    newest_first: bool = False
    volumes: tuple[str, ...] = ("whole",)
    """`whole`, `short` (42.94M) or `none`."""
    style: Mapping[str, Any] = field(default_factory=dict)
    change: Callable[[Base, random.Random], Base] = lambda base, chance: base
    """What the format has besides."""


def made(kind: Format, chance: random.Random, n_rows: int) -> Base:
    """A file of some rows: a walk of prices, none of which is four times the one before."""
    form = DATES[kind.dates]
    titles, parts = zip(*(pair.rsplit("=", 1) for pair in kind.columns.split("|")), strict=True)
    bars = _bars(chance, n_rows, chance.choice(kind.digits))
    volume = chance.choice(kind.volumes)
    writer = replace(kind.numbers, power_letters=volume == "short")
    first_year = 1975 if form.order == "unix" else 1950 - n_rows // 1000
    start = datetime(
        chance.randint(first_year, first_year + 30), chance.randint(1, 12), chance.randint(1, 28), 14
    )
    if form.step.days:
        start = start.replace(hour=0)
    rows, truths = [], []
    for at in range(n_rows):
        bar, moment = {name: texts[at] for name, texts in bars.items()}, start + at * form.step
        cells = {name: writer.write(text) for name, text in bar.items()}
        cells["volume"], traded = _volume(bar["volume"], volume, writer)
        cells |= {"date": form.write(moment), "row": str(at), "zero": "0", "none": "0.0", "symbol": "NVDA"}
        cells |= {"time": "000000", "period": "D", "change": writer.write(bar["change"]) + "%"}
        rows.append(tuple(cells[part] for part in parts))
        truths.append((moment, _says(bar, parts, traded)))
    base = Base(kind.name, (titles,), parts, tuple(rows), tuple(truths), form, writer, **kind.style)
    if kind.newest_first:
        base = replace(base, rows=base.rows[::-1], truths=base.truths[::-1])
    return kind.change(base, chance)


def _bars(chance: random.Random, n_rows: int, digits: int) -> dict[str, list[str]]:
    """The numbers of each column as plain text, with so many decimals; low <= open, close <= high."""
    rng = np.random.default_rng(chance.getrandbits(32))
    least = chance.choice((2, 20, 300, 5_000, 110_000))
    steps = np.clip(np.cumsum(rng.normal(0.0, 0.01, n_rows)), -1.5, 2.5)
    close = np.maximum(1, np.rint(least * np.exp(steps) * 10**digits)).astype(np.int64)
    opened = np.maximum(1, np.rint(close * np.exp(rng.normal(0.0, 0.005, n_rows)))).astype(np.int64)
    high = np.rint(np.maximum(opened, close) * 1.01).astype(np.int64)
    low = np.maximum(1, np.floor(np.minimum(opened, close) * 0.99)).astype(np.int64)
    adjusted = np.maximum(1, np.rint(close * np.linspace(0.8, 1.0, n_rows))).astype(np.int64)
    ticks = {"open": opened, "high": high, "low": low, "close": close, "adjusted": adjusted}
    bars = {name: [_plain(value, digits) for value in values.tolist()] for name, values in ticks.items()}
    bars["volume"] = [str(value) for value in rng.integers(1, 10 ** chance.randint(3, 10), n_rows).tolist()]
    bars["change"] = [_plain(value, 2) for value in rng.integers(-999, 999, n_rows).tolist()]
    return bars


def _plain(ticks: int, digits: int) -> str:
    sign, text = "-" if ticks < 0 else "", str(abs(ticks)).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def _volume(text: str, kind: str, writer: NumberForm) -> tuple[str, float | None]:
    """The cell of a volume, and what is left of it in the cell."""
    if kind == "none":
        return "", None
    if kind == "whole":
        return writer.write(text), float(text)
    for letter, power in (("B", 9), ("M", 6), ("K", 3)):
        if len(text) > power:
            short = f"{text[:-power]}.{text[-power:][:2]}"
            return writer.write(short) + letter, float(f"{short}e{power}")
    return writer.write(text), float(text)


def _says(bar: Mapping[str, str], parts: tuple[str, ...], traded: float | None) -> dict[str, float]:
    values = {name: float(bar[name]) for name in PRICES if name in parts}
    if "adjusted" in parts:
        factor = float(bar["adjusted"]) / float(bar["close"])
        values = {name: value * factor for name, value in values.items()}
        values["close"] = float(bar["adjusted"])
    if "volume" in parts and traded is not None:
        values["volume"] = traded
    return values


def inserted(base: Base, at: int, *rows: tuple[str, ...]) -> Base:
    """The same with rows that say nothing before the row of this number."""
    return replace(
        base,
        rows=(*base.rows[:at], *rows, *base.rows[at:]),
        truths=(*base.truths[:at], *[None] * len(rows), *base.truths[at:]),
    )


def with_null_rows(base: Base, chance: random.Random) -> Base:
    """Rows of the word null on days without a session, as Yahoo's export has them: a day before the first."""
    first = min(moment for moment, _ in filter(None, base.truths))
    for back in range(chance.randint(0, 3)):
        day = base.dates.write(first - (back + 1) * base.dates.step)
        cells = tuple(day if part == "date" else "null" for part in base.parts)
        base = inserted(base, chance.randint(0, len(base.rows)), cells)
    return base


def _levels(*, tickers_first: bool) -> Callable[[Base, random.Random], Base]:
    """The header of three lines that yfinance writes, with the columns of one symbol or of two."""

    def change(base: Base, chance: random.Random) -> Base:
        tickers = chance.choice((("NVDA",), ("AAPL", "NVDA")))
        at = {part: place for place, part in enumerate(base.parts)}
        fields = base.heads[0][1:]
        heads = [(field, ticker) for field in fields for ticker in tickers]
        fields_of, tickers_of = zip(*heads, strict=True)
        levels = ("Price", *fields_of), ("Ticker", *tickers_of)
        parts = tuple(part if ticker == "NVDA" else "other" for part in base.parts[1:] for ticker in tickers)
        rows = tuple(
            (row[0], *(row[at[part]] for part in base.parts[1:] for _ in tickers)) for row in base.rows
        )
        return replace(
            base,
            heads=(*(levels[::-1] if tickers_first else levels), ("Date", *[""] * len(heads))),
            parts=("date", *parts),
            rows=rows,
            options={"symbol": "NVDA"} if len(tickers) > 1 else {},
        )

    return change


def _of_many_symbols(base: Base, chance: random.Random) -> Base:
    """The rows of three symbols, day by day or one symbol after the other; one is chosen."""
    at = base.parts.index("symbol")
    pairs = list(zip(base.rows, base.truths, strict=True))
    blocks = [
        [((*row[:at], symbol, *row[at + 1 :]), said if symbol == "NVDA" else None) for row, said in pairs]
        for symbol in ("AAPL", "NVDA", "PETR4")
    ]
    by_day = chance.random() < 0.5
    ordered = (
        [pair for day in zip(*blocks, strict=True) for pair in day]
        if by_day
        else [p for b in blocks for p in b]
    )
    rows, truths = zip(*ordered, strict=True)
    return replace(base, rows=rows, truths=truths, options={"symbol": "NVDA"})


OHLCV = "Open=open|High=high|Low=low|Close=close|Volume=volume"
SMALL = "open=open|high=high|low=low|close=close|volume=volume"
YFINANCE = "Date=date|Close=close|High=high|Low=low|Open=open|Volume=volume"
ENGLISH = "Date=date|Price=close|Open=open|High=high|Low=low|Vol.=volume|Change %=change"
PORTUGUESE = "Data=date|Último=close|Abertura=open|Máxima=high|Mínima=low|Vol.=volume|Var%=change"
GERMAN = "Datum=date|Zuletzt=close|Eröffn.=open|Hoch=high|Tief=low|Vol.=volume|+/- %=change"
FRENCH = "Date=date|Dernier=close|Ouv.=open| Plus Haut=high|Plus Bas=low|Vol.=volume|Variation %=change"
BRAZILIAN = "DATA=date|ÚLTIMO=close|ABERTURA=open|MÁXIMA=high|MÍNIMA=low|VOL=volume|VAR%=change|NOTA=row"
POLISH = "Data=date|Otwarcie=open|Najwyzszy=high|Najnizszy=low|Zamkniecie=close|Wolumen=volume"
ARCHIVE = (
    "<TICKER>=symbol|<PER>=period|<DATE>=date|<TIME>=time|<OPEN>=open|<HIGH>=high|<LOW>=low|<CLOSE>=close"
    "|<VOL>=volume|<OPENINT>=zero"
)
COMMA, POINT = NumberForm(",", "."), NumberForm(".", ",")
SITE = {"quoted": True, "encoding": "utf-8-sig"}
EXCEL = {"separator": ";", "encoding": "cp1252", "line_end": "\r\n"}
SHORT = ("short", "none")

FORMATS = {
    kind.name: kind
    for kind in (
        Format(
            "Yahoo export",
            "Date=date|Open=open|High=high|Low=low|Close=close|Adj Close=adjusted|Volume=volume",
            digits=(6,),
            change=with_null_rows,
        ),
        Format("yfinance, prices first", YFINANCE, change=_levels(tickers_first=False)),
        Format("yfinance, tickers first", YFINANCE, change=_levels(tickers_first=True)),
        Format("yfinance history", f"Date=date|{OHLCV}|Dividends=none|Stock Splits=none", "zoned"),
        Format("yfinance history of hours", f"Datetime=date|{OHLCV}|Dividends=none", "hours"),
        Format("Investing.com", ENGLISH, "us", POINT, newest_first=True, volumes=SHORT, style=SITE),
        Format("Investing.com, months", ENGLISH, "English months", POINT, newest_first=True, style=SITE),
        Format("Investing.com pt", PORTUGUESE, "dotted", COMMA, newest_first=True, volumes=SHORT, style=SITE),
        Format(
            "Investing.com pt, index",
            PORTUGUESE,
            "dotted",
            COMMA,
            (0,),
            newest_first=True,
            volumes=SHORT,
            style=SITE,
        ),
        Format("Investing.com de", GERMAN, "dotted", COMMA, newest_first=True, volumes=SHORT, style=SITE),
        Format("Investing.com fr", FRENCH, "br", COMMA, newest_first=True, volumes=SHORT, style=SITE),
        Format("Excel, Brazilian", BRAZILIAN, "br", COMMA, (0, 2, 3), style=EXCEL),
        Format("Excel, Brazilian hours", BRAZILIAN, "br clock", COMMA, (2,), style=EXCEL),
        Format("Excel, Swiss", f"Date=date|{OHLCV}", "dotted", NumberForm(".", "'"), (2, 3), style=EXCEL),
        Format(
            "Excel, French", f"Date=date|{OHLCV}", "br", NumberForm(",", "\N{NO-BREAK SPACE}"), style=EXCEL
        ),
        Format(
            "Excel, Unicode text",
            f"Date=date|{OHLCV}",
            "dotted",
            COMMA,
            (0, 2, 3),
            style={"separator": "\t", "encoding": "utf-16", "line_end": "\r\n"},
        ),
        Format(
            "Nasdaq.com",
            "Date=date|Close/Last=close|Volume=volume|Open=open|High=high|Low=low",
            "us",
            NumberForm(currency="$"),
            newest_first=True,
        ),
        Format("Stooq", f"Date=date|{OHLCV}"),
        Format("Stooq, Polish", POLISH),
        Format("Stooq, ASCII", ARCHIVE, "compact"),
        Format("Alpha Vantage", f"timestamp=date|{SMALL}", newest_first=True),
        Format("Alpha Vantage, Excel", f"timestamp=date|{SMALL}", "us short", newest_first=True),
        Format(
            "Alpha Vantage, adjusted",
            "timestamp=date|open=open|high=high|low=low|close=close|adjusted_close=adjusted|volume=volume"
            "|dividend_amount=none",
            newest_first=True,
        ),
        Format("many symbols", f"date=date|{SMALL}|Name=symbol", change=_of_many_symbols),
        Format("many symbols, first", f"symbol=symbol|date=date|{SMALL}", change=_of_many_symbols),
        Format(
            "comments first",
            f"Date=date|{OHLCV}",
            style={"preamble": ("# from my broker", "#", "# date,close;1.5\tUSD")},
        ),
        Format("unnamed dates", f"=date|{OHLCV}"),
        Format("row numbers first", f"=row|Date=date|{OHLCV}"),
        Format("close only", "Date=date|Close=close"),
        Format("close only, comma", "Data=date|Fechamento=close", "br", COMMA, style=EXCEL),
        Format("months between", f"Date=date|{OHLCV}", "English between"),
        Format("months in Portuguese", f"Data=date|{OHLCV}", "Portuguese months"),
        Format("slashes", f"date=date|{SMALL}", "slashes", style={"separator": "|"}),
        Format("dashes, day first", f"date=date|{SMALL}", "dashes", style={"separator": "\t"}),
        Format("minutes", "date=date|close=close", "minutes"),
        Format("seconds", f"datetime=date|{SMALL}", "seconds"),
        Format("clocks", f"Date=date|{OHLCV}", "us clock"),
        Format("unix", f"timestamp=date|{SMALL}", "unix"),
        Format("unix, thousandths", f"time=date|{SMALL}", "unix thousandths"),
    )
}
