"""An experiment in MLflow: one run for it, a nested one for each architecture, the files.

Only where a tracking URI is set (`MLFLOW_TRACKING_URI`) and the extra `mlflow` is installed. It is logged
after its end, from what is stored: MLflow holds a copy, never the truth, and nothing that it does can
harm the result.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trintena.domain import finite_json
from trintena.language import phrase

if TYPE_CHECKING:
    from trintena.registry import Registry
    from trintena.report import Report
    from trintena.settings import Settings

EXPERIMENT = "trintena"
"""The MLflow experiment that all of ours are runs of."""
CONNECT_S, LIMIT_S = 30, 300
"""Seconds until the store must have answered, and until everything must be logged."""

_PROGRAM = Path(__file__).with_name("mlflow_log.py")
_STATUS = {
    "succeeded": "FINISHED",
    "failed": "FAILED",
    "COMPLETE": "FINISHED",
    "FAIL": "FAILED",
}
"""MLflow's words for the end of an experiment, or of an architecture's study: else it was KILLED."""
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "15"}
"""MLflow's own are 7 repetitions of 120 seconds each; whoever sets them is heeded."""
_NO_USAGE_REPORTS = {"MLFLOW_DISABLE_TELEMETRY": "true"}
"""Read when MLflow is imported; without it MLflow asks a server of its own what to report."""


@dataclass(frozen=True)
class Remark:
    """What there is to tell about the logging."""

    sentence: str
    is_warning: bool


def missing(settings: Settings) -> str | None:
    """Before a training: that its experiment cannot be logged as wished, and the remedy; else None."""
    if settings.tracking_uri is None or _is_installed():
        return None
    return phrase(
        en="MLFLOW_TRACKING_URI is set, but MLflow is not installed: the experiment will not be logged. "
        "Install it with `pip install 'trintena[mlflow]'`.",
        pt="MLFLOW_TRACKING_URI está definida, mas o MLflow não está instalado: o experimento não será "
        "registrado nele. Instale-o com `pip install 'trintena[mlflow]'`.",
    )


def track(settings: Settings, registry: Registry, experiment_id: int) -> Remark | None:
    """Log a training that succeeded or failed; None where nobody asked for it, and of a backtest.

    One that was stopped is not over: it is logged when it has been resumed, and whoever stopped it need not
    wait for a server. What a failed experiment had logged before it was resumed is deleted in MLflow.
    """
    uri = settings.tracking_uri
    if uri is None or not _is_installed():
        return None
    record = registry.experiment(experiment_id)
    if record.state == "cancelled" or record.spec.backtest is not None:
        return None
    from trintena.experiments.report import gather_report

    report = gather_report(registry, experiment_id, alive=False)
    finished_at = record.finished_at or report.created_at
    with tempfile.TemporaryDirectory(prefix="trintena-mlflow-") as folder:
        files = [*_written(report, Path(folder)), *_saved(settings.home, report.answer)]
        reason = _run(json.dumps(message(report, finished_at.timestamp(), files)), uri)
    shown = _without_password(uri)
    if reason is None:
        sentence = phrase(
            en=f"Experiment {experiment_id} was logged to MLflow ({shown}).",
            pt=f"O experimento {experiment_id} foi registrado no MLflow ({shown}).",
        )
    else:
        reason = reason.replace(uri, shown)
        sentence = phrase(
            en=f"Experiment {experiment_id} could not be logged to MLflow ({shown}); its result is kept. "
            f"Check MLFLOW_TRACKING_URI. {reason}",
            pt=f"Não foi possível registrar o experimento {experiment_id} no MLflow ({shown}); o resultado "
            f"está guardado. Confira MLFLOW_TRACKING_URI. {reason}",
        )
    return Remark(sentence, is_warning=reason is not None)


def message(report: Report, finished_s: float, files: list[Path]) -> dict[str, Any]:
    """What the program is told: names, parameters (text), metrics (finite numbers), times (ms), files.

    Args:
        report: of the experiment that ended.
        finished_s: when, in seconds since 1970.
        files: what to attach.
    """
    answer, spec = report.answer, report.spec
    times = {"start_ms": int(report.created_at.timestamp() * 1000), "end_ms": int(finished_s * 1000)}
    winner = answer["winner"] or {}
    given = spec.to_json() | {"segments": {name: _span(s) for name, s in answer["segments"].items()}}
    if spec.search is not None:
        del given["hyperparameters"]  # fast mode's
    measured = {
        **_figures(winner, "rank"),
        "n_models": len(spec.model_ids),
        "n_rows": report.n_rows,
        "total_time": answer.get("total_time"),
        "avg_time_per_model": answer.get("avg_time_per_model"),
        "trial_counts": answer.get("trial_counts", {}),
        "baselines": {row["key"]: row for row in answer["baselines"]},
    }
    run = {
        "name": f"{spec.symbol} {spec.mode} {report.experiment_id}",
        "status": _STATUS[report.state],
        "tags": {
            "trintena.version": importlib.metadata.version("trintena"),
            **_tag("winner", winner.get("model_name")),
        },
        "params": _texts(given),
        "metrics": _numbers(measured),
        **times,
    }
    nested = [
        {
            "name": row["model_name"],
            "status": _STATUS.get(row["state"], "KILLED"),
            "tags": {"category": row["category"], **_tag("reason", row["reason"])},
            "params": _texts({"model_id": row["model_id"]} | (_setting(report, row) or {})),
            "metrics": _numbers(_figures(row)),
            **times,
        }
        for row in answer.get("all_results") or answer.get("results") or []
    ]
    return {
        "experiment": EXPERIMENT,
        "identity": f"{report.experiment_id} of {report.created_at.isoformat()}",
        "connect_s": CONNECT_S,
        "run": run,
        "nested": nested,
        "files": [str(file) for file in files],
    }


def _is_installed() -> bool:
    """Without loading it; the whole MLflow brings the small one along."""
    try:
        importlib.metadata.version("mlflow-skinny")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _run(told: str, uri: str) -> str | None:
    """Let the program log; None, or why it could not."""
    environment = {**_PATIENCE, **os.environ, **_NO_USAGE_REPORTS, "MLFLOW_TRACKING_URI": uri}
    try:
        # -P: the working directory, which may well hold a folder `mlflow`, is no place to import from.
        done = subprocess.run(
            [sys.executable, "-P", str(_PROGRAM)],
            input=told,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return _silent(LIMIT_S)
    if done.returncode == 0:
        return None
    if done.returncode < 0:  # ended by a signal: the alarm
        return _silent(CONNECT_S)
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _silent(seconds: int) -> str:
    return phrase(
        en=f"It was not ready within {seconds} seconds.", pt=f"Não ficou pronto em {seconds} segundos."
    )


def _written(report: Report, folder: Path) -> list[Path]:
    """The answer and the page, written to be attached."""
    from trintena.report import render

    answer, page = folder / "answer.json", folder / "report.html"
    answer.write_text(json.dumps(finite_json(report.answer), indent=2, ensure_ascii=False) + "\n", "utf-8")
    page.write_text(render(report), "utf-8")
    return [answer, page]


def _saved(home: Path, answer: Mapping[str, Any]) -> list[Path]:
    """The files of the model that was saved, and of the one that serves."""
    models = [answer[key] for key in ("champion", "serving") if key in answer]
    return [home / file for model in models for file in model["files"]]


def _setting(report: Report, row: dict[str, Any]) -> dict[str, Any] | None:
    """What the architecture was trained with: in optimized mode the best that was found, if any was."""
    if report.spec.search is None:
        return report.spec.to_json()["hyperparameters"]  # type: ignore[no-any-return]
    return row["best_params"]  # type: ignore[no-any-return]


def _figures(row: Mapping[str, Any], *without: str) -> dict[str, Any]:
    """What a row of the board measured, without what names it."""
    left_out = ("model_id", "best_params", *without)
    return {key: value for key, value in row.items() if key not in left_out}


def _tag(key: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {key: value}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves under their paths, such as `search/strategy`."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}/") if isinstance(value, Mapping) else {prefix + key: value}
    return flat


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in _flat(values).items()
        if value is not None
    }


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in _flat(values).items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _span(segment: Mapping[str, Any]) -> str:
    """As an interval of ISO 8601."""
    return f"{segment['first']}/{segment['last']}"


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)
