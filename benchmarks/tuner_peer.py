"""The peer of optimized mode: KerasTuner's random search over the same builders, on TensorFlow.

    python benchmarks/tuner_peer.py WINDOWS.npz TRIALS.json ANSWER.json FOLDER STARTED_AT

This is what people write today: a hypermodel that builds and compiles for a setting, and a search with
early stopping and a rate that is halved on a plateau, one architecture after the other. It runs in an
environment of its own, which has TensorFlow and no JAX, with as many threads as TensorFlow chooses.
TRIALS.json holds the space and, for each architecture, the settings to try; KerasTuner keeps its
checkpoints in FOLDER. STARTED_AT is when the process was started, in seconds since the epoch; the clock
stops when the last search ends. The test scores come after that, and cost it nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

import keras
import keras_tuner
import numpy as np
import tensorflow as tf

from trintena.zoo import WindowShape, architecture, portable

SEED = 0


class Recipe(keras_tuner.HyperModel):
    """An architecture as KerasTuner takes it: a model for a setting, and how that is fitted."""

    def __init__(self, model_id: int, shape: WindowShape, space: dict[str, list[Any]]) -> None:
        super().__init__()
        self.graph = architecture(model_id).graph(shape)
        self.space = space

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        keras.utils.set_random_seed(SEED)
        chosen = {name: hp.Choice(name, values) for name, values in self.space.items()}
        model = portable.build(self.graph, chosen["activation"], dropout_rate=chosen["dropout_rate"])
        model.compile(keras.optimizers.Adam(chosen["learning_rate"], global_clipnorm=1.0), loss="mse")
        return model

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any) -> Any:
        return model.fit(*args, batch_size=hp.get("batch_size"), epochs=hp.get("epochs"), **kwargs)


class ListedTrials(keras_tuner.oracles.RandomSearchOracle):
    """Random search whose draws have been made: it walks a list of settings."""

    def __init__(self, settings: list[dict[str, Any]]) -> None:
        n = len(settings)
        super().__init__(objective="val_loss", max_trials=n, seed=SEED, max_consecutive_failed_trials=n + 1)
        self.settings = settings

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        return {"status": "RUNNING", "values": dict(self.settings[int(trial_id)])}


class Search(keras_tuner.Tuner):
    """`keras_tuner.RandomSearch`, which is this with its own oracle; it notes how each trial went."""

    def __init__(self, oracle: ListedTrials, recipe: Recipe, **kwargs: Any) -> None:
        super().__init__(oracle, recipe, **kwargs)
        self.told: dict[str, dict[str, Any]] = {}
        """By trial: its epochs, and when it began and ended, in seconds since the epoch."""

    def on_trial_begin(self, trial: Any) -> None:
        self.told[trial.trial_id] = {"epochs": 0, "began_at": time.time()}
        super().on_trial_begin(trial)

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        (history,) = super().run_trial(trial, *args, **kwargs)
        self.told[trial.trial_id]["epochs"] = len(history.epoch)
        return history

    def on_trial_end(self, trial: Any) -> None:
        super().on_trial_end(trial)
        self.told[trial.trial_id]["ended_at"] = time.time()


def main(windows: Path, trials: Path, answer: Path, folder: Path, started_at: float) -> None:
    data, plan = np.load(windows), json.loads(trials.read_text("utf-8"))
    x, y = data["train_windows"], data["train_targets"]
    # Targets are in units of each window's step size. Weighted by that unit's square, `val_loss` is the
    # mean squared error of the log return itself: what we search by, too.
    weights = np.square(data["validation_scale"]).astype(np.float32)
    validation = (data["validation_windows"], data["validation_targets"], weights)
    shape = WindowShape(x.shape[1], x.shape[2], y.shape[1])
    callbacks = [
        keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=2, min_delta=0.0),
        keras.callbacks.TerminateOnNaN(),
    ]
    import_seconds = time.time() - started_at

    searches: dict[int, Search] = {}
    for model_id, settings in plan["trials"].items():
        search = searches[int(model_id)] = Search(
            ListedTrials(settings),
            Recipe(int(model_id), shape, plan["space"]),
            directory=folder,
            project_name=f"model-{model_id}",
        )
        search.search(x, y, validation_data=validation, callbacks=callbacks, verbose=0)
        print(f"  {time.time() - started_at:6.1f} s  model {model_id}", flush=True)
    seconds = time.time() - started_at

    outcome = {
        "seconds": seconds,
        "import_seconds": import_seconds,
        "trials": [
            {
                "model_id": model_id,
                "number": number,
                "epochs": told["epochs"],
                "seconds": told["ended_at"] - told["began_at"],
                "ended_s": told["ended_at"] - started_at,
                **scores(search, trial_id, data),
            }
            for model_id, search in searches.items()
            for number, (trial_id, told) in enumerate(search.told.items())
        ],
        "versions": {each.__name__: each.__version__ for each in (keras_tuner, tf, keras)},
    }
    answer.write_text(json.dumps(outcome), "utf-8")


def scores(search: Search, trial_id: str, data: Any) -> dict[str, Any]:
    """How a trial ended, and what its best epoch is worth: in log returns, and on the test segment."""
    trial = search.oracle.trials[trial_id]
    if trial.status != "COMPLETED":
        return {"state": "FAIL", "reason": trial.message}
    scale = data["test_scale"][:, None]
    actual = data["test_targets"] * scale
    forecast = search.load_model(trial).predict(data["test_windows"], verbose=0) * scale
    own, last_value = (np.sqrt(np.mean(np.square(error))) for error in (actual - forecast, actual))
    return {
        "state": "COMPLETE",
        "validation_rmse": trial.score**0.5,
        "test_skill": float(1 - own / last_value),
    }


if __name__ == "__main__":
    *files, moment = sys.argv[1:]
    main(*map(Path, files), started_at=float(moment))
