"""`trintena experiments`: what was run, how far it is, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trintena.cli.options import (
    AddressOption,
    AsJson,
    ExecutorOption,
    ExperimentId,
    Where,
    WorkersOption,
    Yes,
    confirm,
)
from trintena.cli.output import print_json, screen
from trintena.language import phrase

app = typer.Typer(no_args_is_help=True, help="Experiments: list, show, cancel, resume, delete.")


@app.command("list")
def list_(
    backtests: Annotated[bool, typer.Option("--backtests", help="Backtests instead of trainings.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the experiments, the newest first.

    `interrupted` means that the process which ran it is gone; what it finished is kept.

    \b
    Examples:
    - `trintena experiments list`
    - `trintena experiments list --backtests`
    - `trintena experiments list --json`
    """
    from trintena.bootstrap import application
    from trintena.experiments.overview import described

    with application() as trintena:
        records = trintena.registry.experiments(backtests=backtests)
        rows = [described(trintena.locks, record) for record in records]
    if as_json:
        print_json(rows)
        return
    if not rows:
        train = "trintena backtest" if backtests else "trintena train --symbol sample:nasdaq"
        screen.print(
            phrase(
                en=f"No experiment was run yet. Run one: `{train}`.",
                pt=f"Nenhum experimento foi executado ainda. Execute um: `{train}`.",
            ),
            soft_wrap=True,
        )
        return
    from trintena.cli.experiments_shown import print_experiments

    print_experiments(records, rows)


@app.command()
def show(experiment_id: ExperimentId, as_json: AsJson = False) -> None:
    """Show an experiment: what it runs, how far it is, its board, and how to resume it if it stopped.

    \b
    Examples:
    - `trintena experiments show 3`
    - `trintena experiments show 3 --json`
    """
    from trintena.bootstrap import application
    from trintena.experiments.overview import described, failures, rows_so_far
    from trintena.jobs.locks import has_workers

    with application() as trintena:
        record = trintena.registry.experiment(experiment_id)
        row = described(trintena.locks, record)
        results = rows_so_far(trintena.registry, record)
        counts = trintena.registry.trial_counts(experiment_id)
        reasons = failures(trintena.registry, experiment_id)
        waits_for_nobody = row["enqueued"] and not has_workers(trintena.locks)
    if as_json:
        by_model = {str(model_id): own for model_id, own in counts.items()}
        about = {"spec": record.spec.to_json(), "trial_counts_by_model": by_model, "failures": reasons}
        print_json({**row, **about, "result": record.result, "results": results})
        return
    from trintena.cli.experiments_shown import (
        print_answer,
        print_experiment,
        print_failures,
        print_trial_counts,
    )
    from trintena.cli.ranking import print_ranking

    print_experiment(record, row)
    screen.print()
    if record.spec.search is not None:
        print_trial_counts(results, counts, alive=row["state"] == "running")
        print_failures(reasons)
        screen.print()
    # An experiment that was resumed keeps the answer of its last end until the next one.
    if record.finished_at is not None and record.result is not None:
        print_answer(record.spec, record.result)
    elif results:
        print_ranking(results, [], record.spec)
    if row["resume"]:
        screen.print(
            phrase(
                en=f"What is finished is kept. Go on with it: `{row['resume']}`",
                pt=f"O que terminou está salvo. Continue: `{row['resume']}`",
            ),
            soft_wrap=True,
        )
    if waits_for_nobody:
        screen.print(
            phrase(
                en="No worker runs that would train it. Start one: `trintena serve`, or `trintena worker`",
                pt="Nenhum processo está treinando a fila. Inicie um: `trintena serve` ou `trintena worker`",
            ),
            soft_wrap=True,
        )


@app.command()
def cancel(experiment_id: ExperimentId) -> None:
    """Ask an experiment to end; the process that runs it does so within seconds and keeps what is finished.

    \b
    Examples:
    - `trintena experiments cancel 3`
    """
    from trintena.bootstrap import application
    from trintena.experiments import overview

    with application() as trintena:
        if overview.cancel(trintena.locks, trintena.registry, experiment_id):
            sentence = phrase(
                en=f"Experiment {experiment_id} is cancelled.", pt=f"Experimento {experiment_id}: cancelado."
            )
        else:
            sentence = phrase(
                en=f"Experiment {experiment_id} was asked to end; it does so within seconds.",
                pt=f"Foi pedido que o experimento {experiment_id} termine; leva alguns segundos.",
            )
    screen.print(sentence, soft_wrap=True)


@app.command()
def resume(
    experiment_id: ExperimentId,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the answer to this file.")
    ] = None,
    workers: WorkersOption = None,
    executor: ExecutorOption = None,
    address: AddressOption = None,
) -> None:
    """Run what is missing of an experiment; the same as `trintena train --resume ID`, or of a backtest as
    `trintena backtest --resume ID`.

    \b
    Examples:
    - `trintena experiments resume 3`
    - `trintena experiments resume 3 --json answer.json`
    """
    from trintena.cli.train import resume as resume_training

    resume_training(experiment_id, json_file, Where(workers, executor, address))


@app.command()
def delete(experiment_id: ExperimentId, yes: Yes = False) -> None:
    """Delete an experiment with its trials and Optuna studies; its saved models and its dataset stay.

    \b
    Examples:
    - `trintena experiments delete 3`
    - `trintena experiments delete 3 --yes`
    """
    from trintena.bootstrap import application
    from trintena.cli.experiments_shown import progress
    from trintena.experiments.removal import delete_experiment
    from trintena.jobs.locks import ExperimentLock

    with application() as trintena:
        record = trintena.registry.experiment(experiment_id)
        # Held to the end: nobody can begin to run what is being deleted.
        with ExperimentLock(trintena.locks, experiment_id):
            told = f"{experiment_id} ({record.spec.symbol}, {progress(record)})"
            confirm(
                phrase(en=f"Delete experiment {told}?", pt=f"Apagar o experimento {told}?"),
                yes=yes,
            )
            delete_experiment(trintena.registry, trintena.settings.database_url, experiment_id)
    screen.print(
        phrase(
            en=f"Deleted experiment {experiment_id}. Its saved models stay: `trintena models list`.",
            pt=f"Experimento {experiment_id} apagado. Seus modelos salvos ficam: `trintena models list`.",
        ),
        soft_wrap=True,
    )
