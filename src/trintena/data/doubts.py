"""What looks odd in a series that was accepted: said with dates, decided by nobody but the reader.

| code | found |
|---|---|
| `not_positive` | prices of zero or less, of which there is no log return |
| `contradiction` | an open or a close outside of low to high |
| `flat_bars` | a long stretch in which open, high, low and close are equal |
| `repeated_close` | a close that stays the same for longer than chance explains |
| `zero_volume` | rows without volume |
| `no_trading` | rows on days on which the calendar of the series has no session |
| `gap` | sessions without a row |
| `level_shift` | a step that looks like a split that was not adjusted, or like two files joined |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from trintena.data import words
from trintena.data.calendars import Calendar, calendar_of
from trintena.data.level_shifts import LevelShift, level_shifts
from trintena.data.repetitions import runs, suspicious_length
from trintena.data.words import MOST, counted, day, iso, listed
from trintena.domain import PRICE_COLUMNS, Measures, PriceSeries
from trintena.language import number, phrase

FLAT_STRETCH = 20
"""Rows, a month of trading: a share that nobody traded has a flat bar now and then, not for a month."""


@dataclass(frozen=True)
class Doubt:
    """One kind of oddity: its `code`, how many rows or gaps, the first dates (ISO), and a sentence."""

    code: str
    n: int
    dates: tuple[str, ...]
    message: str


def doubts_of(series: PriceSeries) -> list[Doubt]:
    """What looks odd in a series, one entry for each kind, in the order of the table above."""
    if not len(series):
        return []
    calendar = calendar_of(series.symbol, series.dates)
    checks: tuple[Callable[[PriceSeries], Doubt | None], ...] = (
        _not_positive,
        _contradictions,
        _flat_bars,
        _repeated_closes,
        _zero_volume,
        lambda checked: _no_trading(checked, calendar),
        lambda checked: _gaps(checked, calendar),
        _level_shifts,
    )
    return [doubt for check in checks if (doubt := check(series)) is not None]


def _not_positive(series: PriceSeries) -> Doubt | None:
    if series.measures == "value":
        return None
    return _on_rows(
        "not_positive",
        series,
        series.close <= 0,
        en="with a close that is not positive, which has no logarithm",
        pt="com fechamento que não é positivo, sem logaritmo",
        then=phrase(
            en=" Training forecasts such a series with --target difference.",
            pt=" O treino prevê uma série assim com --target difference.",
        ),
    )


def _contradictions(series: PriceSeries) -> Doubt | None:
    prices = _prices(series)
    if prices is None:
        return None
    opened, high, low, close = prices.T
    # adjusted prices are products, so equal ones may differ in the last digits
    slack = 1e-9 * np.abs(prices).max(axis=1)
    return _on_rows(
        "contradiction",
        series,
        (np.maximum(opened, close) > high + slack) | (np.minimum(opened, close) < low - slack),
        en="whose open or close lies outside low to high",
        pt="com abertura ou fechamento fora do intervalo entre mínima e máxima",
    )


def _flat_bars(series: PriceSeries) -> Doubt | None:
    prices = _prices(series)
    if prices is None:
        return None
    starts, lengths = runs((prices == prices[:, :1]).all(axis=1))
    long = lengths >= FLAT_STRETCH
    if not long.any():
        return None
    n = int(lengths[long].sum())
    rows, when = counted(n), _spans(series, starts[long], lengths[long])
    return _doubt(
        "flat_bars",
        series,
        starts[long],
        n=n,
        en=f"{rows} in long stretches in which open, high, low and close are equal, "
        f"as where only closes were recorded: {when}.",
        pt=f"{rows} em trechos longos com abertura, máxima, mínima e fechamento iguais, "
        f"como onde só os fechamentos foram registrados: {when}.",
    )


def _repeated_closes(series: PriceSeries) -> Doubt | None:
    same = np.diff(series.close) == 0
    starts, lengths = runs(same)
    long = lengths + 1 >= suspicious_length(same)
    if not long.any():
        return None
    n = int((lengths[long] + 1).sum())
    rows, when = counted(n), _spans(series, starts[long], lengths[long] + 1)
    closes = words.closes(series.measures)
    return _doubt(
        "repeated_close",
        series,
        starts[long],
        n=n,
        en=f"{rows} in runs of equal {closes} too long for chance: {when}.",
        pt=f"{rows} em sequências de {closes} iguais, longas demais para o acaso: {when}.",
    )


def _zero_volume(series: PriceSeries) -> Doubt | None:
    if "volume" not in series.columns:
        return None
    return _on_rows(
        "zero_volume",
        series,
        series.values[:, series.columns.index("volume")] == 0,
        en="with a volume of zero",
        pt="com volume zero",
    )


def _no_trading(series: PriceSeries, calendar: Calendar) -> Doubt | None:
    trading_en, trading_pt = ("trading ", "de pregão ") if series.measures == "price" else ("", "")
    return _on_rows(
        "no_trading",
        series,
        calendar.strays(series.dates),
        en=f"outside the {trading_en}days or hours of the series' calendar",
        pt=f"fora dos dias ou horários {trading_pt}do calendário da série",
    )


def _gaps(series: PriceSeries, calendar: Calendar) -> Doubt | None:
    missing = calendar.missing(series.dates)
    places = np.flatnonzero(missing > calendar.usual_gap)
    if not len(places):
        return None
    n = number(len(places))
    one = len(places) == 1
    when = listed(places, lambda place: _gap(series, int(place), int(missing[place])))
    return _doubt(
        "gap",
        series,
        places,
        en=f"{n} {'gap' if one else 'gaps'} longer than the calendar allows: {when}.",
        pt=f"{n} {'lacuna maior' if one else 'lacunas maiores'} do que o calendário permite: {when}.",
    )


def _gap(series: PriceSeries, row: int, missing: int) -> str:
    before, after, n = day(series.dates[row]), day(series.dates[row + 1]), number(missing)
    return phrase(
        en=f"{before} to {after} ({n} missing)",
        pt=f"{before} a {after} ({'falta' if missing == 1 else 'faltam'} {n})",
    )


def _level_shifts(series: PriceSeries) -> Doubt | None:
    shifts = level_shifts(series.close, _prices(series))
    if not shifts:
        return None
    places = np.array([shift.row for shift in shifts])
    n = number(len(shifts))
    when = listed(shifts, lambda shift: f"{day(series.dates[shift.row])} ({_size(shift, series.measures)})")
    one = len(shifts) == 1
    cause_en, cause_pt = "a split that was not adjusted", "num desdobramento não ajustado"
    if series.measures == "value":
        cause_en, cause_pt = "another unit", "numa troca de unidade"
    return _doubt(
        "level_shift",
        series,
        places,
        en=f"{n} {'step' if one else 'steps'} that stayed and that the moves around do not explain, "
        f"as of {cause_en} or of two files joined: {when}.",
        pt=f"{n} {'salto que ficou' if one else 'saltos que ficaram'} e que os movimentos em volta não "
        f"explicam, como {cause_pt} ou em dois arquivos juntados: {when}.",
    )


def _size(shift: LevelShift, measures: Measures) -> str:
    ratio = number(shift.ratio, ".4g")
    close = words.close(measures)
    size = phrase(en=f"{ratio} times the {close} before", pt=f"{ratio} vezes o {close} anterior")
    if shift.split is None or measures == "value":
        return size
    new, old = shift.split
    en, pt = ("split", "desdobramento") if new > old else ("reverse split", "grupamento")
    return size + phrase(en=f", near a {new}:{old} {en}", pt=f", perto de um {pt} de {new}:{old}")


def _on_rows(
    code: str, series: PriceSeries, odd: Bool[np.ndarray, " row"], *, en: str, pt: str, then: str = ""
) -> Doubt | None:
    """A doubt about the odd rows, counted and with their first dates; None if there are none."""
    places = np.flatnonzero(odd)
    if not len(places):
        return None
    rows, when = counted(len(places)), listed(series.dates[places], day)
    return _doubt(code, series, places, en=f"{rows} {en}: {when}.{then}", pt=f"{rows} {pt}: {when}.{then}")


def _doubt(
    code: str,
    series: PriceSeries,
    places: Int[np.ndarray, " place"],
    *,
    en: str,
    pt: str,
    n: int | None = None,
) -> Doubt:
    dates = tuple(iso(date) for date in series.dates[places[:MOST]])
    return Doubt(code, len(places) if n is None else n, dates, phrase(en=en, pt=pt))


def _prices(series: PriceSeries) -> Float[np.ndarray, "row 4"] | None:
    """Open, high, low and close, where a series has all four."""
    if not set(PRICE_COLUMNS) <= set(series.columns):
        return None
    return series.values[:, [series.columns.index(name) for name in PRICE_COLUMNS]]


def _spans(series: PriceSeries, starts: Int[np.ndarray, " run"], lengths: Int[np.ndarray, " run"]) -> str:
    """The first and last days of the longest runs, in words."""
    longest = np.argsort(-lengths, kind="stable")
    return listed(longest, lambda run: _span(series, int(starts[run]), int(lengths[run])))


def _span(series: PriceSeries, first: int, length: int) -> str:
    begin, end = day(series.dates[first]), day(series.dates[first + length - 1])
    return phrase(en=f"{begin} to {end}", pt=f"{begin} a {end}")
