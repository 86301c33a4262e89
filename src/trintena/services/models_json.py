"""Saved models as programs see them: JSON values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trintena.artifacts.files import state_of_file

if TYPE_CHECKING:
    from trintena.domain import ModelVersion


def described(model: ModelVersion) -> dict[str, Any]:
    """A model in short; its figures under the names that the board gives them."""
    return {
        "version": model.version,
        "symbol": model.symbol,
        "model_id": model.model_id,
        "model_name": model.model_name,
        "is_winner": model.is_winner,
        "mode": model.mode,
        "target": model.target,
        "measures": model.measures,
        "horizon": model.horizon,
        "frozen_twin": frozen_twin(model),
        "rmse": figure_of(model, "validation", "rmse"),
        "test_rmse": figure_of(model, "test", "rmse"),
        "skill": figure_of(model, "test", "skill"),
        "experiment_id": model.experiment_id,
        "dataset_hash": model.dataset_hash,
        "created_at": model.created_at.isoformat(),
    }


def in_full(model: ModelVersion) -> dict[str, Any]:
    """The same with all its figures, what it was trained with, and what made it."""
    return {
        **described(model),
        "metrics": model.metrics,
        "parameters": model.parameters,
        "versions": model.versions,
        "stem": model.stem,
    }


def states_of_files(folder: Path, model: ModelVersion) -> list[dict[str, Any]]:
    """Each file of a model, read just now: `whole`, `missing`, `changed` or `unreadable`."""
    return [
        {
            "kind": kind,
            "path": f"models/{model.stem}.{kind}",
            "sha256": checksum,
            "condition": state_of_file(folder / f"{model.stem}.{kind}", checksum),
        }
        for kind, checksum in model.checksums.items()
    ]


def figure_of(model: ModelVersion, segment: str, name: str) -> float | None:
    """A metric of one judged segment; None where there is none."""
    value: float | None = model.metrics.get(segment, {}).get(name)
    return value


def frozen_twin(model: ModelVersion) -> int | None:
    """The version whose figures a model has that was trained on all rows; None for all others."""
    twin: int | None = model.parameters.get("frozen_twin")
    return twin
