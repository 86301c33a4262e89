"""What Schemathesis is told: which numbers and names are there, what is dear to ask for, what is no fault."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from reliability.homes import SYMBOL

PARAMETERS = {
    "path.experiment_id": "experiments",
    "query.experiment": "experiments",
    "query.before": "experiments",
    "path.version": "versions",
    "body.version": "versions",
    "path.key": "series",
    "query.symbol": "series",
    "body.symbol": "series",
    "body.dataset": "hashes",
    "query.lookback": "lookbacks",
    "body.lookback": "lookbacks",
    "body.years": "years",
    "body.budget": "budgets",
    "query.budget": "budgets",
    "body.start": "dates",
    "body.end": "dates",
}
"""In which dictionary Schemathesis finds values that a field may well have."""
_OFTEN = 0.75
ACCEPTED = ["2xx", "304", "401", "403", "404", "409", "422", "424", "429"]
"""What may be answered to a request that fits its description: it may still name what is not
there, or make no sense (`start` after `end`), which only who knows the data can tell."""
_SLOWEST_S = 60.0
"""Of an answer: a training is waited for."""
_DEAR = ("/api/experiments/{experiment_id}/report",)
"""Each answer starts a process: a few will do."""


def dictionaries(address: str) -> dict[str, Sequence[str | int]]:
    """Numbers and names of what a server has."""
    with httpx.Client(base_url=address, timeout=60) as ask:
        experiments = ask.get("/api/experiments").json()["experiments"]
        models = ask.get("/api/models").json()
        stored = [row for row in ask.get("/api/datasets").json() if row["dataset_hash"]]
    found = models if isinstance(models, list) else models["models"]
    return {
        "experiments": [row["id"] for row in experiments],
        "versions": [row["version"] for row in found],
        "series": [SYMBOL, "sample:nasdaq", *(row["dataset_hash"][:12] for row in stored)],
        "hashes": [SYMBOL, *(row["dataset_hash"] for row in stored)],
        "lookbacks": [2, 8, 20],
        "years": ["all", 2],
        "budgets": ["1s", "2", "5s"],
        "dates": ["2018-06-01", "2020-01-02", "2021-01-04", "2021-06-01"],
    }


def written(folder: Path, known: Mapping[str, Sequence[str | int]], hooks: str) -> Path:
    """The file of settings for one home."""
    lines = [
        f"hooks = {_toml(hooks)}",
        "max-stream-events = 5",
        "warnings = false",
        "continue-on-failure = true",
    ]
    lines += ["", "[checks]", f"positive_data_acceptance.expected-statuses = {_toml(ACCEPTED)}"]
    lines += [f"max_response_time = {_SLOWEST_S}"]
    for name, values in known.items():
        lines += ["", f"[dictionaries.{name}]", f"values = {_toml(list(values))}"]
    lines += ["", "[parameters]"]
    lines += [
        f'"{name}" = {{ dictionary = "{of}", probability = {_OFTEN} }}'
        for name, of in PARAMETERS.items()
        if known[of]
    ]
    for path in _DEAR:
        lines += ["", "[[operations]]", f"include-path = {_toml(path)}", "generation.max-examples = 4"]
    file = folder / "schemathesis.toml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def _toml(value: Any) -> str:
    return json.dumps(value)  # of texts, numbers and lists of them, JSON is TOML
