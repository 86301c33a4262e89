"""From the bytes of a file to its text: UTF-8, UTF-16 with a mark, or the code page of Western Windows."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from trintena.errors import DataError
from trintena.language import phrase

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SEVERAL_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""Letters of UTF-8 beyond ASCII. A text in another encoding hardly ever has such a sequence."""


@dataclass(frozen=True)
class FileText:
    """The text of a file and the encoding it was in."""

    path: Path
    """As it was given, for commands that a message proposes."""
    content: str
    encoding: str
    """`UTF-8`, `UTF-16` or `Windows-1252`."""

    @property
    def name(self) -> str:
        """The name of the file, for messages."""
        return self.path.name


def read_text(path: Path, known_as: Path | None = None) -> FileText:
    """The text of a file, which is spoken of under another name if it is `known_as` one.

    A byte-order mark decides. Without one it is UTF-8; bytes that cannot be UTF-8 make it Windows-1252,
    in which Excel saves on most Windows machines, unless other bytes show that it is UTF-8 with damage.

    Raises:
        DataError: there is no such file, it cannot be read, or its bytes are no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = _reason(error)
        raise DataError(
            phrase(en=f"Cannot read {path}: {reason}.", pt=f"Não é possível ler {path}: {reason}."),
            field="csv",
            hint=phrase(en="Check the path.", pt="Confira o caminho."),
        ) from error
    known_as = known_as or path
    if content.startswith(UTF_16_MARKS):
        return _decoded(known_as, content, "utf-16", "UTF-16")
    if b"\0" in content:
        raise _no_text(known_as.name, content, content.index(b"\0"), "UTF-8")
    marked = content.startswith(codecs.BOM_UTF8)
    try:
        # files that were appended to each other have a mark in the middle, too
        return FileText(known_as, content.decode("utf-8").replace("\ufeff", ""), "UTF-8")
    except UnicodeDecodeError as error:
        if marked or SEVERAL_BYTES.search(content):
            raise _no_text(known_as.name, content, error.start, "UTF-8") from error
    return _decoded(known_as, content, "cp1252", "Windows-1252")


def source_of_file(path: Path) -> str:
    """How a series says which file it came from; letters of the name that are none become `?`."""
    return "csv:" + path.name.encode("utf-8", "replace").decode("utf-8")


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return phrase(en="there is no such file", pt="não existe esse arquivo")
        case IsADirectoryError():
            return phrase(en="it is a folder", pt="é uma pasta")
        case PermissionError():
            return phrase(en="it may not be read by you", pt="você não tem permissão para ler")
    return str(error.strerror)


def _decoded(path: Path, content: bytes, codec: str, encoding: str) -> FileText:
    try:
        return FileText(path, content.decode(codec), encoding)
    except UnicodeDecodeError as error:
        raise _no_text(path.name, content, error.start, encoding) from error


def _no_text(name: str, content: bytes, at: int, encoding: str) -> DataError:
    line = content.count(b"\n", 0, at) + 1
    found = f"0x{content[at]:02X}"
    return DataError(
        phrase(
            en=f"{name}, line {line}: expected text in {encoding}, found the byte {found}, which is none.",
            pt=f"{name}, linha {line}: esperava texto em {encoding}, encontrou o byte {found}, que não é.",
        ),
        field="csv",
        hint=phrase(
            en="Save the file as CSV in UTF-8 (in Excel: 'CSV UTF-8').",
            pt="Salve o arquivo como CSV em UTF-8 (no Excel: 'CSV UTF-8').",
        ),
    )
