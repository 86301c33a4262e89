"""What the options of `trintena train` mean, and which of them go together."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path

import typer

from trintena.domain import SearchSpace, Split
from trintena.errors import UsageError
from trintena.language import phrase

_SEARCHING = (
    "strategy",
    "n_trials",
    "budget",
    "space",
    "exploration",
    "no_pruning",
    "refit_all",
    *(each.name for each in fields(SearchSpace)),
)
"""Options of optimized mode alone."""
_BESIDE_RESUME = frozenset({"resume_id", "json_file", "workers", "executor", "address"})
"""Where to compute and where to answer; every other option decides the numbers, and is decided."""


def _given(context: typer.Context) -> dict[str, str]:
    """The options on the command line, by their parameters."""
    return {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if parameter.name
        and (source := context.get_parameter_source(parameter.name)) is not None
        and source.name == "COMMANDLINE"
    }


def refuse_searching(context: typer.Context) -> None:
    """Refuse options that fast mode would silently not heed."""
    if searching := [option for name, option in _given(context).items() if name in _SEARCHING]:
        raise UsageError(
            phrase(
                en=f"Fast mode searches for nothing; it takes no {', '.join(searching)}.",
                pt=f"O modo rápido não busca nada; não aceita {', '.join(searching)}.",
            ),
            field="mode",
            hint=phrase(en="Add --mode optimized.", pt="Acrescente --mode optimized."),
        )


def space_of(file: Path | None, chosen: dict[str, str | None]) -> SearchSpace:
    """The specification's space, changed by a file, changed by options."""
    from trintena.search import read_choice, read_space, read_space_file

    given = {name: read_choice(text) for name, text in chosen.items() if text is not None}
    base = SearchSpace() if file is None else read_space_file(file)
    changed = read_space(given)
    return replace(base, **{name: getattr(changed, name) for name in given})


def refuse_changes(context: typer.Context) -> None:
    """Refuse options that a resumed experiment would silently not heed."""
    changed = [option for name, option in _given(context).items() if name not in _BESIDE_RESUME]
    if changed:
        raise UsageError(
            phrase(
                en="--resume goes on with an experiment as it was planned; it takes no "
                f"{', '.join(changed)}.",
                pt=f"--resume continua um experimento como foi planejado; não aceita {', '.join(changed)}.",
            ),
            field="resume",
            hint=phrase(
                en="Leave it out, or leave --resume out to train anew.",
                pt="Retire essa opção, ou retire --resume para treinar de novo.",
            ),
        )


def refuse_idle_address(executor: str, address: str | None) -> None:
    """Refuse the address of a cluster on which nothing would run."""
    if address is not None and executor != "ray":
        raise UsageError(
            phrase(
                en=f"--address is of a Ray cluster; the executor is {executor}.",
                pt=f"--address é de um cluster Ray; o executor é {executor}.",
            ),
            field="address",
            hint=phrase(en="Add --executor ray.", pt="Acrescente --executor ray."),
        )


def years_of(text: str) -> int | None:
    """Whole years, or None for all rows."""
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(
            phrase(
                en=f"--years takes a whole number from 1 on, or all, not {text!r}.",
                pt=f"--years recebe um número inteiro a partir de 1, ou all, e não {text!r}.",
            ),
            field="years",
        )
    return int(text)


def split_of(text: str | None) -> Split:
    """Three fractions, or three dates."""
    if text is None:
        return Split()
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3:
        raise UsageError(
            phrase(
                en=f"--split takes three fractions or three dates, not {text!r}.",
                pt=f"--split recebe três frações ou três datas, e não {text!r}.",
            ),
            field="split",
        )
    try:
        first, second, third = (float(part) for part in parts)
    except ValueError:
        return Split(dates=(parts[0], parts[1], parts[2]))
    return Split(fractions=(first, second, third))


def check_writable(json_file: Path | None) -> None:
    """Refuse before training what would fail after it."""
    if json_file is None:
        return
    why = None
    try:
        if not os.path.lexists(json_file):
            json_file.touch()
            json_file.unlink()
        elif json_file.is_dir():
            why = phrase(en="It is a folder", pt="É uma pasta")
        elif not os.access(json_file, os.W_OK):  # opening a pipe would end it for its reader
            why = phrase(en="It may not be written to", pt="Não pode ser escrito")
    except OSError as error:
        why = error.strerror
    if why is not None:
        raise UsageError(
            phrase(
                en=f"Cannot write --json {json_file}: {why}.",
                pt=f"Não é possível escrever --json {json_file}: {why}.",
            ),
            field="json",
            hint=phrase(en="Name another file.", pt="Indique outro arquivo."),
        )
