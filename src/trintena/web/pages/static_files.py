"""Style and scripts of the pages, under addresses that change with their content."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

FOLDER = Path(str(files("trintena.web.pages") / "static"))


@cache
def fingerprint() -> str:
    """Twelve letters that change when any of the files does."""
    digest = sha256()
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(FOLDER)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """Where a file is served: scripts find each other by relative imports beside it."""
    return f"/static/{fingerprint()}/{name}"


def mount_static(app: FastAPI) -> None:
    """Serve the files; what their address promises never changes."""
    app.mount(f"/static/{fingerprint()}", StaticFiles(directory=FOLDER), name="static")
