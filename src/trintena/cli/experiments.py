"""`trintena experiments`: what was run, how far it is, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trintena.cli.options import AsJson, ExperimentId, Yes, confirm
from trintena.cli.output import print_json, screen
from trintena.cli.tables import NOTHING, moment, print_fields, print_table
from trintena.errors import BusyError, UsageError

if TYPE_CHECKING:
    from trintena.bootstrap import Application
    from trintena.registry import ExperimentRecord

app = typer.Typer(no_args_is_help=True, help="Experiments: list, show, cancel, resume, delete.")

INTERRUPTED = "interrupted"
"""Shown for an experiment that the database has as `running`, but that no process runs any more."""


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the experiments, the newest first.

    `interrupted` means that the process which ran it is gone; what it finished is kept.

    \b
    Examples:
    - `trintena experiments list`
    - `trintena experiments list --json`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        records = trintena.registry.experiments()
        rows = [_described(trintena, record) for record in records]
    if as_json:
        print_json(rows)
        return
    if not rows:
        screen.print("No experiment was run yet. Run one: `trintena train --symbol sample:nasdaq`.")
        return
    print_table(
        ("id", "state", "symbol", "mode", "trained", "winner", "created"),
        [
            (
                str(record.id),
                row["state"],
                row["symbol"],
                row["mode"],
                _trained(record),
                row["winner"]["model_name"] if row["winner"] else NOTHING,
                moment(record.created_at),
            )
            for record, row in zip(records, rows, strict=True)
        ],
        right=("id",),
        folding=("trained", "winner"),
    )


@app.command()
def show(experiment_id: ExperimentId, as_json: AsJson = False) -> None:
    """Show an experiment: what it runs, how far it is, its board, and how to resume it if it stopped.

    \b
    Examples:
    - `trintena experiments show 3`
    - `trintena experiments show 3 --json`
    """
    from trintena.bootstrap import application
    from trintena.cli.board import print_board, print_ranking

    with application() as trintena:
        record = trintena.registry.experiment(experiment_id)
        row = _described(trintena, record)
        results = _results(trintena, record)
    if as_json:
        print_json({**row, "spec": record.spec.to_json(), "result": record.result, "results": results})
        return
    _print_experiment(record, row)
    screen.print()
    # An experiment that was resumed keeps the answer of its last end until the next one.
    if record.finished_at is not None and record.result is not None:
        print_board(record.result)
    elif results:
        print_ranking(results, [])
    if row["resume"]:
        screen.print(f"What is finished is kept. Train the rest: `{row['resume']}`", soft_wrap=True)


@app.command()
def cancel(experiment_id: ExperimentId) -> None:
    """Ask an experiment to end; the process that runs it does so within seconds and keeps what is finished.

    \b
    Examples:
    - `trintena experiments cancel 3`
    """
    from trintena.bootstrap import application
    from trintena.jobs.locks import ExperimentLock

    with application() as trintena:
        registry = trintena.registry
        if not registry.request_cancel(experiment_id):
            ended = registry.experiment(experiment_id).state
            raise UsageError(f"Experiment {experiment_id} has ended already: it is {ended}.")
        try:
            with ExperimentLock(trintena.settings.locks, experiment_id):
                # Nobody runs it, so nobody would heed the request.
                if registry.cancel_requested(experiment_id):
                    registry.set_state(experiment_id, "cancelled")
                    registry.add_event(experiment_id, "cancelled")
        except BusyError:
            screen.print(f"Experiment {experiment_id} was asked to end; it does so within seconds.")
            return
        ended = registry.experiment(experiment_id).state
    screen.print(f"Experiment {experiment_id} is {ended}.")


@app.command()
def resume(
    experiment_id: ExperimentId,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the answer to this file.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that train; default: one for each core.")
    ] = None,
) -> None:
    """Train what is missing of an experiment; the same as `trintena train --resume ID`.

    \b
    Examples:
    - `trintena experiments resume 3`
    - `trintena experiments resume 3 --json answer.json`
    """
    from trintena.cli.train import resume as resume_training

    resume_training(experiment_id, json_file, workers)


@app.command()
def delete(experiment_id: ExperimentId, yes: Yes = False) -> None:
    """Delete an experiment with its trials; its saved models and its dataset stay.

    \b
    Examples:
    - `trintena experiments delete 3`
    - `trintena experiments delete 3 --yes`
    """
    from trintena.bootstrap import application
    from trintena.jobs.locks import ExperimentLock

    with application() as trintena:
        record = trintena.registry.experiment(experiment_id)
        # Held to the end: nobody can begin to run what is being deleted.
        with ExperimentLock(trintena.settings.locks, experiment_id):
            confirm(
                f"Delete experiment {experiment_id} ({record.spec.symbol}, {_trained(record)} trained)?",
                yes=yes,
            )
            trintena.registry.delete_experiment(experiment_id)
    screen.print(f"Deleted experiment {experiment_id}. Its saved models stay: `trintena models list`.")


def _described(trintena: Application, record: ExperimentRecord) -> dict[str, Any]:
    """An experiment as JSON values, without its specification and its results."""
    from trintena.jobs.locks import is_held

    alive = is_held(trintena.settings.locks, record.id)
    state = INTERRUPTED if record.state == "running" and not alive else record.state
    winner = (record.result or {}).get("winner")
    return {
        "id": record.id,
        "state": state,
        "message": record.message,
        "symbol": record.spec.symbol,
        "mode": record.spec.mode,
        "n_models": len(record.spec.model_ids),
        "n_finished": record.n_finished,
        "n_failed": record.n_failed,
        "winner": winner and {key: winner[key] for key in ("model_id", "model_name", "rmse")},
        "dataset_hash": record.spec.dataset_hash,
        "created_at": record.created_at.isoformat(),
        "started_at": record.started_at and record.started_at.isoformat(),
        "finished_at": record.finished_at and record.finished_at.isoformat(),
        "cancel_requested": record.cancel_requested,
        "resume": None if alive or state == "succeeded" else f"trintena train --resume {record.id}",
    }


def _results(trintena: Application, record: ExperimentRecord) -> list[dict[str, Any]]:
    """The rows of the board: those of the answer, or, until there is one, of the trials so far."""
    from trintena.evaluation.board import model_rows

    if record.state == "succeeded" and record.result is not None:
        rows: list[dict[str, Any]] = record.result["results"]
        return rows
    registry = trintena.registry
    return model_rows(registry.trials(record.id), registry.trial_metrics(record.id))


def _trained(record: ExperimentRecord) -> str:
    failed = f", {record.n_failed} failed" if record.n_failed else ""
    return f"{record.n_finished} of {len(record.spec.model_ids)}{failed}"


def _day(date: str) -> str:
    return date.removesuffix("T00:00:00")


def _print_experiment(record: ExperimentRecord, row: dict[str, Any]) -> None:
    spec = record.spec
    fields = {
        "experiment": str(record.id),
        "state": row["state"] if record.message is None else f"{row['state']}: {record.message}",
        "series": f"{spec.symbol}, {_day(spec.start)} to {_day(spec.end)}, dataset {spec.dataset_hash[:12]}",
        "mode": f"{spec.mode}, seed {spec.seed}",
        "forecast": f"{spec.target}, {spec.horizon} ahead, from windows of {spec.lookback} ({spec.features})",
        "trained": _trained(record),
        "created": moment(record.created_at),
        "finished": moment(record.finished_at),
    }
    if champion := (record.result or {}).get("champion"):
        title = "champion" if champion["is_winner"] else "not the champion"
        fields["saved as"] = f"version {champion['version']} ({title})"
    print_fields(fields)
