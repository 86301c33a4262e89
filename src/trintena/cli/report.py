"""`trintena report`: an experiment as a web page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from trintena.cli.options import ExperimentId
from trintena.cli.output import screen
from trintena.cli.tables import size
from trintena.errors import TrintenaError, UsageError
from trintena.language import phrase


def report(
    experiment_id: ExperimentId,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it; default: report-ID.html, here."
        ),
    ] = None,
) -> None:
    """Write an experiment, finished or partial, as one web page that needs nothing else.

    It holds the verdict, the board, learning curves, the history of the search, the importance of the
    hyper-parameters, every trial as a line, and the champion's forecasts of the test segment beside
    the last value. Any browser opens it, also without a network.

    An earlier report is written over; any other file is not.

    \b
    Examples:
    - `trintena report 3`
    - `trintena report 3 --output nvda.html`
    - `TRINTENA_LANG=pt trintena report 3`
    """
    from trintena.bootstrap import application
    from trintena.experiments.report import gather_report
    from trintena.jobs.locks import is_held
    from trintena.report import render

    file = output or Path(f"report-{experiment_id}.html")
    _refuse_foreign(file)
    with application() as trintena:
        alive = is_held(trintena.locks, experiment_id)
        page = render(gather_report(trintena.registry, experiment_id, alive=alive))
    _write(file, page.encode())
    written = size(file.stat().st_size)
    screen.print(
        phrase(en=f"Wrote {file} ({written}).", pt=f"{file} foi escrito ({written})."), soft_wrap=True
    )


def _refuse_foreign(file: Path) -> None:
    """Before any work: what is no report is not written over."""
    from trintena.report import is_report

    try:
        if not file.exists() or is_report(file):
            return
    except OSError as error:
        raise _unwritable(file, error) from error
    raise UsageError(
        phrase(
            en=f"{file} exists and is no report of Trintena; it was left as it is.",
            pt=f"{file} já existe e não é um relatório do Trintena; ficou como está.",
        ),
        field="output",
        hint=phrase(
            en="Choose another file with --output, or remove that one.",
            pt="Escolha outro arquivo com --output ou remova esse.",
        ),
    )


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: an interrupted command leaves the former report."""
    staging = file.with_name(f"{file.name}.{os.getpid()}.staging")
    try:
        staging.write_bytes(content)
        staging.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        staging.unlink(missing_ok=True)


def _unwritable(file: Path, error: OSError) -> TrintenaError:
    return UsageError(
        phrase(
            en=f"{file} cannot be written: {error.strerror}.",
            pt=f"Não foi possível escrever {file}: {error.strerror}.",
        ),
        field="output",
        hint=phrase(en="Choose another place with --output.", pt="Escolha outro lugar com --output."),
    )
