"""Makes trials that ended, as a search would have left them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from trintena.domain import Hyperparameters, TrialResult, TrialState

Ended = Callable[..., TrialResult]


@pytest.fixture(scope="session")
def ended() -> Ended:
    """Makes one trial from its number, its setting and its validation curve; COMPLETE unless told."""

    def make(
        number: int,
        setting: Hyperparameters,
        curve: Iterable[float] = (0.02,),
        state: TrialState = "COMPLETE",
        **others: Any,
    ) -> TrialResult:
        curve = tuple(curve)
        return TrialResult(
            model_id=11,
            state=state,
            hyperparameters=setting,
            seed=7,
            number=number,
            validation_curve=curve,
            validation_rmse=None if state == "FAIL" else min(curve),
            **others,
        )

    return make
