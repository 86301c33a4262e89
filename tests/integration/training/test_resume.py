"""`train --resume`: only what is missing is trained, and the numbers are those of one go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from integration.training.running import (
    MODELS,
    Done,
    experiments,
    figures,
    select,
    trained_since_last_start,
    trials,
    trintena,
)

Copy = Callable[[Done], Path]


def test_resuming_trains_what_is_missing_and_gives_the_numbers_of_one_go(
    interrupted: Done, finished: Done, copy_of: Copy
) -> None:
    home = copy_of(interrupted)
    kept = trials(home)
    resumed = trintena(home, "train", "--resume", 1, "--workers", 1, "--json", "answer.json")
    assert resumed.code == 0, resumed.err

    assert trained_since_last_start(home) == set(MODELS) - set(kept)
    after = trials(home)
    assert set(after) == set(MODELS)
    assert {model_id: after[model_id] for model_id in kept} == kept
    assert experiments(home) == [(1, "succeeded")]

    answer, undisturbed = resumed.answer, finished.answer
    assert answer["status"] == "success"
    assert figures(answer) == figures(undisturbed)
    for same in ("baselines", "verdict", "segments", "dataset_hash", "total_models", "partial"):
        assert answer[same] == undisturbed[same], same
    assert answer["winner"]["model_id"] == undisturbed["winner"]["model_id"]
    assert answer["forecast"]["forecast"] == undisturbed["forecast"]["forecast"]
    assert select(home, "SELECT version, is_winner FROM model_registry") == [(1, 1)]


def test_a_finished_experiment_is_not_resumed(finished: Done, copy_of: Copy) -> None:
    home = copy_of(finished)
    before = select(home, "SELECT state, finished_at FROM experiments")
    refused = trintena(home, "experiments", "resume", 1)
    assert refused.code == 2
    assert "Experiment 1 has finished; there is nothing to resume." in refused.err
    assert "Traceback" not in refused.err
    assert select(home, "SELECT state, finished_at FROM experiments") == before
