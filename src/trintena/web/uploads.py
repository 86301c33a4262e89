"""Files of prices that people send: copied under a name of our own, then read like any other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile

from trintena.data import read_csv
from trintena.data.csv_files.reading import CsvReading
from trintena.language import number, phrase
from trintena.web.errors import RefusedError

LONGEST_FILE_NAME = 100


def read_upload(file: UploadFile, limit_bytes: int, **told: Any) -> CsvReading:
    """How a file that was sent is understood; nothing is stored.

    Args:
        file: what came.
        limit_bytes: how large it may be.
        told: what it leaves open, as `read_csv` takes it.

    Raises:
        RefusedError: it is too large.
        DataError: it cannot be read, or not with certainty.
    """
    if (file.size or 0) > limit_bytes:
        limit = limit_bytes / 2**20
        allowed = number(limit, ",.0f" if limit >= 1 else ",.2g")
        raise RefusedError(
            413,
            "too_large",
            phrase(
                en=f"The file is larger than the {allowed} MiB that may be.",
                pt=f"O arquivo é maior que os {allowed} MiB permitidos.",
            ),
            field="file",
        )
    with _on_disk(file) as path:
        return read_csv(path, known_as=name_of(file), **told)


def name_of(file: UploadFile) -> str:
    """The name that a client gives its file, for messages and as a default: no path, nothing unprintable."""
    last = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(letter for letter in last if letter.isprintable()).strip()[-LONGEST_FILE_NAME:]
    return name if name.strip(".") else "upload.csv"


@contextmanager
def _on_disk(file: UploadFile) -> Iterator[Path]:
    """The path of a copy under a name of our own, gone afterwards."""
    with tempfile.NamedTemporaryFile(prefix="trintena-upload-", suffix=".csv") as copy:
        shutil.copyfileobj(file.file, copy)
        copy.flush()
        yield Path(copy.name)
