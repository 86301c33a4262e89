"""The ranked table of an experiment that has ended: models and baselines, what failed below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trintena.report import reasons, words
from trintena.report.material import selection
from trintena.report.ranking import counted
from trintena.web.pages.training.telling import MEDALS

if TYPE_CHECKING:
    from trintena.report import Report

_OPTIONAL = (
    "skill",
    "skill_against_drift",
    "test_directional_accuracy",
    "trial_counts",
    "seeds",
    "parameters",
)


def ranking(report: Report) -> dict[str, Any]:
    """What the table shows.

    Baselines stand where their score puts them, without a number: they cannot win. A column that no row has
    anything in is not shown.
    """
    models = sorted(
        (row for row in report.rows if row.get("rank") is not None), key=lambda row: int(row["rank"])
    )
    rows = [_of_model(row) for row in models]
    baselines = [_of_baseline(row) for row in report.answer.get("baselines") or ()]
    for baseline in sorted(
        (row for row in baselines if row["selection"] is not None), key=lambda row: row["selection"]
    ):
        worse = (i for i, row in enumerate(rows) if row["selection"] > baseline["selection"])
        rows.insert(next(worse, len(rows)), baseline)
    shown = {name for name in _OPTIONAL if any(row[name] not in (None, "") for row in rows)}
    return {
        "rows": rows,
        "shown": shown,
        "direction": words.direction(report.spec.horizon),
        "last_value": next((row for row in baselines if row["key"] == "last_value"), None),
        "n_models": len(models),
        "without_result": [
            *(_without_result(row) for row in report.rows if row.get("rank") is None),
            *(_failed_baseline(row) for row in report.answer.get("baselines") or () if row.get("reason")),
        ],
    }


def _of_model(row: Mapping[str, Any]) -> dict[str, Any]:
    rank = int(row["rank"])
    seeds = row.get("seeds") or {}
    return {
        "key": None,
        "place": rank,
        "medal": MEDALS.get(rank, ""),
        "name": f"{row['model_id']} {row['model_name']}",
        "selection": selection(row),
        "seeds": (seeds["min"], seeds["max"]) if seeds.get("min") is not None else None,
        "time": row.get("elapsed_time"),
        "setting": words.settings(row["best_params"]) if row.get("best_params") else "",
        **{name: row.get(name) for name in ("parameters", *_OPTIONAL[:3])},
        "trial_counts": counted(row.get("trial_counts")),
    }


def _of_baseline(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": row.get("key"),
        "place": None,
        "medal": "",
        "name": words.baseline(str(row.get("key")), str(row.get("name"))),
        "selection": row.get("validation_rmse"),
        "seeds": None,
        "time": None,
        "setting": "",
        "parameters": None,
        **{name: row.get(name) for name in _OPTIONAL[:3]},
        "trial_counts": "",
    }


def _failed_baseline(row: Mapping[str, Any]) -> dict[str, Any]:
    name = words.baseline(str(row["key"]), str(row["name"]))
    return {"name": name, "failed": True, "reason": reasons.told(str(row["reason"])), "trials": ""}


def _without_result(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{row.get('model_id')} {row.get('model_name')}",
        "failed": row.get("state") == "FAIL",
        "reason": reasons.told(str(row.get("reason") or "")),
        "trials": counted(row.get("trial_counts")),
    }
