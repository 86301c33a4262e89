"""Numbers, dates and spans of time as readers of the language write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_datetime

from trintena.language import language, number
from trintena.language import span as in_units
from trintena.report import words

NOTHING = "—"
LOCALES = {"en": "en", "pt": "pt_BR"}
"""What Babel calls the languages."""


def _locale() -> str:
    return LOCALES[language()]


def day(value: str | date | datetime | None) -> str:
    """A date with its month spelled out: Nov 24, 2026, or 24 de nov. de 2026; with its time if it has one."""
    return NOTHING if value is None else words.day(value)


def moment(value: str | datetime | None) -> str:
    """A date and time of day, in the time zone of this machine."""
    if value is None:
        return NOTHING
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    pattern = {"pt": "d 'de' MMM 'de' y, HH:mm"}.get(language(), "MMM d, y, HH:mm")
    return str(format_datetime(aware.astimezone(), pattern, tzinfo=None, locale=_locale()))


def span(seconds: float | None) -> str:
    """A span of time in the largest units that say something."""
    return NOTHING if seconds is None else in_units(seconds)


def figure(value: float | None) -> str:
    """A figure with its first four digits: an error, a price."""
    return number(value, ",.4g")


def error(value: float | None) -> str:
    """An error with so many digits that neighbours on a board differ."""
    return number(value, "#.6g").rstrip(".,")


def price(value: float | None) -> str:
    """A price: two decimals, more where it is small."""
    return number(value, ",.2f" if value is not None and abs(value) >= 1 else ",.4g")


def like(value: float | None, decimals: int) -> str:
    """A price among others, with as many decimals as they have."""
    return number(value, f",.{decimals}f")


def signed(value: float | None, decimals: int) -> str:
    """A change of a price, with its sign and with as many decimals as the price has."""
    return number(value, f"+z,.{decimals}f")


def percent(value: float | None) -> str:
    """A share as percent."""
    return number(value, ".1%")


def whole_percent(value: float | None) -> str:
    """A share as percent without decimals: how far something is."""
    return number(value, ".0%")


def gain(value: float | None) -> str:
    """A skill: percent with its sign."""
    return number(value, "+z.2%")


def count(value: float | None) -> str:
    """A whole number."""
    return number(value, ",.0f")


def show(value: float | None, form: str) -> str:
    """A value in one of the forms above, by its name."""
    return str(FILTERS[form](value))


FILTERS: Mapping[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        day,
        moment,
        span,
        figure,
        error,
        price,
        like,
        signed,
        percent,
        whole_percent,
        gain,
        count,
        show,
    )
}
