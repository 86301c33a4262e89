"""The page of reliability, `docs/reliability.md`, in two languages: what the recorded runs say.

    python -m reliability.page           # write the pages and the pictures of the records
    python -m reliability.page --check   # fail when one of them says something else

A record that is missing is said to be missing. Every figure is one of a record, or a sum of some.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from reliability.record import FOLDER
from reliability.told import Record
from reliability.told_fuzz import files, requests
from reliability.told_load import PICTURES, drill, load, picture_name
from trintena.language import phrase, speaking

DOCS = FOLDER.parent / "docs"
PAGES = {"en": "reliability.md", "pt": "confiabilidade.md"}
RECORDS = ("fuzz_api", "fuzz_csv", "soak", "drill")
NOTE = "<!-- Written by reliability/page.py; do not edit. `make docs` makes it of reliability/*.json. -->"


def written(folder: Path = FOLDER, docs: Path = DOCS) -> dict[Path, str]:
    """The text of every page and picture under its path."""
    records = {
        name: json.loads(file.read_text("utf-8"))
        for name in RECORDS
        if (file := folder / f"{name}.json").exists()
    }
    texts = {}
    for language, name in PAGES.items():
        with speaking(language):
            texts[docs / name] = "\n\n".join(_page(records)) + "\n"
            if "soak" in records:
                course = records["soak"]["runs"][-1]["course"]
                for key, (draw, _) in PICTURES.items():
                    texts[docs / picture_name(key)] = draw(course)
    return texts


def _page(records: Mapping[str, Record]) -> Iterator[str]:
    yield NOTE
    yield phrase(en="# Reliability", pt="# Confiabilidade")
    yield phrase(
        en="*Em português: [Confiabilidade](confiabilidade.md).*",
        pt="*In English: [Reliability](reliability.md).*",
    )
    yield phrase(
        en="What Trintena was put through, and what came of it. Each part is a command that anyone can "
        "repeat, in one run or in several with other seeds; this page is made of what the runs recorded. "
        "`make docs` writes it anew.",
        pt="O que a Trintena teve de aguentar, e com que resultado. Cada parte é um comando que qualquer "
        "um pode repetir, de uma vez ou aos poucos com outras sementes; esta página sai do que as execuções "
        "registraram. `make docs` a escreve de novo.",
    )
    yield from requests(records.get("fuzz_api"))
    yield from files(records.get("fuzz_csv"))
    yield from load(records.get("soak"))
    yield from drill(records.get("drill"))


def main() -> int:
    """Write the pages, or say which are stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    options = parser.parse_args()
    texts = written()
    if not options.check:
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        return 0
    stale = [
        path.name for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if stale:
        print(f"Stale in docs/: {', '.join(stale)}. Run `make docs` and commit what it wrote.")
        return 1
    print(f"{len(texts)} pages and pictures of reliability are current.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
