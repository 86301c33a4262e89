"""`trintena models`: the saved models, how each was judged, and which is champion."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trintena.cli.options import AsJson, Version, Yes, confirm
from trintena.cli.output import print_json, screen
from trintena.cli.tables import NOTHING, figure, moment, print_fields, print_table
from trintena.errors import UsageError

if TYPE_CHECKING:
    from trintena.domain import ModelVersion

app = typer.Typer(no_args_is_help=True, help="Saved models: list, show, promote, export, delete.")

_SEGMENTS = ("validation", "test")
_FIGURES = {
    "rmse": ("RMSE", ",.6g"),
    "mae": ("MAE", ",.6g"),
    "price_rmse": ("RMSE of the price", ",.6g"),
    "price_mae": ("MAE of the price", ",.6g"),
    "skill": ("skill against the last value", "+.2%"),
    "skill_against_drift": ("skill against drift", "+.2%"),
    "directional_accuracy": ("directional accuracy", ".1%"),
    "majority_share": ("share of the commoner direction", ".1%"),
}
"""What each figure is called, and how it is written; those without a unit are shares of 1."""


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
        print_json([_row(version) for version in versions])
        return
    if not versions:
        of = f" of {symbol}" if symbol else ""
        train = f"trintena train --symbol {symbol or 'sample:nasdaq'}"
        screen.print(f"No model{of} is saved yet. Train one: `{train}`.", soft_wrap=True)
        return
    print_table(
        ("version", "symbol", "model", "mode", "target", "ahead", "RMSE", "test skill"),
        [
            (
                f"{'★ ' if version.is_winner else ''}{version.version}",
                version.symbol,
                f"{version.model_id} {version.model_name}",
                version.mode,
                version.target,
                str(version.horizon),
                figure(_figure(version, "validation", "rmse"), ",.4g"),
                figure(_figure(version, "test", "skill"), "+.2%"),
            )
            for version in versions
        ],
        right=("version", "ahead", "RMSE", "test skill"),
        folding=("model",),
    )


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
        files = [
            {
                "kind": kind,
                "path": f"models/{model.stem}.{kind}",
                "sha256": checksum,
                "condition": _condition(trintena.settings.models / f"{model.stem}.{kind}", checksum),
            }
            for kind, checksum in model.checksums.items()
        ]
    if as_json:
        print_json({**_row(model), **_details(model), "files": files})
        return
    _print_model(model, files)


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
        f"Version {model.version} ({model.model_name}) is now the champion of {model.symbol}, "
        f"{model.target}, {model.horizon} ahead.",
        soft_wrap=True,
    )


@app.command()
def export(
    version: Version,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made if it is not there.")],
) -> None:
    """Copy a model's three files to a folder, after checking that they are whole.

    Prints the paths of the copies, one to a line.

    \b
    Examples:
    - `trintena models export 2 ./delivery`
    """
    from trintena.bootstrap import application

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder.", field="folder", hint="Give a folder.")
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
        told = f"version {version} ({model.model_name}, {model.symbol})"
        confirm(f"Delete {told} and its files?", yes=yes)
        trintena.services.delete_model(version)
    screen.print(f"Deleted {told}.", soft_wrap=True)


def _row(model: ModelVersion) -> dict[str, Any]:
    """A model as JSON values; its figures under the names that the board gives them."""
    return {
        "version": model.version,
        "symbol": model.symbol,
        "model_id": model.model_id,
        "model_name": model.model_name,
        "is_winner": model.is_winner,
        "mode": model.mode,
        "target": model.target,
        "horizon": model.horizon,
        "rmse": _figure(model, "validation", "rmse"),
        "test_rmse": _figure(model, "test", "rmse"),
        "skill": _figure(model, "test", "skill"),
        "experiment_id": model.experiment_id,
        "dataset_hash": model.dataset_hash,
        "created_at": model.created_at.isoformat(),
    }


def _details(model: ModelVersion) -> dict[str, Any]:
    described = asdict(model)
    return {key: described[key] for key in ("metrics", "parameters", "versions", "stem")}


def _figure(model: ModelVersion, segment: str, name: str) -> float | None:
    value: float | None = model.metrics.get(segment, {}).get(name)
    return value


def _last_value(rmse: float | None, skill: float | None) -> float | None:
    """The RMSE of the last value: skill is 1 - RMSE / that."""
    return None if rmse is None or skill is None or skill >= 1.0 else rmse / (1.0 - skill)


def _condition(path: Path, checksum: str) -> str:
    """`whole`, `missing`, `changed` or `unreadable`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    return "whole" if hashlib.sha256(data).hexdigest() == checksum else "changed"


def _print_model(model: ModelVersion, files: list[dict[str, Any]]) -> None:
    trained = "a deleted experiment" if model.experiment_id is None else f"experiment {model.experiment_id}"
    print_fields(
        {
            "version": f"{model.version}{', the champion' if model.is_winner else ''}",
            "model": f"{model.model_id}  {model.model_name}",
            "forecasts": f"{model.symbol}, {model.target}, {model.horizon} ahead",
            "trained by": f"{trained}, {model.mode} mode, dataset {model.dataset_hash[:12]}",
            "created": moment(model.created_at),
            "parameters": ", ".join(f"{name} {value}" for name, value in model.parameters.items()),
            "versions": ", ".join(f"{name} {value}" for name, value in model.versions.items()),
        }
    )
    rows = [
        (title, *(figure(_figure(model, segment, name), pattern) for segment in _SEGMENTS))
        for name, (title, pattern) in _FIGURES.items()
    ]
    last_value = [
        _last_value(_figure(model, segment, "rmse"), _figure(model, segment, "skill"))
        for segment in _SEGMENTS
    ]
    rows.insert(1, ("RMSE of the last value", *(figure(value) for value in last_value)))
    clone = [model.metrics.get(segment, {}).get("persistence_clone") for segment in _SEGMENTS]
    words = {True: "yes", False: "no", None: NOTHING}
    rows.append(("in practice repeats the last value", *(words[value] for value in clone)))
    screen.print()
    print_table(("figure", *_SEGMENTS), rows, right=_SEGMENTS, folding=("figure",))
    screen.print()
    print_table(
        ("file", "condition"), [(file["path"], file["condition"]) for file in files], folding=("file",)
    )
