"""The forms that dates have in files of prices, as patterns whose groups are the parts of a date."""

from __future__ import annotations

import re
from functools import lru_cache

from trintena.data.csv_files.titles import plain

_CLOCK = (
    r"(?:(?:T|,?\s+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|(?:UTC|GMT)?[+-][0-9]{2}(?::?[0-9]{2})?|UTC|GMT)?)?"
)
YEAR_FIRST = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + _CLOCK, re.ASCII)
COMPACT = re.compile(r"(?P<year>(?:18|19|20|21)\d\d)(?P<month>\d\d)(?P<day>\d\d)" + _CLOCK, re.ASCII)
YEAR_LAST = re.compile(r"(?P<one>\d{1,2})([-/.])(?P<two>\d{1,2})\2(?P<year>\d{4})" + _CLOCK, re.ASCII)
MONTH_NAMED = re.compile(
    r"(?:(?P<day>[0-9]{1,2})(?:[-/. ]|\. | de )(?P<name>[^\W\d_]{3,10})\.?(?:[-/., ]| de )"
    r"|(?P<us_name>[^\W\d_]{3,10})\.? (?P<us_day>[0-9]{1,2}),? )(?P<year>[0-9]{4})" + _CLOCK
)
PATTERNS = (YEAR_FIRST, YEAR_LAST, MONTH_NAMED, COMPACT)
UNIX = re.compile(r"(?P<seconds>\d{9,10})(?P<thousandths>\d{3})?", re.ASCII)
"""Seconds, or thousandths of them, since 1970 in UTC, as exchanges of crypto-currencies write times."""

MONTHS = (
    "january janeiro enero januar janvier gennaio",
    "february fevereiro febrero februar fevrier febbraio",
    "march marco marzo marz mars mrz",
    "april abril avril aprile",
    "may maio mayo mai maggio",
    "june junho junio juni juin giugno",
    "july julho julio juli juillet luglio",
    "august agosto aout",
    "september setembro septiembre septembre settembre",
    "october outubro octubre oktober octobre ottobre",
    "november novembro noviembre novembre",
    "december dezembro diciembre dezember decembre dicembre",
)
"""Names of the months, without accents; their first three letters or more will do."""


def is_date(cell: str) -> bool:
    """Whether a cell has the form of a date whose parts are separated."""
    return any(pattern.fullmatch(cell) for pattern in (YEAR_FIRST, YEAR_LAST, MONTH_NAMED))


def begins_like_a_row(title: str) -> bool:
    """Whether a title has the form of a date, which no title has."""
    return any(pattern.fullmatch(title) for pattern in (*PATTERNS, UNIX))


@lru_cache(maxsize=256)  # a column has few names, each many times
def month_number(name: str) -> int:
    """The number of a month from its name or the beginning of it; 0 where it is none, or several."""
    word = plain(name)
    found = [
        number
        for number, names in enumerate(MONTHS, start=1)
        if any(known.startswith(word) for known in names.split())
    ]
    return found[0] if len(found) == 1 else 0
