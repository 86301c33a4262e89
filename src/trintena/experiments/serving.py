"""The champion's setting trained once more, on all rows, to serve.

It has seen the newest prices, but nothing is left to judge it by. Its figures are therefore those of its
frozen twin, the version that was judged. It is trained as long as the twin was, at the same rates:
without a validation segment nothing can say when to stop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trintena.domain import TrialResult
from trintena.errors import TrialError
from trintena.experiments.champion import save_version
from trintena.jobs.protocol import Failed, Finished, Task
from trintena.language import phrase
from trintena.windows import Transformation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trintena.artifacts.bands import SavedBands
    from trintena.domain import ModelVersion
    from trintena.experiments.case import Case
    from trintena.experiments.workplace import Workplace
    from trintena.windows import Segments

REFIT = "trintena.training.trial:fit_as_before"
_ASK_EVERY_S = 1.0
"""Seconds until it is asked again whether somebody wants it to end."""


def refit_on_all(
    place: Workplace,
    case: Case,
    twin_trial: TrialResult,
    twin: ModelVersion,
    answer: Mapping[str, Any],
    bands: SavedBands,
) -> ModelVersion:
    """Train the twin's setting on every row and register it; it takes the title that its twin holds.

    Its intervals go on from its twin's, `bands`: its own errors on rows that it was trained on say nothing.

    Raises:
        TrialError: the training failed, diverged or was cancelled; the twin is saved and stays what it is.
    """
    registry = place.registry
    for version in registry.versions(case.spec.symbol):
        if version.parameters.get("frozen_twin") == twin.version:
            return version  # a run killed after registering it
    spec = case.spec
    segments = case.segments.joined()
    transformation = Transformation.fit(
        case.series,
        segments,
        target=spec.target,
        features=spec.features,
        lookback=spec.lookback,
        horizon=spec.horizon,
    )
    trial = _trained(place, case, transformation, segments, twin_trial)
    assert trial.weights is not None
    return save_version(
        place,
        replace(case, transformation=transformation, segments=segments),
        trial,
        trial.weights,
        twin.metrics,
        answer=answer,
        bands=bands,
        is_winner=twin.is_winner,
        about={"frozen_twin": twin.version},
    )


def _trained(
    place: Workplace, case: Case, transformation: Transformation, segments: Segments, twin: TrialResult
) -> TrialResult:
    kwargs = {
        "series": case.series,
        "transformation": transformation,
        "segments": segments,
        "trial": twin,
        "learning_rates": twin.learning_rates[: twin.best_epoch],
    }
    place.executor.submit(Task(key=("serving", twin.model_id), function=REFIT, kwargs=kwargs))
    while place.executor.n_unfinished:
        event = place.executor.next_event(_ASK_EVERY_S)
        if place.registry.cancel_requested(case.experiment_id):
            raise _failed(phrase(en="cancelled", pt="cancelado"))
        match event:
            case Finished(("serving", _), _, TrialResult(state="COMPLETE") as trial):
                return trial
            case Finished(("serving", _), _, TrialResult() as trial):
                raise _failed(trial.reason)
            case Failed(("serving", _), _, error):
                raise _failed(error) from error
    raise _failed(phrase(en="it did not end", pt="não terminou"))


def _failed(reason: object) -> TrialError:
    return TrialError(
        phrase(
            en=f"The refit on all rows failed: {reason}", pt=f"O ajuste com todas as linhas falhou: {reason}"
        )
    )
