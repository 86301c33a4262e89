"""What every part of the page says in the same way: how many faults, where a run was made, that none was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trintena.language import number, phrase, span

Record = Mapping[str, Any]


def missing(command: str) -> str:
    """That there is no record, and what makes one."""
    return phrase(
        en=f"Not recorded yet: `{command}` makes the record.",
        pt=f"Ainda sem registro: `{command}` faz o registro.",
    )


def faults(n: int) -> str:
    """So many faults."""
    if not n:
        return phrase(en="no fault", pt="nenhuma falha")
    return f"{number(n)} " + phrase(en="fault" if n == 1 else "faults", pt="falha" if n == 1 else "falhas")


def made(name: str, runs: Sequence[Record]) -> str:
    """When, where and of what commit the runs of a record were."""
    lines = []
    for run in runs:
        on = run["machine"]
        where = (
            on
            if isinstance(on, str)
            else f"{on['cpu']}, {on['cores']} cores, {on['system']}, Python {on['python']}"
        )
        if not isinstance(on, str):
            where = phrase(en=where, pt=where.replace(" cores,", " núcleos,"))
        lines.append(
            phrase(
                en=f"- `{name}`, seed {run['seed']}: {run['date']}, commit {run['commit']}, "
                f"{span(run['seconds'])}, {where}",
                pt=f"- `{name}`, semente {run['seed']}: {run['date']}, commit {run['commit']}, "
                f"{span(run['seconds'])}, {where}",
            )
        )
    return "\n".join(lines)
