"""`trintena models`: the saved models, how each was judged, and which is champion."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from trintena.cli.models_shown import print_model, print_models
from trintena.cli.options import AsJson, Version, Yes, confirm
from trintena.cli.output import print_json, screen
from trintena.errors import UsageError
from trintena.language import phrase
from trintena.services.models_json import described, in_full, states_of_files

app = typer.Typer(no_args_is_help=True, help="Saved models: list, show, promote, export, delete.")


@app.command("list")
def list_(
    symbol: Annotated[str | None, typer.Option(help="Only the models of this symbol.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the saved models, the newest first; a star marks the champions.

    \b
    Examples:
    - `trintena models list`
    - `trintena models list --symbol NVDA --json`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        versions = trintena.registry.versions(symbol)
    if as_json:
        print_json([described(version) for version in versions])
        return
    if not versions:
        of = phrase(en=f" of {symbol}", pt=f" de {symbol}") if symbol else ""
        train = f"trintena train --symbol {shlex.quote(symbol or 'sample:nasdaq')}"
        screen.print(
            phrase(
                en=f"No model{of} is saved yet. Train one: `{train}`.",
                pt=f"Ainda não há modelo salvo{of}. Treine um: `{train}`.",
            ),
            soft_wrap=True,
        )
        return
    print_models(versions)


@app.command()
def show(version: Version, as_json: AsJson = False) -> None:
    """Show a saved model: its figures beside the last value, what made it, and whether its files are whole.

    \b
    Examples:
    - `trintena models show 2`
    - `trintena models show 2 --json`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        model = trintena.registry.version(version)
        files = states_of_files(trintena.settings.models, model)
        answer = trintena.services.answer_behind(model)
    if as_json:
        print_json({**in_full(model), "files": files})
        return
    print_model(model, files, answer)


@app.command()
def promote(version: Version) -> None:
    """Make a saved model the champion of its symbol, target and horizon.

    \b
    Examples:
    - `trintena models promote 2`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        model = trintena.services.promote(version)
    screen.print(
        phrase(
            en=f"Version {model.version} ({model.model_name}) is now the champion of {model.symbol}, "
            f"{model.target}, {model.horizon} ahead.",
            pt=f"A versão {model.version} ({model.model_name}) agora é a campeã de {model.symbol}, "
            f"{model.target}, {model.horizon} à frente.",
        ),
        soft_wrap=True,
    )


@app.command()
def export(
    version: Version,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made if it is not there.")],
) -> None:
    """Copy a model's files to a folder, its card among them, after checking that they are whole.

    Prints the paths of the copies, one to a line.

    \b
    Examples:
    - `trintena models export 2 ./delivery`
    """
    from trintena.bootstrap import application

    if folder.exists() and not folder.is_dir():
        raise UsageError(
            phrase(en=f"{folder} is a file, not a folder.", pt=f"{folder} é um arquivo, não uma pasta."),
            field="folder",
            hint=phrase(en="Give a folder.", pt="Informe uma pasta."),
        )
    with application() as trintena:
        copies = trintena.services.export(version, folder)
    for copy in copies:
        typer.echo(copy)


@app.command()
def delete(version: Version, yes: Yes = False) -> None:
    """Delete a saved model and its files; a champion only when no other could take its place.

    \b
    Examples:
    - `trintena models delete 2`
    - `trintena models delete 2 --yes`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        model = trintena.registry.version(version)
        told = phrase(en="version", pt="versão") + f" {version} ({model.model_name}, {model.symbol})"
        confirm(phrase(en=f"Delete {told} and its files?", pt=f"Apagar a {told} e seus arquivos?"), yes=yes)
        trintena.services.delete_model(version)
    screen.print(phrase(en=f"Deleted {told}.", pt=f"Apagada a {told}."), soft_wrap=True)
