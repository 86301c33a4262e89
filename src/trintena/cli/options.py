"""Options and arguments that several commands share, and the question before something is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast, get_args

import typer

from trintena.cli.output import people
from trintena.domain import Measures
from trintena.errors import NotFoundError, UsageError, one_of
from trintena.language import phrase

_LARGEST = 2**31 - 1
"""Of a number that a database gives out; asking it for a larger one would be an error of its own."""


def _number(text: str) -> int:
    """The number of a version or an experiment, if a database could have given it out.

    Raises:
        UsageError: it is no whole number.
        NotFoundError: nothing has such a number.
    """
    listed = phrase(
        en="Numbers are in `trintena models list` and `trintena experiments list`.",
        pt="Os números estão em `trintena models list` e `trintena experiments list`.",
    )
    try:
        number = int(text)
    except ValueError:
        raise UsageError(
            phrase(
                en=f"Expected a whole number, not {text!r}.",
                pt=f"Esperava-se um número inteiro, não {text!r}.",
            ),
            hint=listed,
        ) from None
    if not 1 <= number <= _LARGEST:
        raise NotFoundError(
            phrase(en=f"There is no number {number}.", pt=f"Não há o número {number}."), hint=listed
        )
    return number


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON to standard output instead of a table.")]
MeasuresOption = Annotated[
    str | None,
    typer.Option(
        "--measures",
        metavar="price|value",
        help="Whether the series is of prices or of other values; default: as its columns say.",
    ),
]

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Processes that train; default: one for each core, of a cluster for each of its.",
    ),
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(
        "--executor",
        metavar="local|ray",
        help="Where it runs: on this machine, or on a Ray cluster; default: local, resumed: as before.",
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="Of the Ray cluster: auto, HOST:PORT or ray://HOST:PORT; default: TRINTENA_RAY_ADDRESS or auto.",
    ),
]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")]
ExperimentId = Annotated[
    int, typer.Argument(metavar="ID", parser=_number, help="As `trintena experiments list` shows it.")
]
Version = Annotated[
    int, typer.Argument(metavar="VERSION", parser=_number, help="As `trintena models list` shows it.")
]
OptionalVersion = Annotated[
    int | None,
    typer.Option(
        "--model", metavar="VERSION", parser=_number, help="A model version; default: the champion."
    ),
]


@dataclass(frozen=True)
class Where:
    """Where an experiment is to run, as somebody asked."""

    workers: int | None = None
    executor: str | None = None
    """None: local or, of an experiment that is resumed, where it was asked to run before."""
    address: str | None = None
    """Of the Ray cluster; None: that of the settings."""


def measures_of(text: str | None) -> Measures | None:
    """What a series is said to measure; None where nobody said it."""
    return None if text is None else cast("Measures", one_of("measures", text, get_args(Measures)))


def confirm(question: str, *, yes: bool) -> None:
    """Ask, on standard error, whether to go on; with `yes` the answer is known.

    Raises:
        typer.Exit: with code 1, the answer was no, or there was nobody to give one.
    """
    if yes:
        return
    try:
        choices = phrase(en="[y/N]", pt="[s/N]")
        answer = typer.prompt(f"{question} {choices}", default="", show_default=False, err=True)
    except typer.Abort:
        answer = ""
        people.print()
    if answer.strip().lower() not in ("y", "yes", "s", "sim"):
        people.print(
            phrase(
                en="Nothing was deleted. Without a question: --yes.",
                pt="Nada foi apagado. Sem pergunta: --yes.",
            )
        )
        raise typer.Exit(1)
