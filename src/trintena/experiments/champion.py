"""Saving the best trial of an experiment, and who holds the title afterwards."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.artifacts.bands import SavedBands
from trintena.artifacts.files import file_stem, write_model_files
from trintena.artifacts.saved_model import SavedModel, notice_of
from trintena.errors import BusyError, TrintenaError, UnavailableError
from trintena.metrics import rmse
from trintena.report.card import Card, write_card
from trintena.zoo import architecture

if TYPE_CHECKING:
    from trintena.domain import ModelVersion, TrialResult
    from trintena.experiments.case import Case
    from trintena.experiments.workplace import Workplace

_ROUNDING = 1e-5
"""Relative, of an RMSE: the training program and the saved network agree to less than 1e-6 of it."""


def library_versions() -> dict[str, str]:
    """Of everything that made the numbers."""
    names = ("trintena", "jax", "jaxlib", "keras", "numpy")
    return {"python": platform.python_version(), **{name: installed_version(name) for name in names}}


def save_version(
    place: Workplace,
    case: Case,
    trial: TrialResult,
    weights: tuple[np.ndarray, ...],
    metrics: Mapping[str, Any],
    *,
    answer: Mapping[str, Any],
    bands: SavedBands,
    is_winner: bool,
    about: Mapping[str, Any] | None = None,
) -> ModelVersion:
    """Write the files of a trial, then register them: the row comes last.

    `metrics` are the scores of the judged segments and what stands beside them; `answer` is the board that
    they come from, for the card; `bands` are what its intervals go on from; `about` joins the parameters
    that the model was trained with.

    Raises:
        ArtifactError: a file cannot be written.
    """
    spec = case.spec
    recipe = architecture(trial.model_id)
    settings = trial.hyperparameters
    created_at = datetime.now(UTC)
    content = place.inference.keras_file(
        model_id=recipe.id,
        shape=case.shape,
        activation=settings.activation,
        dropout_rate=settings.dropout_rate,
        weights=weights,
        name=f"trintena_{recipe.id}",
    )
    parameters = {
        **asdict(settings),
        "seed": trial.seed,
        "lookback": spec.lookback,
        "features": spec.features,
        "source": case.series.source,
        "measures": spec.measures,
        "n_parameters": trial.n_parameters,
        "epochs_trained": trial.best_epoch or len(trial.train_losses),
        **(about or {}),
    }
    curves = {
        "fit_seconds": trial.fit_seconds,
        "train_losses": list(trial.train_losses),
        "validation_curve": list(trial.validation_curve),
        "learning_rates": list(trial.learning_rates),
    }
    versions = library_versions()
    described: dict[str, Any] = {
        "symbol": spec.symbol,
        "model_id": recipe.id,
        "model_name": recipe.name,
        "mode": spec.mode,
        "target": spec.target,
        "horizon": spec.horizon,
        "dataset_hash": spec.dataset_hash,
        "metrics": {**metrics, **curves},
        "parameters": parameters,
        "versions": versions,
    }
    manifest = {
        **described,
        "created_at": created_at.isoformat(),
        "experiment_id": case.experiment_id,
        "reference": recipe.reference,
        "segments": case.segments_described(),
        "intervals": bands.to_json(),
        "notice": notice_of(spec.measures)[0],
    }
    scaler, stem = case.transformation.to_json(), file_stem(spec.symbol, recipe.id, created_at)
    saved = write_model_files(
        place.settings.models,
        spec.symbol,
        recipe.id,
        created_at,
        content,
        scaler,
        manifest,
        card=write_card(Card(stem, spec, manifest, scaler, answer)),
    )
    return place.registry.register_version(
        **described,
        experiment_id=case.experiment_id,
        created_at=created_at,
        stem=saved.stem,
        checksums=saved.checksums,
        is_winner=is_winner,
    )


def takes_title(place: Workplace, case: Case, validation_rmse: float) -> tuple[bool, dict[str, Any]]:
    """Whether a new model becomes champion of its symbol, target and horizon, and why.

    A fast-mode model never displaces an optimized one; otherwise the incumbent is scored again on
    the new validation segment and stays unless beaten. One whose files are no longer whole, or
    that cannot read this series, loses the title. A difference within rounding beats nobody: the
    same model trained again leaves the title where it is. One that was trained on all rows is judged by
    its frozen twin, which has not seen the validation segment. Who was trained on days of this segment, as
    after a change of the split, is scored too well, and loses the title only to a model that does better
    even so; `incumbent_saw_validation` says it.
    """
    registry, spec, judge = place.registry, case.spec, case.judge
    incumbent = registry.champion(spec.symbol, spec.target, spec.horizon)
    if incumbent is None:
        return True, {"incumbent": None, "reason": "first"}
    told: dict[str, Any] = {"incumbent": incumbent.version, "incumbent_model_name": incumbent.model_name}
    if incumbent.mode == "optimized" and spec.mode == "fast":
        return False, {**told, "reason": "fast_never_displaces_optimized"}
    origins = judge.segments.validation
    try:
        twin = incumbent.parameters.get("frozen_twin")
        judged = incumbent if twin is None else registry.version(twin)
        saved = SavedModel.open(place.settings.models, judged)
        forecasts = saved.forecasts(case.series, origins, place.inference.outputs)
    except (BusyError, UnavailableError):  # the database: that says nothing of the incumbent
        raise
    except TrintenaError as error:
        return True, {**told, "reason": "incumbent_unusable", "message": str(error)}
    incumbent_rmse = rmse(judge.frame.targets[np.asarray(origins)], forecasts)
    beaten = validation_rmse < incumbent_rmse * (1 - _ROUNDING)
    return beaten, {
        **told,
        "reason": "incumbent_beaten" if beaten else "incumbent_stays",
        "incumbent_rmse": incumbent_rmse,
        "incumbent_saw_validation": bool(
            np.datetime64(saved.files.manifest["segments"]["train"]["last"])
            >= case.target_dates("validation")[0]
        ),
    }
