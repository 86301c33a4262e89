"""What an experiment found, as numbers to draw, as a table, and as a report."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from trintena.domain import finite_json
from trintena.evaluation.studies import found_by
from trintena.experiments.backtest import BacktestCase
from trintena.experiments.case import Case
from trintena.experiments.judged import judged_forecast
from trintena.experiments.overview import refuse_backtest, rows_so_far
from trintena.language import language
from trintena.report import TestForecast
from trintena.report.judged import saved_share
from trintena.settings import Settings
from trintena.web.api.fields import refusals
from trintena.web.api.result_schemas import Curves, TestForecasts
from trintena.web.api.schemas import ExperimentNumber
from trintena.web.site import TheSite
from trintena.zoo import architecture

router = APIRouter(prefix="/api/experiments/{experiment_id}", tags=["experiments"])

_REPORT_LIMIT_S = 120
_one_report = threading.Lock()
"""A report is made by a process that loads much: one at a time."""
_POLICY_FIELD = '<meta http-equiv="Content-Security-Policy" content="'


@router.get("/curves", summary="Learning curves", response_model=Curves, responses=refusals(404, 422))
def curves(experiment_id: ExperimentNumber, site: TheSite) -> Response:
    """The best search trial of each architecture so far, epoch by epoch, and what is being trained."""
    registry = site.registry
    record = registry.experiment(experiment_id)
    is_training = record.spec.backtest is None
    trials = registry.trials(experiment_id, purpose="search", forecasts=False) if is_training else []
    best = [trial for found in found_by(trials) if (trial := found.best_trial) is not None]
    best.sort(key=lambda trial: (trial.validation_rmse, trial.model_id))
    progress = registry.standing(experiment_id).progress
    answer = {
        "experiment_id": experiment_id,
        "last_value_rmse": _last_value_rmse(record.result, progress),
        "curves": [
            {
                "model_id": trial.model_id,
                "model_name": architecture(trial.model_id).name,
                "number": trial.number,
                "rmse": trial.validation_rmse,
                "best_epoch": trial.best_epoch,
                "validation": trial.validation_curve,
                "training": trial.train_losses,
            }
            for trial in best
        ],
        "running": [
            {
                **{name: run[name] for name in ("model_id", "model_name", "purpose", "number")},
                "validation": run["curve"],
            }
            for run in (progress or {"running": ()})["running"]
        ],
    }
    return JSONResponse(finite_json(answer))


def _last_value_rmse(result: Mapping[str, Any] | None, progress: Mapping[str, Any] | None) -> float | None:
    if result is not None:
        rows = {row["key"]: row for row in result["baselines"]}
        rmse: float | None = rows.get("last_value", {}).get("validation_rmse")
        return rmse
    return None if progress is None else progress["last_value_rmse"]


@router.get(
    "/test-forecasts",
    summary="The leader's forecasts of the test segment, or those of a backtest",
    response_model=TestForecasts,
    responses=refusals(404, 422),
)
def test_forecasts(experiment_id: ExperimentNumber, site: TheSite) -> Response:
    """What was forecast beside what came, and the error saved over repeating the last value.

    Nothing is looked at anew: where the answer judged nobody, there is nothing to show.
    """
    registry = site.registry
    record = registry.experiment(experiment_id)
    answer: dict[str, Any] = dict.fromkeys(TestForecasts.model_fields)
    answer |= {"experiment_id": experiment_id, "target": record.spec.target}
    result = record.result if record.finished_at is not None else None
    if result is None or result.get("winner" if record.spec.backtest is None else "model") is None:
        return JSONResponse(answer)
    trials = registry.trials(experiment_id, purpose="refit" if record.spec.search else None)
    if record.spec.backtest is not None:
        test: TestForecast | None = BacktestCase.load(registry, record).judged_forecast(trials)
    else:
        test = judged_forecast(Case.load(registry, record), result, trials)
    if test is not None:
        answer |= {
            "model_id": test.model_id,
            "model_name": architecture(test.model_id).name,
            "dates": [[_iso(date) for date in row] for row in test.dates],
            "actual": test.actual_prices,
            "forecast": test.prices,
            "last": test.last,
            "actual_change": test.actual,
            "forecast_change": test.forecast,
            "error_saved": saved_share(test),
            "intervals": {
                str(level): {"lower": lower, "upper": upper} for level, (lower, upper) in test.bounds.items()
            },
        }
    return JSONResponse(finite_json(answer))


def _iso(date: Any) -> str:
    """A day, with its time where there is one."""
    return str(date).removesuffix("T00:00:00")


@router.get(
    "/board.csv",
    summary="The board as a table",
    response_class=Response,
    responses={
        200: {
            "description": "Architectures, then baselines; decimal points, UTF-8.",
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": "kind,rank,model_id,rmse\nmodel,1,11,0.0234\n",
                }
            },
        },
        **refusals(404, 422),
    },
)
def board(experiment_id: ExperimentNumber, site: TheSite) -> Response:
    """Every figure of the board so far, for a spreadsheet or a program."""
    record = site.registry.experiment(experiment_id)
    rows = [{"kind": "model", **row} for row in rows_so_far(site.registry, record)]
    if record.spec.backtest is not None and record.result is not None and record.result["model"] is not None:
        about = {name: record.result[name] for name in ("version", "model_id", "model_name")}
        rows = [{"kind": "model", **about, **record.result["model"]}]
    rows += [{"kind": "baseline", **row} for row in (record.result or {}).get("baselines", [])]
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(["kind", *(name for row in flat for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    name = f"trintena-experiment-{experiment_id}-board.csv"
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One value for each column: `best_params` is spread, lists are left to the JSON answers."""
    spread: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            spread |= {f"{name}.{key}": own for key, own in value.items()}
        else:
            spread[name] = value
    return {name: value for name, value in spread.items() if not isinstance(value, list | tuple)}


@router.get(
    "/report",
    summary="The report",
    response_class=Response,
    responses={
        200: {
            "description": "The page of `trintena report`, in the reader's language; it needs nothing else.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        **refusals(404, 422),
    },
)
def report(
    experiment_id: ExperimentNumber,
    site: TheSite,
    download: Annotated[bool, Query(description="As a file to keep.")] = False,
) -> Response:
    """An experiment, finished or partial, as one page: board, curves, search, verdict and its evidence."""
    refuse_backtest(site.registry.experiment(experiment_id))
    page = _rendered(site.settings, experiment_id)
    headers = {
        "Content-Security-Policy": f"sandbox allow-scripts; {_policy_of(page)}; frame-ancestors 'none'"
    }
    if download:
        headers["Content-Disposition"] = f'attachment; filename="trintena-report-{experiment_id}.html"'
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _rendered(settings: Settings, experiment_id: int) -> str:
    """The page, made by a process of its own: it loads Optuna, which this one never does."""
    environment = {
        **os.environ,
        "TRINTENA_HOME": str(settings.home),
        "TRINTENA_DATABASE_URL": settings.database_url,
        "TRINTENA_LANG": language(),
    }
    with _one_report, tempfile.TemporaryDirectory(prefix="trintena-") as folder:
        file = Path(folder) / "report.html"
        command = [sys.executable, "-m", "trintena", "report", str(experiment_id), "-o", str(file)]
        made = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_REPORT_LIMIT_S,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"the report of experiment {experiment_id} failed: {made.stderr.strip()}")
        return file.read_text("utf-8")


def _policy_of(page: str) -> str:
    """What the page says itself that it needs."""
    start = page.index(_POLICY_FIELD) + len(_POLICY_FIELD)
    return unescape(page[start : page.index('"', start)])
