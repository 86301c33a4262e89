"""What happens around every request of Schemathesis: trainings are made small, and every answer is noted.

Schemathesis imports it. The file that the notes go to is named by `RELIABILITY_NOTES`.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

import schemathesis

from reliability.csv_files import making
from reliability.homes import SMALL

NOTES = "RELIABILITY_NOTES"
_ASYNC_SHARE, _SMALL_SHARE, _FILE_SHARE = 0.97, 0.6, 0.7
_N_FILES = 100_000
_chance = random.Random(0)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """A training that would be accepted is small, and mostly not waited for; a file is one of prices."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if case.method.upper() != "POST":
        return
    if case.path == "/api/datasets" and is_valid and _chance.random() < _FILE_SHARE:
        case.body = _prices()
    if case.path not in ("/api/train-advanced", "/api/backtest"):
        return
    if _chance.random() < _ASYNC_SHARE:
        case.headers["Prefer"] = "respond-async"
    if case.path == "/api/train-advanced" and is_valid and isinstance(case.body, dict):
        if _chance.random() < _SMALL_SHARE:
            mode = case.body.get("mode", "fast")
            case.body = {**SMALL, "mode": mode, **({"n_trials": 1} if mode == "optimized" else {})}
        elif not case.body.get("model_ids"):
            case.body = {**case.body, "model_ids": [9]}


def _prices() -> dict[str, Any]:
    """A form with a file of any format, as text: bytes count as a body that breaks the rules."""
    while True:
        made = making.case(0, _chance.randrange(_N_FILES), large_share=0.0)
        try:
            text = made.file.content.decode("utf-8")
        except UnicodeDecodeError:
            continue
        told = {key: value for key, value in made.options.items() if len(str(value)) < 10}
        return {"file": text, "name": "fuzz", **told}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Note route, status and seconds."""
    note = {
        "route": f"{case.method.upper()} {case.path}",
        "status": response.status_code,
        "seconds": round(response.elapsed, 4),
    }
    with open(os.environ[NOTES], "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps(note) + "\n")


@schemathesis.hook
def after_network_error(context: Any, case: Any, request: Any) -> None:
    """Note a request that was not answered."""
    note = {"route": f"{case.method.upper()} {case.path}", "status": 0, "seconds": 0.0}
    with open(os.environ[NOTES], "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps(note) + "\n")
