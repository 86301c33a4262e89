"""A program of its own, run by `tracking`: writes one experiment, read from standard input, into MLflow.

In a process of its own, because MLflow takes seconds to load, sets up logging and telemetry when it is
imported, and repeats a failed request for minutes: whatever it does, it can be ended, and the process that
trained is left as it was. Where to write, and how patiently, is in the environment, in MLflow's variables.

It imports nothing of Trintena. When it fails, the last line of its standard error says why.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient

IDENTITY = "trintena.experiment"
"""The tag of all runs of one experiment, which no other experiment shares, whatever its database."""
PARENT = "mlflow.parentRunId"
"""The tag by which MLflow shows a run below another (`MLFLOW_PARENT_RUN_ID` in `mlflow_tags.py`)."""


def main() -> None:
    """Log what standard input holds: see `tracking.message`."""
    given = json.load(sys.stdin)
    from mlflow import MlflowClient

    # MLflow tries for more than a minute and a half to open a database. The alarm ends this process; until
    # the store has answered there is nothing that could be left half done.
    signal.alarm(given["connect_s"])
    client = MlflowClient()
    experiment = client.get_experiment_by_name(given["experiment"])
    signal.alarm(0)
    key = experiment.experiment_id if experiment else client.create_experiment(given["experiment"])
    earlier = client.search_runs([key], f"tags.`{IDENTITY}` = '{given['identity']}'")
    tags = {IDENTITY: given["identity"]}
    parent = _log(client, key, given["run"], tags)
    for path in given["files"]:
        client.log_artifact(parent, path)
    for run in given["nested"]:
        child = _log(client, key, run, {**tags, PARENT: parent})
        client.set_terminated(child, run["status"], run["end_ms"])
    client.set_terminated(parent, given["run"]["status"], given["run"]["end_ms"])
    # Only now: what a failure left is replaced by what the resumed experiment came to.
    for run in earlier:
        client.delete_run(run.info.run_id)


def _log(client: MlflowClient, experiment: str, run: dict[str, Any], tags: dict[str, str]) -> str:
    """Begin a run with all that is known of it, and give its id."""
    from mlflow.entities import Metric, Param

    begun = client.create_run(experiment, run["start_ms"], {**run["tags"], **tags}, run["name"])
    metrics = [Metric(name, value, run["end_ms"], 0) for name, value in run["metrics"].items()]
    params = [Param(name, value) for name, value in run["params"].items()]
    client.log_batch(begun.info.run_id, metrics, params)
    return str(begun.info.run_id)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # stores and their plug-ins raise what they please; all of it is reported
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())}")
