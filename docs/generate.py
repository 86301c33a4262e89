"""Write the pages of `docs/reference/` from the code itself; `--check` names those that are stale.

Each page comes from what it describes: the command line's own help, the table of the settings, the
catalog of the architectures. The text is the same on every machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["TYPER_USE_RICH"] = "0"  # read by Typer when it is imported: plain help texts

import typer
from typer.testing import CliRunner

from trintena import settings
from trintena.cli import app
from trintena.web.api.reference import REFUSALS
from trintena.web.app import create_app
from trintena.zoo import ARCHITECTURES, CATEGORIES, WindowShape

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py; do not edit. `make docs` writes it anew. -->"
HELP_WIDTH = 110
TABULATED = WindowShape(lookback=60, n_features=5, horizon=1)
"""The window for which the page of the zoo counts parameters."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command below `command`, itself first, in the order of its help."""
    yield path
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from commands(child, (*path, name))


def cli_page() -> str:
    """Every command with its help, as the terminal shows it."""
    parts = ["# Command line"]
    for path in commands(typer.main.get_command(app)):
        shown = CliRunner().invoke(app, [*path, "--help"], prog_name="trintena", terminal_width=HELP_WIDTH)
        if shown.exit_code != 0:
            raise SystemExit(f"`trintena {' '.join(path)} --help` failed: {shown.output}")
        help_text = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
        parts.append(f"## `{' '.join(('trintena', *path))}`\n\n```text\n{help_text}\n```")
    return "\n\n".join(parts)


def first_line(function: Callable[..., object]) -> str:
    """What a function says of itself in one line, fit for a cell of a table."""
    return (function.__doc__ or "").partition("\n")[0].replace("|", "\\|")


def zoo_page() -> str:
    """The catalog, one table for each category."""
    parts = [
        "# The zoo",
        f"Parameters are counted for a lookback of {TABULATED.lookback}, a horizon of {TABULATED.horizon} "
        f"and {TABULATED.n_features} features. [How to add one](../adding-an-architecture.md).",
    ]
    for key, title in CATEGORIES.items():
        rows = [
            f"| {row.id} | {row.name} | {first_line(row.builder)} | {row.count_parameters(TABULATED):,} "
            f"| {row.reference} |"
            for row in ARCHITECTURES
            if row.category == key
        ]
        parts.append(f"## {title}\n\nChosen together by `--models {key}`.")
        parts.append(
            "\n".join(
                ["| id | name | what it is | parameters | reference |", "|---|---|---|---:|---|", *rows]
            )
        )
    return "\n\n".join(parts)


def settings_page() -> str:
    """The table of the environment variables, as the module that reads them states it."""
    table = [line for line in (settings.__doc__ or "").splitlines() if line.startswith("|")]
    if not table:
        raise SystemExit("trintena.settings has lost the table in its docstring")
    return "\n\n".join(
        [
            "# Settings",
            "Where a process runs is decided by its environment. What it runs is decided by the options of "
            "[the command line](cli.md).",
            "\n".join(table),
        ]
    )


def http_page() -> str:
    """Every route of the API, as its OpenAPI description has it."""
    described = create_app().openapi()
    everywhere = "; ".join(
        f"`{status}` {_clause(about['description'])}" for status, about in REFUSALS.items()
    )
    parts = [
        "# HTTP API",
        "Served by `trintena serve`, which also shows it as a page to try things on (`/docs`) and describes "
        "it for programs (`/openapi.json`). [What it is like to use](../server.md).",
        f"Whatever is asked for may be answered by {everywhere}.",
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            parts.append(f"## `{method.upper()} {path}`\n\n{operation['summary']}.")
            if text := operation.get("description", "").strip():
                parts.append(text)
            if given := [*_parameters(operation), *_fields(operation, described)]:
                parts.append("\n".join(["| field | in | meaning |", "|---|---|---|", *given]))
            own = {
                status: about["description"]
                for status, about in operation["responses"].items()
                if int(status) not in REFUSALS
            }
            answers = [
                f"`{status}`" if text == "Successful Response" else f"`{status}` {_clause(text)}"
                for status, text in own.items()
            ]
            parts.append("Answers: " + "; ".join(answers) + ".")
    return "\n\n".join(parts)


def _clause(sentence: str) -> str:
    """A sentence as part of a longer one."""
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        yield _row(parameter["name"], parameter["in"], parameter.get("description", ""))


def _fields(operation: dict[str, Any], described: dict[str, Any]) -> Iterator[str]:
    """The fields of the body that an operation takes, of whatever media type."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        schema = described["components"]["schemas"][name] if name else media["schema"]
        for field, about in schema.get("properties", {}).items():
            yield _row(field, "body", about.get("description", ""))


def _row(name: str, place: str, meaning: str) -> str:
    told = " ".join(meaning.split()).replace("|", "\\|")
    return f"| `{name}` | {place} | {told} |"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "http.md": http_page,
    "settings.md": settings_page,
    "zoo.md": zoo_page,
}


def render() -> dict[Path, str]:
    """Every page's text under its path."""
    return {REFERENCE / name: f"{NOTE}\n\n{page()}\n" for name, page in PAGES.items()}


def stale(pages: dict[Path, str]) -> list[str]:
    """The names of the pages that are missing, differ, or have no source any more."""
    written = set(REFERENCE.glob("*.md"))
    changed = {path for path, text in pages.items() if path not in written or path.read_text("utf-8") != text}
    return sorted(path.name for path in changed | (written - pages.keys()))


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    check = parser.parse_args().check
    pages = render()
    if check:
        if names := stale(pages):
            print(f"Stale in docs/reference/: {', '.join(names)}. Run `make docs` and commit what it wrote.")
            return 1
        print(f"{len(pages)} pages of docs/reference/ are current.")
        return 0
    REFERENCE.mkdir(exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
