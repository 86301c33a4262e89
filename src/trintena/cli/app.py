"""The application: its commands, and what an error becomes.

Exit codes: 0 done, 1 failed, 2 bad usage or bad input, 130 interrupted (what was finished is kept).
"""

from __future__ import annotations

import io
import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from trintena.cli import cache, data, experiments, models, zoo
from trintena.cli.backtest import backtest
from trintena.cli.output import people, say_error
from trintena.cli.predict import predict
from trintena.cli.report import report
from trintena.cli.serve import serve, worker
from trintena.cli.train import train
from trintena.errors import NotFoundError, TrintenaError, UsageError

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="trintena",
    help="Thirty recurrent networks compete to forecast your price series, and are judged honestly.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train)
app.command()(predict)
app.command()(backtest)
app.command()(report)
app.command()(serve)
app.command()(worker)
app.add_typer(zoo.app, name="zoo")
app.add_typer(data.app, name="data")
app.add_typer(experiments.app, name="experiments")
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"trintena {version('trintena')}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Thirty recurrent networks compete to forecast your price series, and are judged honestly.

    Everything is kept under `TRINTENA_HOME` (default: the working directory).
    """


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


class _ToPeople(logging.Handler):
    """Prints what is logged while a command works: that a source limits requests, and for how long."""

    def emit(self, record: logging.LogRecord) -> None:
        people.print(self.format(record), markup=False, soft_wrap=True)


_to_people = _ToPeople(logging.WARNING)


def main() -> None:
    """Run the command line; errors become one clear message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a letter that a terminal does not know, or half a letter in a file's name, ends no command
            stream.reconfigure(errors="replace")
    logging.getLogger("trintena").addHandler(_to_people)
    # A polite end is an interrupt: what is finished is kept, and workers end with us.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except TrintenaError as error:
        say_error(error)
        sys.exit(BAD_USAGE if isinstance(error, UsageError | NotFoundError) else FAILED)
