"""How files write dates and numbers, and a strict reading of each form that knows nothing of Trintena's.

A form both writes a cell and reads it back. `read` gives None for whatever the form would not have
written, so that a cell that was damaged is told from one that was not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MESES = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")


@dataclass(frozen=True)
class DateForm:
    """One way to write dates. `order` is what Trintena calls it; `day_first` what has to be told of it."""

    name: str
    order: str
    write: Callable[[datetime], str]
    read: Callable[[str], datetime | None]
    day_first: bool | None = None
    step: timedelta = timedelta(days=1)
    """Between one row and the next."""


def _by_pattern(pattern: str) -> Callable[[str], datetime | None]:
    """Reads what strptime understands, and only if writing it gives the same cell again."""

    def read(cell: str) -> datetime | None:
        try:
            moment = datetime.strptime(cell, pattern)
        except ValueError:
            return None
        return moment if moment.strftime(pattern) == cell else None

    return read


def _patterned(name: str, order: str, pattern: str, **told: object) -> DateForm:
    def write(moment: datetime) -> str:
        return moment.strftime(pattern)

    return DateForm(name, order, write, _by_pattern(pattern), **told)  # type: ignore[arg-type]


def _without_zeros(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year}"


def _read_without_zeros(cell: str) -> datetime | None:
    match = re.fullmatch(r"([1-9]\d?)/([1-9]\d?)/(\d{4})", cell, re.ASCII)
    return match and _moment(int(match[3]), int(match[1]), int(match[2]))


def _moment(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def _named(name: str, names: tuple[str, ...], shape: str) -> DateForm:
    """Months by name; `shape` has the fields `day`, `month` and `year`."""
    pattern = re.escape(shape).replace(r"\{", "{").replace(r"\}", "}")
    parts = {"day": r"(?P<day>\d{2})", "month": r"(?P<month>[a-zA-Z]{3})", "year": r"(?P<year>\d{4})"}
    known = re.compile(pattern.format(**parts), re.ASCII)

    def write(moment: datetime) -> str:
        return shape.format(day=f"{moment.day:02d}", month=names[moment.month - 1], year=f"{moment.year:04d}")

    def read(cell: str) -> datetime | None:
        match = known.fullmatch(cell)
        if match is None or match["month"] not in names:
            return None
        return _moment(int(match["year"]), names.index(match["month"]) + 1, int(match["day"]))

    return DateForm(name, "month named", write, read)


def _offset_of(moment: datetime) -> str:
    return "-04:00" if 4 <= moment.month <= 10 else "-05:00"


def _write_zoned(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d} 00:00:00{_offset_of(moment)}"


def _read_zoned(cell: str) -> datetime | None:
    moment = _by_pattern("%Y-%m-%d")(cell[:10])
    return moment if moment is not None and _write_zoned(moment) == cell else None


def _write_hour(moment: datetime) -> str:
    """In New York, of an instant in UTC: one offset before the change of the clock, another after it."""
    hours = 4 if 4 <= moment.month <= 10 else 5
    return (moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-hours)))).isoformat(sep=" ")


def _read_hour(cell: str) -> datetime | None:
    try:
        zoned = datetime.fromisoformat(cell)
    except ValueError:
        return None
    if zoned.tzinfo is None:
        return None
    moment = zoned.astimezone(UTC).replace(tzinfo=None)
    return moment if _write_hour(moment) == cell else None


def _read_unix(scale: int) -> Callable[[str], datetime | None]:
    digits = 9 + len(str(scale)) - 1

    def read(cell: str) -> datetime | None:
        if not re.fullmatch(rf"\d{{{digits},{digits + 1}}}", cell, re.ASCII) or int(cell) % scale:
            return None
        return datetime(1970, 1, 1) + timedelta(seconds=int(cell) // scale)

    return read


def _seconds(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1)).total_seconds())


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DATES = {
    form.name: form
    for form in (
        _patterned("iso", "year first", "%Y-%m-%d"),
        _patterned("slashes", "year first", "%Y/%m/%d"),
        _patterned("compact", "year first", "%Y%m%d"),
        _patterned("minutes", "year first", "%Y-%m-%d %H:%M", step=MINUTE),
        _patterned("seconds", "year first", "%Y-%m-%dT%H:%M:%S", step=HOUR),
        _patterned("us", "month first", "%m/%d/%Y", day_first=False),
        DateForm("us short", "month first", _without_zeros, _read_without_zeros, day_first=False),
        _patterned("us clock", "month first", "%m/%d/%Y %H:%M:%S", day_first=False, step=HOUR),
        _patterned("br", "day first", "%d/%m/%Y", day_first=True),
        _patterned("br clock", "day first", "%d/%m/%Y %H:%M", day_first=True, step=HOUR),
        _patterned("dotted", "day first", "%d.%m.%Y", day_first=True),
        _patterned("dashes", "day first", "%d-%m-%Y", day_first=True),
        _named("English months", _MONTHS, "{month} {day}, {year}"),
        _named("English between", _MONTHS, "{day}-{month}-{year}"),
        _named("Portuguese months", _MESES, "{day}/{month}/{year}"),
        DateForm("zoned", "year first", _write_zoned, _read_zoned),
        DateForm("hours", "year first", _write_hour, _read_hour, step=HOUR),
        DateForm("unix", "unix", lambda moment: str(_seconds(moment)), _read_unix(1), step=HOUR),
        DateForm(
            "unix thousandths", "unix", lambda moment: f"{_seconds(moment)}000", _read_unix(1000), step=HOUR
        ),
    )
}


@dataclass(frozen=True)
class NumberForm:
    """One way to write numbers: the decimal sign, what separates thousands, what stands before them."""

    decimal: str = "."
    groups: str = ""
    currency: str = ""
    power_letters: bool = False
    """Whether volumes are abbreviated: 42.94M."""

    def write(self, text: str) -> str:
        """A number such as -1234.50 in this form."""
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, point, rest = digits.partition(".")
        if self.groups:
            whole = f"{int(whole):,}".replace(",", self.groups)
        return f"{sign}{self.currency}{whole}{self.decimal if point else ''}{rest}"

    def read(self, cell: str) -> float | None:
        """The number that this form has written in a cell; None where it has not."""
        match = self._pattern().fullmatch(cell)
        if match is None:
            return None
        digits = match["digits"].replace(self.groups, "") if self.groups else match["digits"]
        power = {"": "", "K": "e3", "M": "e6", "B": "e9"}[match["letter"]]
        return float(match["sign"] + digits.replace(self.decimal, ".") + power)

    def _pattern(self) -> re.Pattern[str]:
        groups, decimal = re.escape(self.groups), re.escape(self.decimal)
        whole = rf"(?:[1-9]\d{{0,2}}(?:{groups}\d{{3}})*|0)" if self.groups else r"(?:[1-9]\d*|0)"
        letter = "[KMB]?" if self.power_letters else ""
        return re.compile(
            rf"(?P<sign>-?){re.escape(self.currency)}(?P<digits>{whole}(?:{decimal}\d+)?)(?P<letter>{letter})",
            re.ASCII,
        )


def could_be(cell: str) -> set[float]:
    """Every number that a cell might mean to somebody: point or comma for the decimals, the rest ignored."""
    bare = re.sub(r"[\s'’$€£¥₹]|R(?=\$)|US(?=\$)", "", cell).replace("−", "-")  # noqa: RUF001
    power = ""
    if bare[-1:] in "kKmMbB" and bare[-1:]:
        power, bare = {"K": "e3", "M": "e6", "B": "e9"}[bare[-1].upper()], bare[:-1]
    found = set()
    for text in (bare.replace(",", ""), bare.replace(".", "").replace(",", ".")):
        try:
            found.add(float(text + power))
        except ValueError:
            continue
    return found


def fits(cell: str, decimal: str) -> bool:
    """Whether a cell could be written by somebody with this decimal sign; what is no number always could."""
    bare = re.sub(r"[\s$'KMBR%]", "", cell)
    if not re.fullmatch(r"[+-]?\d[\d.,]*(e[+-]?\d+)?", bare):
        return True
    groups, sign = re.escape("," if decimal == "." else "."), re.escape(decimal)
    return bool(re.fullmatch(rf"[+-]?(\d+|[1-9]\d{{0,2}}({groups}\d{{3}})+)({sign}\d*)?(e[+-]?\d+)?", bare))
