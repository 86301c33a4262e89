"""File systems of a size of their own, and read-only ones: real ones, mounted for a test."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")


@contextmanager
def small(folder: Path, n_bytes: int) -> Iterator[Path]:
    """A file system in memory of so many bytes, in place of a folder."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs Linux and root")
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        # Lazily: a process that was just ended may hold a file for an instant.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(folder: Path, n_bytes: int) -> None:
    """Give a small file system another size."""
    _mount("-o", f"remount,size={n_bytes}", str(folder))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A small file system that cannot be written meanwhile."""
    _mount("-o", "remount,ro", str(folder))
    try:
        yield
    finally:
        _mount("-o", "remount,rw", str(folder))


def fill(folder: Path) -> Path:
    """Fill a file system to its last block; gives the file that takes the place."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
    return file
