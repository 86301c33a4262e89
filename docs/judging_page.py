"""Figures inside prose: each stands before a comment that names it, and comes from `judging.json`.

    always "up" is right 57.3%<!--nasdaq.up .1%--> of the time

The comment holds the path of the figure and the form in which it is written; a page on the web does not show
it. Both pages have the same figures, each in the numbers of its language. What the code decides (`rules`) is
compared with the code, and every name that an answer holds is on the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np

from judging_crowds import Crowd, Divided, Race, sample
from judging_figures import rules
from trintena.evaluation.bands import Bands
from trintena.evaluation.board import figures
from trintena.evaluation.significance import Leak
from trintena.evaluation.verdict import Verdict
from trintena.language import number, speaking

FOLDER = Path(__file__).parent
RECORD = FOLDER / "judging.json"
PAGES = {"en": FOLDER / "judging.md", "pt": FOLDER / "como-julgamos.md"}
UNMARKED = ("## References", "## Referências")
"""From here on a number is a year or a volume."""
DIGITS = 6

_FIGURE = re.compile(r"[^\s|(*<>]+<!--(?P<path>[\w.]+) (?P<form>\S+)-->")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`|\]\([^)\s]*\)", flags=re.MULTILINE | re.DOTALL)
_NUMBERED = re.compile(r"^\d+\. ", flags=re.MULTILINE)

Record = Mapping[str, Any]


def record_text(told: Record) -> str:
    """The record as it is kept: six significant digits, which other versions of the libraries share."""
    return json.dumps(_rounded(told), indent=1) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return value


def read_record(path: Path = RECORD) -> dict[str, Any]:
    """What was computed."""
    record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return record


def filled(text: str, record: Record, language: str) -> str:
    """A page with every figure as the record has it.

    Raises:
        KeyError: a figure that the record does not hold.
    """

    def written(match: re.Match[str]) -> str:
        value = _at(record, match["path"])
        return f"{number(value, match['form'])}<!--{match['path']} {match['form']}-->"

    with speaking(language):
        return _FIGURE.sub(written, text)


def _at(record: Record, path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        if name not in value:
            raise KeyError(f"judging.json has no figure {path}")
        value = value[name]
    return value


def paths(text: str) -> set[tuple[str, str]]:
    """Every figure of a page, with its form."""
    return {(match["path"], match["form"]) for match in _FIGURE.finditer(text)}


def unmarked(text: str) -> list[str]:
    """The lines that hold a digit which no script has put there, outside code and references."""
    for heading in UNMARKED:
        text = text.partition(f"\n{heading}\n")[0]
    bare = _NUMBERED.sub("", _FIGURE.sub("", _CODE.sub("", text)))
    return [line.strip() for line in bare.splitlines() if re.search(r"\d", line)]


def nameless(text: str) -> list[str]:
    """The names in an answer that begin no row of a table on the page, and the codes that it leaves out.

    A name that ends in `_by_step` is explained by what is explained without it.
    """
    rows = {
        name
        for row in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    codes = [*get_args(Verdict), *get_args(Leak)]
    return sorted({name.removesuffix("_by_step") for name in names()} - rows) + [
        code for code in codes if f"`{code}`" not in text
    ]


def names() -> Iterator[str]:
    """Every name under which an answer holds a figure of merit: of a row, a segment, a verdict, the bands."""
    divided = Divided(sample("nasdaq").rows(0, 1200))
    race = Race.run(np.random.default_rng(0), Crowd(), n_models=2, judge=divided.judge)
    parts = divided.judge.segments
    forecast = np.zeros((parts.newest.stop - parts.calibration.start, divided.horizon))
    bands = Bands(divided.judge.frame, parts, divided.transformation.scale_floor, forecast).figures()
    yield from figures({})
    yield from divided.judge.all_scores("test", race.test[0])
    yield from race.verdict
    yield from bands
    yield from next(iter(bands["levels"].values()))
    yield from ("seeds", "test_consulted", "intervals")


def faults(record: Record) -> list[str]:
    """What is wrong with the pages, a sentence each; nothing where they are current."""
    found = []
    if _rounded(rules()) != record["rules"]:
        found.append("Figures of the code have changed since judging.json was computed. Run docs/judging.py.")
    texts = {language: path.read_text("utf-8") for language, path in PAGES.items()}
    for language, text in texts.items():
        name = PAGES[language].name
        try:
            stale = filled(text, record, language) != text
        except KeyError as error:
            found.append(f"docs/{name}: {error.args[0]}. Run docs/judging.py.")
            continue
        if stale:
            found.append(f"Stale: docs/{name}. Run `make docs` and commit what it wrote.")
        found += [f"docs/{name} has a figure that nothing computed: {line}" for line in unmarked(text)]
        found += [f"docs/{name} does not explain `{missing}`." for missing in nameless(text)]
    only = paths(texts["en"]) ^ paths(texts["pt"])
    return found + [f"Only one of the pages has the figure {path} {form}." for path, form in sorted(only)]
