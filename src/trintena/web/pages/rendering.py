"""Templates into pages: in the reader's language and theme, with the addresses of the static files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from trintena.jobs.locks import is_held
from trintena.language import language
from trintena.report.words import notice
from trintena.web.pages import formats
from trintena.web.pages.plotly_files import PREFIX
from trintena.web.pages.static_files import address
from trintena.web.site import Site

THEMES = ("auto", "light", "dark")


@cache
def translations(chosen: str) -> NullTranslations:
    """The catalog of a language; English is the language of the templates themselves."""
    catalog = files("trintena.web") / "locale" / chosen / "LC_MESSAGES" / "messages.po"
    if not catalog.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with catalog.open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=formats.LOCALES[chosen]))
    compiled.seek(0)
    return Translations(compiled)


def gettext(message: str) -> str:
    """A text of the templates in the reader's language."""
    return str(translations(language()).ugettext(message))


def ngettext(one: str, many: str, n: int) -> str:
    """A text of the templates that counts something."""
    return str(translations(language()).ungettext(one, many, n))


@cache
def environment() -> Environment:
    """Where the templates are; everything that is put into one is escaped."""
    made = Environment(
        loader=PackageLoader("trintena.web.pages"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {
        "static": address,
        "plotly": PREFIX,
        "version": version("trintena"),
        "is_current": _is_current,
        "notice": notice,
    }
    made.filters |= formats.FILTERS
    return made


@pass_context
def _is_current(context: Context, path: str) -> bool:
    return bool(context["path"] == path)


@dataclass(frozen=True)
class Chip:
    """What runs now, for the header of every page."""

    experiment_id: int
    symbol: str
    share: float | None


def running_chip(site: Site) -> Chip | None:
    """The experiment that runs now; None where none does."""
    for record in site.registry.experiments(states=("running",), backtests=None):
        if is_held(site.locks, record.id):
            share = (site.registry.standing(record.id).progress or {}).get("share")
            return Chip(record.id, record.spec.symbol, share)
    return None


def page(request: Request, site: Site, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page, or a part of one, made from a template and what it is told.

    With `chip=None` it tells nothing of what runs, and needs no database. `measured` says what the series
    that it shows are of, for its foot: where a price is among them, that nothing is investment advice.
    """
    theme = request.cookies.get("theme")
    about: Mapping[str, Any] = {
        "path": request.url.path,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "lang": {"pt": "pt-BR"}.get(language(), language()),
        "language": language(),
        "theme": theme if theme in THEMES else "auto",
        "has_token": site.options.token is not None,
        "measured": (),
    }
    if "chip" not in values:
        values["chip"] = running_chip(site)
    return HTMLResponse(environment().get_template(template).render(**{**about, **values}), status)
