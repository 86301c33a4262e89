"""One strategy for each way in which banks, brokers, libraries and spreadsheets write prices.

`FORMATS` holds them: files of a few made-up bars with the titles, signs, orders, quotes, encodings
and line ends of the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from unit.data.csv_files.sheets import PRICES, Row, Sheet, Table, tables

Words = Callable[[Decimal], str]


def plain(price: Decimal) -> str:
    return f"{price:f}"


def trimmed(price: Decimal) -> str:
    """Without zeros at the end: 125, 0.066956."""
    return f"{price.normalize():f}"


def floating(price: Decimal) -> str:
    """As pandas writes it: 125.0, 5e-05."""
    return repr(float(price))


def grouped(decimal: str, groups: str) -> Words:
    """1,234.50 or 1.234,50 or 1'234.50 or 1 234,50."""
    signs = str.maketrans({",": groups, ".": decimal})
    return lambda price: f"{price:,f}".translate(signs)


def in_dollars(price: Decimal) -> str:
    return f"${price:f}"


Volumes = Callable[[int], tuple[str, Decimal | None]]
"""The words for a volume, and what is left of it in them."""


def whole(volume: int) -> tuple[str, Decimal]:
    return str(volume), Decimal(volume)


def absent(volume: int) -> tuple[str, None]:
    return "", None


def in_millions(words: Words) -> Volumes:
    """8,72."""

    def write(volume: int) -> tuple[str, Decimal]:
        kept = max(Decimal(volume) / 10**6, Decimal("0.01")).quantize(Decimal("0.01"))
        return words(kept), kept

    return write


def abbreviated(words: Words) -> Volumes:
    """42.94M."""

    def write(volume: int) -> tuple[str, Decimal]:
        for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
            if volume >= unit:
                kept = (Decimal(volume) / unit).quantize(Decimal("0.01"))
                return words(kept) + letter, kept * unit
        return str(volume), Decimal(volume)

    return write


Days = Callable[[date], str]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MESES = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")


def us(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def us_short(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def br(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def dotted(day: date) -> str:
    return f"{day:%d.%m.%Y}"


MONTH_FIRST = (us, us_short)
DAY_FIRST = (br, dotted)


def written(
    table: Table,
    columns: str,
    *,
    days: Days = date.isoformat,
    words: Words = plain,
    volumes: Volumes = whole,
    newest_first: bool = False,
    clock: time | None = None,
    **style: Any,
) -> Sheet:
    """The bars of a table in columns.

    Args:
        table: at least one bar.
        columns: each as `Title=part`, with a bar between them.
        days: writes a date; its order of day and month is taken from it.
        words: writes a price.
        volumes: writes a volume.
        newest_first: the order of the rows.
        clock: the time of day that the words of `days` include.
        style: other fields of the `Sheet`.
    """
    titles, parts = zip(*(named.rsplit("=", 1) for named in columns.split("|")), strict=True)
    rows: list[tuple[str, ...]] = []
    says: list[Row] = []
    for number, bar in enumerate(reversed(table) if newest_first else table):
        volume, kept = volumes(bar.volume)
        cell = {name: words(getattr(bar, name)) for name in PRICES}
        cell |= {"adjusted": words(bar.adjusted), "volume": volume}
        cell |= {"date": days(bar.date), "row": str(number), "zero": "0", "none": "0.0", "period": "D"}
        cell |= {"time": "000000", "count": str(235_974 + 7 * number), "symbol": "NVDA"}
        cell["change"] = words(((bar.close - bar.open) / bar.close).quantize(Decimal("0.01"))) + "%"
        rows.append(tuple(cell[part] for part in parts))
        numbers = {name: float(getattr(bar, name)) for name in PRICES if name in parts}
        if "adjusted" in parts:
            factor = bar.adjusted / bar.close
            numbers = {name: float(getattr(bar, name) * factor) for name in numbers}
            numbers["close"] = float(bar.adjusted)
        if "volume" in parts and kept is not None:
            numbers["volume"] = float(kept)
        says.append((datetime.combine(bar.date, clock or time()), numbers))
    order = None if days not in (*MONTH_FIRST, *DAY_FIRST) else days in DAY_FIRST
    return Sheet((titles,), parts, tuple(rows), tuple(says), order, **style)


@st.composite
def endings(draw: st.DrawFn) -> dict[str, Any]:
    """How lines end, and whether the last one does."""
    return {"line_end": draw(st.sampled_from(["\n", "\r\n"])), "ends_with_line_end": draw(st.booleans())}


# ------------------------------------------------------------------------------------- the formats

OHLCV = "Open=open|High=high|Low=low|Close=close|Volume=volume"
SMALL = "open=open|high=high|low=low|close=close|volume=volume"


@st.composite
def yahoo_export(draw: st.DrawFn) -> Sheet:
    """The button on the page of history, as it was until 2024: rows of the word null on holidays."""
    table = draw(tables(2, 4))
    columns = "Date=date|Open=open|High=high|Low=low|Close=close|Adj Close=adjusted|Volume=volume"
    sheet = written(table, columns, words=lambda price: f"{price:.6f}", **draw(endings()))
    taken = {bar.date for bar in table}
    holidays = {bar.date + timedelta(days=1) for bar in table} - taken
    chosen = draw(st.sets(st.sampled_from(sorted(holidays)), max_size=2)) if holidays else set()
    for day in sorted(chosen):
        position = sum(row[0] < day.isoformat() for row in sheet.rows)
        sheet = inserted(sheet, position, (day.isoformat(), *["null"] * 6))
    return sheet


def inserted(sheet: Sheet, position: int, *rows: tuple[str, ...]) -> Sheet:
    """Rows that say nothing, before the row at `position`."""
    return replace(
        sheet,
        rows=(*sheet.rows[:position], *rows, *sheet.rows[position:]),
        says=(*sheet.says[:position], *[None] * len(rows), *sheet.says[position:]),
    )


FIELDS = {"Adj Close": "adjusted", "Close": "close", "High": "high", "Low": "low"}
FIELDS |= {"Open": "open", "Volume": "volume"}


@st.composite
def yfinance(draw: st.DrawFn, levels: str) -> Sheet:
    """`yf.download(...).to_csv()`: three header rows, one or two tickers, appended files.

    `levels` tells what stands in the first cells: Price, Ticker, or nothing in the older versions.
    """
    fields = list(FIELDS)[draw(st.integers(0, 1)) :]
    named = "|".join(f"{title}={part}" for title, part in FIELDS.items() if title in fields)
    table = draw(tables(0, 2, 3, 13))
    one = written(table, f"Date=date|{named}", words=floating, **draw(endings()))
    if not draw(st.booleans()):
        heads, parts, rows = [(name, "NVDA") for name in fields], list(one.parts[1:]), one.rows
        says, options = one.says, {}
    else:
        other = written(doubled(table), f"Date=date|{named}", words=floating)
        missing = draw(st.sets(st.integers(0, len(table) - 1), max_size=len(table) - 1))
        says = tuple(None if i in missing else said for i, said in enumerate(one.says))
        chosen = ["" if i in missing else row for i, row in enumerate(one.rows)]
        heads = [(name, ticker) for name in fields for ticker in ("AAPL", "NVDA")]
        parts = [part for name in one.parts[1:] for part in ("other", name)]
        rows = tuple(
            (
                left[0],
                *(
                    cell
                    for pair in zip(left[1:], right[1:] or [""] * len(fields), strict=True)
                    for cell in pair
                ),
            )
            for left, right in zip(other.rows, chosen, strict=True)
        )
        options = {"symbol": "NVDA"}
    prices, tickers = zip(*heads, strict=True)
    blank = ("",) * len(prices)
    first = {"price": "Price", "ticker": "Price", "old": ""}[levels], *prices
    second = {"price": "Ticker", "ticker": "Ticker", "old": ""}[levels], *tickers
    top = (second, first) if levels == "ticker" else (first, second)
    sheet = replace(
        one,
        heads=(*top, ("Date", *blank)),
        parts=("date", *parts),
        rows=rows,
        says=says,
        options=options,
    )
    again = draw(st.none() | st.integers(1, len(table)))
    return sheet if again is None else inserted(sheet, again, *sheet.heads)


def doubled(table: Table) -> Table:
    """The bars of another symbol."""
    numbers = (*PRICES, "adjusted", "volume")
    return tuple(replace(bar, **{name: getattr(bar, name) * 2 for name in numbers}) for bar in table)


@st.composite
def history(draw: st.DrawFn) -> Sheet:
    """`Ticker.history().to_csv()`: midnights with the offset of the exchange, summer time and winter time."""
    winter, summer = draw(
        st.sampled_from(
            [("-05:00", "-04:00"), ("+01:00", "+02:00"), ("+09:00", "+09:00"), ("-03:00", "-02:00")]
        )
    )

    def days(day: date) -> str:
        return f"{day} 00:00:00{summer if 4 <= day.month <= 10 else winter}"

    columns = f"Date=date|{OHLCV}|Dividends=none|Stock Splits=none"
    return written(draw(tables(0, 3, 13)), columns, days=days, words=floating, **draw(endings()))


@st.composite
def history_of_hours(draw: st.DrawFn) -> Sheet:
    """The same with interval="1h": one row for each hour, told in UTC afterwards."""
    sheet = written(draw(tables(3, 13)), f"Datetime=date|{OHLCV}|Dividends=none", words=floating)
    start = datetime(2020, 3, 7, draw(st.integers(0, 23)), 30)
    change = draw(st.integers(0, len(sheet.rows)))
    rows, says = [], []
    for number, (row, said) in enumerate(zip(sheet.rows, sheet.says, strict=True)):
        assert said is not None
        offset = 5 if number < change else 4
        moment = start + timedelta(hours=number)
        rows.append((f"{moment - timedelta(hours=offset)}-0{offset}:00", *row[1:]))
        says.append((moment, said[1]))
    return replace(sheet, rows=tuple(rows), says=tuple(says), **draw(endings()))


@st.composite
def investing(
    draw: st.DrawFn, titles: str, days: Days, decimal: str = ",", digits: tuple[int, ...] = (2, 3, 4)
) -> Sheet:
    """Everything quoted, newest first, thousands grouped, volumes abbreviated or empty for the lot."""
    date_, close, opened, high, low, volume, change = titles.split("|")
    columns = (
        f"{date_}=date|{close}=close|{opened}=open|{high}=high|{low}=low|{volume}=volume|{change}=change"
    )
    groups = "," if decimal == "." else "."
    words = grouped(decimal, groups)
    return written(
        draw(tables(*digits)),
        columns,
        days=days,
        words=words,
        volumes=draw(st.sampled_from([abbreviated(words), absent])),
        newest_first=True,
        decimal=decimal,
        thousands=groups,
        quoted=True,
        encoding="utf-8-sig",
        **draw(endings()),
    )


ENGLISH = "Date|Price|Open|High|Low|Vol.|Change %"
PORTUGUESE = "Data|Último|Abertura|Máxima|Mínima|Vol.|Var%"


@st.composite
def spreadsheet(draw: st.DrawFn, columns: str, days: Days, decimal: str, groups: str) -> Sheet:
    """A spreadsheet that separates by semicolons, in Windows' own code or in UTF-8."""
    words = grouped(decimal, groups)
    # whole prices with apostrophes may be those of bond futures in 32nds, which is asked about
    digits = (2, 3) if groups == "'" else (0, 2, 3)
    return written(
        draw(tables(*digits)),
        columns,
        days=days,
        words=words,
        volumes=draw(
            st.sampled_from([in_millions(words), lambda volume: (words(Decimal(volume)), Decimal(volume))])
        ),
        newest_first=draw(st.booleans()),
        decimal=decimal,
        thousands=groups,
        separator=";",
        encoding=draw(st.sampled_from(["cp1252", "utf-8-sig"])),
        **draw(endings()),
    )


BRAZILIAN = (
    "DATA=date|ÚLTIMO=close|ABERTURA=open|MÁXIMA=high|MÍNIMA=low|VOL=volume|VAR%=change"
    "|GOOGLE TRENDS=row|TOTAL DE VACINADOS=count"
)


@st.composite
def nasdaq(draw: st.DrawFn) -> Sheet:
    """Dollar signs, the close before the open, newest first."""
    columns = "Date=date|Close/Last=close|Volume=volume|Open=open|High=high|Low=low"
    table = draw(tables(2, 3, 4))
    return written(table, columns, days=us, words=in_dollars, newest_first=True, **draw(endings()))


STOOQ_POLISH = "Data=date|Otwarcie=open|Najwyzszy=high|Najnizszy=low|Zamkniecie=close|Wolumen=volume"


@st.composite
def stooq(draw: st.DrawFn, columns: str) -> Sheet:
    """Fractions of shares; the last rows have a new close and repeat the rest."""
    table = list(draw(tables(2, 3, 7)))
    for position in range(len(table) - draw(st.integers(0, len(table) - 1)), len(table)):
        same = {name: getattr(table[position - 1], name) for name in ("open", "high", "low", "volume")}
        table[position] = replace(table[position], **same)

    def volumes(volume: int) -> tuple[str, Decimal]:
        fraction = Decimal(volume) / 1000
        return trimmed(fraction), fraction

    chosen = draw(st.sampled_from([volumes, whole]))
    return written(tuple(table), columns, words=trimmed, volumes=chosen, **draw(endings()))


@st.composite
def stooq_ascii(draw: st.DrawFn) -> Sheet:
    """The bulk files of Stooq, and what MetaTrader exports: titles in angles, dates without separators."""
    columns = (
        "<TICKER>=symbol|<PER>=period|<DATE>=date|<TIME>=time|<OPEN>=open|<HIGH>=high|<LOW>=low"
        "|<CLOSE>=close|<VOL>=volume|<OPENINT>=zero"
    )
    table = draw(tables(2, 3, 5))
    return written(table, columns, days=lambda day: f"{day:%Y%m%d}", words=trimmed, **draw(endings()))


@st.composite
def alpha_vantage(draw: st.DrawFn) -> Sheet:
    """Newest first; with the adjusted close that goes with it or without; or saved again by Excel."""
    style = {"newest_first": True, **draw(endings())}
    table = draw(tables(2, 3, 4))
    if draw(st.booleans()):
        return written(table, f"timestamp=date|{SMALL}", days=us_short, words=trimmed, **style)
    adjusted = (
        "timestamp=date|open=open|high=high|low=low|close=close|adjusted_close=adjusted"
        "|volume=volume|dividend_amount=none|split_coefficient=none"
    )
    return written(table, draw(st.sampled_from([f"timestamp=date|{SMALL}", adjusted])), **style)


@st.composite
def many_symbols(draw: st.DrawFn) -> Sheet:
    """The rows of three symbols, one after the other or day by day; one is chosen."""
    columns = draw(st.sampled_from([f"date=date|{SMALL}|Name=symbol", f"symbol=symbol|date=date|{SMALL}"]))
    table = draw(tables(2, 3))
    sheet = written(table, columns, **draw(endings()))
    where = sheet.parts.index("symbol")
    rows: list[tuple[tuple[str, ...], Row | None]] = list(zip(sheet.rows, sheet.says, strict=True))
    for ticker, bars in (("AAL", doubled(table)), ("ZTS", doubled(doubled(table)))):
        others = written(bars, columns).rows
        rows += [((*row[:where], ticker, *row[where + 1 :]), None) for row in others]
    if draw(st.booleans()):
        rows.sort(key=lambda row: row[0][sheet.parts.index("date")])
    cells, says = zip(*rows, strict=True)
    return replace(sheet, rows=cells, says=says, options={"symbol": "NVDA"})


@st.composite
def simple(draw: st.DrawFn, columns: str, *comments: str, days: Days = date.isoformat) -> Sheet:
    """What somebody's own program writes."""
    separator = draw(st.sampled_from(",;\t"))
    words = draw(st.sampled_from([plain, trimmed, floating]))
    style = {"separator": separator, "quoted": draw(st.booleans()), "comments": comments}
    newest_first = draw(st.booleans())
    table = draw(tables(0, 2, 3, 9))
    return written(
        table, columns, days=days, words=words, newest_first=newest_first, **style, **draw(endings())
    )


@st.composite
def unicode_text(draw: st.DrawFn) -> Sheet:
    """Excel's "Unicode text": UTF-16, tabs, signs and dates of the country."""
    days, words, decimal, groups = draw(
        st.sampled_from(
            [
                (us_short, plain, ".", "none"),
                (br, grouped(",", "."), ",", "."),
                (dotted, grouped(",", "."), ",", "."),
            ]
        )
    )
    style = {
        "decimal": decimal,
        "thousands": groups,
        "separator": "\t",
        "encoding": "utf-16",
        "line_end": "\r\n",
    }
    return written(draw(tables(0, 2, 3)), f"Date=date|{OHLCV}", days=days, words=words, **style)


@st.composite
def clocks(draw: st.DrawFn) -> Sheet:
    """The time of day behind a date with the year last, in twelve hours or, from Google, in twenty-four."""
    words, hour = draw(
        st.sampled_from(
            [
                ("4:00 PM", time(16)),
                ("12:00 AM", time()),
                ("12:30 PM", time(12, 30)),
                ("09:30:00 AM", time(9, 30)),
                ("16:00:00", time(16)),
                ("13:00:00", time(13)),
            ]
        )
    )
    order = draw(st.sampled_from([us, us_short]))
    sheet = written(
        draw(tables(2, 3)),
        f"Date=date|{OHLCV}",
        days=lambda day: f"{order(day)} {words}",
        clock=hour,
        **draw(endings()),
    )
    return replace(sheet, day_first=False)


def month_in_english(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day:02d}, {day.year}"


def month_between(day: date) -> str:
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year}"


def month_in_portuguese(day: date) -> str:
    return f"{day.day} {MESES[day.month - 1]}. {day.year}"


def month_between_in_portuguese(day: date) -> str:
    return f"{day.day:02d}/{MESES[day.month - 1]}/{day.year}"


FORMATS: dict[str, st.SearchStrategy[Sheet]] = {
    "Yahoo export": yahoo_export(),
    "yfinance, prices first": yfinance("price"),
    "yfinance, tickers first": yfinance("ticker"),
    "yfinance, older": yfinance("old"),
    "yfinance history": history(),
    "yfinance history of hours": history_of_hours(),
    "Investing.com": investing(ENGLISH, us, "."),
    "Investing.com, dots in dates": investing(ENGLISH, dotted, "."),
    "Investing.com pt": investing(PORTUGUESE, dotted),
    "Investing.com pt, index": investing(PORTUGUESE, dotted, digits=(0,)),
    "Investing.com de": investing("Datum|Zuletzt|Eröffn.|Hoch|Tief|Vol.|+/- %", dotted),
    "Investing.com fr": investing("Date|Dernier|Ouv.| Plus Haut|Plus Bas|Vol.|Variation %", br),
    "Investing.com es": investing("Fecha|Último|Apertura|Máximo|Mínimo|Vol.|% var.", dotted),
    "Investing.com it": investing("Data|Ultimo|Apertura|Massimo|Minimo|Vol.|Var. %", dotted),
    "Excel, Brazilian": spreadsheet(BRAZILIAN, br, ",", "."),
    "Excel, Swiss": spreadsheet(f"Date=date|{OHLCV}", dotted, ".", "'"),
    "Excel, French": spreadsheet(f"Date=date|{OHLCV}", br, ",", "\N{NO-BREAK SPACE}"),
    "Excel, Unicode text": unicode_text(),
    "Nasdaq.com": nasdaq(),
    "Stooq": stooq(f"Date=date|{OHLCV}"),
    "Stooq, Polish": stooq(STOOQ_POLISH),
    "Stooq, ASCII": stooq_ascii(),
    "Alpha Vantage": alpha_vantage(),
    "many symbols": many_symbols(),
    "comments first": simple(f"Date=date|{OHLCV}", "# from my broker", "#", "# date,close;1.5\tUSD"),
    "unnamed dates": simple(f"=date|{OHLCV}"),
    "row numbers first": simple(f"=row|Date=date|{OHLCV}"),
    "close only": simple("Date=date|Close=close"),
    "months in English": simple(f"Date=date|{OHLCV}", days=month_in_english),
    "months in English, between": simple(f"Date=date|{OHLCV}", days=month_between),
    "months in Portuguese": simple(f"Data=date|{OHLCV}", days=month_in_portuguese),
    "months in Portuguese, between": simple(f"Data=date|{OHLCV}", days=month_between_in_portuguese),
    "clocks": clocks(),
}

any_format = st.sampled_from(sorted(FORMATS)).flatmap(FORMATS.__getitem__)
