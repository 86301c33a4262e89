"""Print, as JSON, all runs that MLflow keeps under `MLFLOW_TRACKING_URI`, and fetch the files of each.

Run as `python read_runs.py FOLDER`, in a process of its own: MLflow 3.17 makes SQLAlchemy 2.1 warn, a test
process takes warnings for errors, and mappers that failed would spoil Trintena's, too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import ViewType

client = MlflowClient()
(experiment,) = client.search_experiments(filter_string="name = 'trintena'")
runs = client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL, order_by=["start_time"])
for run in runs:
    folder = Path(sys.argv[1], run.info.run_id)
    folder.mkdir()
    if client.list_artifacts(run.info.run_id):
        client.download_artifacts(run.info.run_id, "", str(folder))
print(
    json.dumps(
        [
            {
                "id": run.info.run_id,
                "name": run.info.run_name,
                "status": run.info.status,
                "is_deleted": run.info.lifecycle_stage == "deleted",
                "params": run.data.params,
                "metrics": run.data.metrics,
                "tags": run.data.tags,
            }
            for run in runs
        ]
    )
)
