"""`trintena cache`: the compiled programs that make a second run start at once."""

from __future__ import annotations

from pathlib import Path

import typer

from trintena.cli.options import AsJson, Yes, confirm
from trintena.cli.output import print_json, screen
from trintena.cli.tables import print_fields, size
from trintena.errors import TrintenaError
from trintena.language import number, phrase
from trintena.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="Compiled programs: where they are kept, and how to delete them."
)

_PROGRAM = "-cache"
_ENDINGS = (_PROGRAM, "-atime")
"""Of the files that JAX keeps: a compiled program, and when it was last used."""


def _folder() -> Path:
    return Settings.from_environment().cache / "programs"


def _files(folder: Path) -> dict[Path, int]:
    """The files of the cache and their sizes in bytes.

    Raises:
        TrintenaError: the folder cannot be read.
    """
    found = {}
    try:
        for path in sorted(folder.iterdir()):
            if path.name.endswith(_ENDINGS):
                found[path] = path.stat().st_size
    except FileNotFoundError:
        # No program was ever compiled; or another process deletes them at this moment.
        return found
    except OSError as error:
        raise TrintenaError(
            phrase(
                en=f"The cache {folder} cannot be read: {error.strerror}.",
                pt=f"Não é possível ler o cache {folder}: {error.strerror}.",
            )
        ) from error
    return found


def _count(files: dict[Path, int]) -> int:
    return sum(1 for path in files if path.name.endswith(_PROGRAM))


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show where the compiled programs are, how many there are, and their size.

    \b
    Examples:
    - `trintena cache show`
    - `trintena cache show --json`
    """
    folder = _folder()
    files = _files(folder)
    n_bytes = sum(files.values())
    if as_json:
        print_json({"path": str(folder), "n_programs": _count(files), "bytes": n_bytes})
        return
    print_fields({"path": str(folder), "programs": number(_count(files)), "size": size(n_bytes)})


@app.command()
def clear(yes: Yes = False) -> None:
    """Delete the compiled programs; the next training compiles those that it needs again.

    Nothing else is kept there: no price, no model and no result is lost.

    \b
    Examples:
    - `trintena cache clear`
    - `trintena cache clear --yes`
    """
    folder = _folder()
    files = _files(folder)
    if not files:
        nothing = phrase(
            en=f"There are no compiled programs in {folder}.", pt=f"Não há programas compilados em {folder}."
        )
        screen.print(nothing, soft_wrap=True)
        return
    doomed = phrase(en="{} compiled programs ({})", pt="{} programas compilados ({})").format(
        number(_count(files)), size(sum(files.values()))
    )
    confirm(phrase(en=f"Delete {doomed} from {folder}?", pt=f"Apagar {doomed} de {folder}?"), yes=yes)
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise TrintenaError(
                phrase(
                    en=f"Could not delete {path}: {error.strerror}.",
                    pt=f"Não foi possível apagar {path}: {error.strerror}.",
                )
            ) from error
    screen.print(phrase(en=f"Deleted {doomed}.", pt=f"Apagados: {doomed}."))
