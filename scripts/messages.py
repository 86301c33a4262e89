"""The texts of the pages: found in templates and code, kept in the catalog of each language.

    python scripts/messages.py           bring the catalogs up to date: new texts come in, unused ones go
    python scripts/messages.py --check   fail where a catalog is not up to date or not whole

English is the language of the templates, so it has no catalog. The pages read the `.po` files themselves:
nothing is compiled. Sentences of Python stand beside each other in `phrase`, not here.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parents[1] / "src" / "trintena" / "web"
CATALOGS = {"pt_BR": WEB / "locale" / "pt" / "LC_MESSAGES" / "messages.po"}

_METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
_HEADERS = ('"Language:', '"Plural-Forms:', '"MIME-Version:', '"Content-Type:', '"Content-Transfer')
"""Kept in the file; all others change with the day or with who ran this."""


def extracted(locale: str) -> Catalog:
    """Every text that the pages have, without translations."""
    found = Catalog(locale=locale)
    pages = WEB / "pages"
    for _, _, message, comments, context in extract_from_dir(
        pages, method_map=_METHODS, options_map=_OPTIONS, directory_filter=lambda _: True
    ):
        # Without the place: a text that moves is no change.
        found.add(message, auto_comments=comments, context=context)
    return found


def updated(locale: str, path: Path) -> Catalog:
    """The catalog with every text that the pages have, and no other."""
    with path.open("rb") as stream:
        catalog = read_po(stream, locale=locale)
    catalog.update(extracted(locale), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def written(catalog: Catalog) -> str:
    """The text of a catalog's file: the same for the same content, whenever and wherever it is written."""
    stream = BytesIO()
    write_po(stream, catalog, width=100, no_location=True, sort_output=True, ignore_obsolete=True)
    head, _, rest = stream.getvalue().decode().partition("\n\n")
    kept = [line for line in head.splitlines() if line.startswith(("msg", *_HEADERS))]
    return "\n".join(kept) + "\n\n" + rest


def faults(catalog: Catalog) -> Iterator[str]:
    """What is wrong with the translations, a line for each."""
    for message in catalog:
        if not message.id:
            continue
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        meant, forms = _forms(message.id), _forms(message.string)
        if not all(forms):
            yield f"untranslated: {message.id!r}"
        elif any(not _common(meant) <= _placeholders(form) <= _all(meant) for form in forms):
            yield f"other placeholders: {message.id!r}"


def _forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return list(text) if isinstance(text, list | tuple) else [text or ""]


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)\w|%%|%\w", text))


def _common(forms: list[str]) -> set[str]:
    """What stands in every form: a singular may do without the number."""
    return set.intersection(*map(_placeholders, forms))


def _all(forms: list[str]) -> set[str]:
    return set.union(*map(_placeholders, forms))


def main() -> int:
    """Run as a command; 1 where something is left to do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if something is missing")
    check = parser.parse_args().check
    lines = []
    for locale, path in CATALOGS.items():
        catalog = updated(locale, path)
        text = written(catalog)
        if check and text != path.read_text("utf-8"):
            lines.append("not up to date; run `python scripts/messages.py`")
        elif not check:
            path.write_text(text, "utf-8")
        lines += [f"{path.name} ({locale}): {fault}" for fault in faults(catalog)]
    print("\n".join(lines), file=sys.stderr, end="\n" if lines else "")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
