"""`trintena zoo`: the architectures, straight from the catalog. Loads no numerical framework."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from trintena.cli.options import AsJson
from trintena.cli.output import print_json, screen
from trintena.cli.tables import print_fields, print_table
from trintena.errors import UnknownNameError, UsageError
from trintena.language import phrase
from trintena.zoo import ARCHITECTURES, CATEGORIES, Architecture, WindowShape, architecture
from trintena.zoo.catalog import list_hint

app = typer.Typer(no_args_is_help=True, help="The architectures: what each is, and how large.")

_TABULATED = WindowShape(lookback=60, n_features=5, horizon=1)
"""The window for which parameters are counted, unless another is asked for."""

Lookback = Annotated[int, typer.Option(min=1, max=2048, help="Rows in a window.")]
Features = Annotated[int, typer.Option("--features-count", min=1, max=64, help="Columns that are read.")]
Horizon = Annotated[int, typer.Option(min=1, max=512, help="Steps ahead.")]


def _row(recipe: Architecture, shape: WindowShape) -> dict[str, Any]:
    return {
        "model_id": recipe.id,
        "model_name": recipe.name,
        "category": recipe.category,
        "parameters": recipe.count_parameters(shape),
        "reference": recipe.reference,
    }


@app.command("list")
def list_(
    category: Annotated[
        str | None, typer.Option(help=f"Only one category: {', '.join(CATEGORIES)}.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the architectures, with the parameters that each has for 60 rows, 5 columns, 1 step ahead.

    \b
    Examples:
    - `trintena zoo list`
    - `trintena zoo list --category gru`
    - `trintena zoo list --json`
    """
    if category is not None and category not in CATEGORIES:
        known = ", ".join(CATEGORIES)
        raise UnknownNameError(
            phrase(en="category", pt="categoria"),
            category,
            CATEGORIES,
            field="category",
            hint=phrase(en=f"There are {known}.", pt=f"Há {known}."),
        )
    rows = [
        _row(recipe, _TABULATED)
        for recipe in ARCHITECTURES
        if category is None or recipe.category == category
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("id", "name", "category", "parameters", "reference"),
        [
            (
                str(row["model_id"]),
                row["model_name"],
                row["category"],
                f"{row['parameters']:,}",
                row["reference"],
            )
            for row in rows
        ],
        right=("id", "parameters"),
        folding=("reference",),
    )


def _chosen(text: str) -> Architecture:
    """The architecture with the id that was typed."""
    if not text.isdecimal():
        raise UsageError(
            phrase(
                en=f"Expected the id of an architecture, a whole number, not {text!r}.",
                pt=f"Esperava o id de uma arquitetura, um número inteiro, e não {text!r}.",
            ),
            hint=list_hint(),
        )
    return architecture(int(text))


@app.command()
def show(
    model_id: Annotated[str, typer.Argument(metavar="ID", help="As `trintena zoo list` shows it.")],
    lookback: Lookback = _TABULATED.lookback,
    n_features: Features = _TABULATED.n_features,
    horizon: Horizon = _TABULATED.horizon,
    as_json: AsJson = False,
) -> None:
    """Show one architecture: what it is, its layers as a diagram, its parameters, where it comes from.

    \b
    Examples:
    - `trintena zoo show 24`
    - `trintena zoo show 26 --lookback 30 --features-count 1 --horizon 5`
    - `trintena zoo show 24 --json`
    """
    from trintena.zoo.diagram import diagram

    recipe = _chosen(model_id)
    shape = WindowShape(lookback, n_features, horizon)
    description = inspect.getdoc(recipe.builder) or ""
    drawn = diagram(recipe, shape)
    row = _row(recipe, shape)
    if as_json:
        window = {"lookback": lookback, "n_features": n_features, "horizon": horizon}
        print_json({**row, "description": description, "diagram": drawn, "window": window})
        return
    print_fields(
        {
            "id": str(recipe.id),
            "name": recipe.name,
            "category": f"{recipe.category} ({CATEGORIES[recipe.category]})",
            "parameters": f"{row['parameters']:,} for windows of {lookback} rows and {n_features} columns, "
            f"{horizon} {'step' if horizon == 1 else 'steps'} ahead",
            "reference": recipe.reference,
        }
    )
    screen.print(f"\n{description}\n\n{drawn}", soft_wrap=True)
