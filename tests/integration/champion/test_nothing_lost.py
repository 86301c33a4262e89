"""Nothing finished is lost, also when the process that hands out trials is slower than they are."""

from __future__ import annotations

import time
from typing import Any

from integration.champion.lab import Lab, autoregressive, prices
from trintena.experiments import Request, plan, run_experiment

MODELS = (6, 9)
LONGER_THAN_A_TRIAL_S = 0.5


def test_trials_that_end_while_nobody_looks_are_all_on_the_board(lab: Lab) -> None:
    series = lab.store(prices("BUSY", autoregressive(900, 0.5)))
    chosen: dict[str, Any] = {"model_ids": MODELS, "lookback": 8}
    expected = lab.train_stored(series, **chosen)  # and now the worker has its programs compiled
    experiment_id = plan(Request(years=None, **chosen), series, lab.app.registry)
    answer = run_experiment(lab.place, experiment_id, lambda _: time.sleep(LONGER_THAN_A_TRIAL_S))
    figures = [(row["model_id"], row["rmse"]) for row in answer["results"]]
    assert figures == [(row["model_id"], row["rmse"]) for row in expected["results"]]
    assert not answer["partial"]
