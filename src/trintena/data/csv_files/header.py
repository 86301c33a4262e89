"""Where the header of a file is, what separates its columns, and what it calls them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.titles import parts_of, plain
from trintena.data.words import quoted
from trintena.errors import DataError
from trintena.language import phrase

SEPARATORS = {
    ",": ("comma", "vírgula"),
    ";": ("semicolon", "ponto e vírgula"),
    "\t": ("tab", "tabulação"),
    "|": ("pipe", "barra vertical"),
}
"""What may stand between columns, and its name in English and Portuguese."""
_LOOKED_AT = 50
"""Lines from the beginning of a file in which separator and header must show themselves."""
_PAIR = re.compile(r"""\(\s*(["'])(.*)\1\s*,\s*(["'])(.*)\3\s*\)""")
"""A title of two levels as Python writes it: `('Close', 'NVDA')`."""
_NO_HEADER = re.compile(r"\s*$|#|\W*sep=.\s*$")
"""A line that is empty, a comment, or Excel's hint on the separator."""
_NAME = re.compile(r"[^\W\d_]")
"""Every symbol and every title has a letter."""


def find_header(file: str, lines: Sequence[str]) -> tuple[str, int]:
    """What separates the columns, and how many lines stand before the header.

    The header is the first line in which a separator divides off the title of a column of dates, or else
    any known title; where there is none, the first divided line that is followed by another; or else the
    first line of all. The separator with the best and earliest header is taken; of several with the
    same, the one that divides most lines into as many columns as the header.
    """
    said = (at for at, line in enumerate(lines) if not _NO_HEADER.match(line))
    shown = list(islice(said, _LOOKED_AT))
    if not shown:
        raise empty_file(file)
    unquoted = ["".join(lines[at].split('"')[::2]) for at in shown]
    texts = [lines[at].replace('"', "").strip() for at in shown]
    candidates: list[tuple[bool, bool, int, int, str]] = []
    for separator in SEPARATORS:
        counts = [line.count(separator) for line in unquoted]
        parts = [
            {part for title in set(texts[i].split(separator)) for part in parts_of(title)} if n else set()
            for i, n in enumerate(counts)
        ]
        dated = [i for i, found in enumerate(parts) if "date" in found and len(found) > 1]
        titled = [i for i, found in enumerate(parts) if found]
        followed = [i for i, (count, below) in enumerate(pairwise(counts)) if count and below]
        if counts[0] or titled or followed:
            first = (dated or titled or followed or [0])[0]
            alike = sum(count == counts[first] for count in counts[first:])
            candidates.append((not titled, not followed, first, -alike, separator))
    candidates.sort()
    best = [candidate for candidate in candidates if candidate[:-1] == candidates[0][:-1]]
    if len(best) == 1:
        *_, first, _, separator = best[0]
        return separator, shown[first]
    names = [SEPARATORS[separator] for *_, separator in best]
    header = quoted(lines[shown[0]].strip())
    raise file_refusal(
        file,
        shown[0] + 1,
        phrase(
            en="expected a header whose columns are separated by commas, semicolons or tabs, found "
            + (f"{' or '.join(en for en, _ in names)}, and cannot tell which" if names else "none")
            + f": {header}.",
            pt="esperava um cabeçalho com colunas separadas por vírgula, ponto e vírgula ou tabulação, "
            + (f"encontrou {' ou '.join(pt for _, pt in names)} sem saber qual" if names else "não há")
            + f": {header}.",
        ),
        phrase(
            en="Separate the columns by commas, and quote names that hold one.",
            pt="Separe as colunas por vírgulas e ponha entre aspas os nomes que contêm uma.",
        ),
    )


def read_header(raw: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """The title and the symbol of each column, and how many rows the header has."""
    first = raw[0]
    if len(raw) > 1 and _is_level(first, raw[1]):
        symbols, titles = map(list, sorted(raw[:2], key=_names_prices))
        symbols[0], n_header = "", 2
        titles[0] = first[0] if "date" in parts_of(first[0]) else ""
        if len(raw) > 2 and "date" in parts_of(raw[2][0]) and not any(raw[2][1:]):
            titles[0], n_header = raw[2][0], 3
        return tuple(titles), tuple(symbols), n_header
    pairs = [_PAIR.fullmatch(cell) for cell in first]
    titles = [pair[2] if pair else cell for pair, cell in zip(pairs, first, strict=True)]
    return tuple(titles), tuple(pair[4] if pair else "" for pair in pairs), 1


def _names_prices(level: Sequence[str]) -> tuple[bool, int]:
    """Orders a level of symbols before one of prices: by its corner, or else by how many parts it names."""
    return (
        plain(level[0]) not in ("ticker", "symbol"),
        len({part for cell in level[1:] for part in parts_of(cell)}),
    )


def _is_level(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the second row belongs to the header: symbols under prices, or prices under symbols."""
    corners = {"price", "ticker", "symbol", ""}
    return (
        len(first) == len(second) > 1
        and (plain(first[0]) in corners or "date" in parts_of(first[0]))
        and plain(second[0]) in corners
        and all(_NAME.search(cell) and not is_null(cell) for cell in second[1:])
        and any(all(parts_of(cell) or not cell for cell in level[1:]) for level in (first, second))
    )


def file_refusal(file: str, line: int, message: str, remedy: str, field: str | None = "csv") -> DataError:
    """An error that names the file and the line."""
    where = phrase(en=f"{file}, line {line}", pt=f"{file}, linha {line}")
    return DataError(f"{where}: {message}", field=field, hint=remedy)


def empty_file(file: str) -> DataError:
    """There is no header in the file."""
    return DataError(
        phrase(en=f"{file} is empty.", pt=f"{file} está vazio."),
        field="csv",
        hint=phrase(
            en="Choose a file with a header and rows of date and value.",
            pt="Escolha um arquivo com cabeçalho e linhas de data e valor.",
        ),
    )
