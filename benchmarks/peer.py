"""The peer: the same thirty builders, one after the other, under `keras.Model.fit` on TensorFlow.

    python benchmarks/peer.py WINDOWS.npz ANSWER.json HYPERPARAMETERS STARTED_AT MODEL_ID...

This is the loop that people write today: build the model of stock layers, compile it, fit it with
validation data. It runs in an environment of its own, which has TensorFlow and no JAX, with as many
threads as TensorFlow chooses. HYPERPARAMETERS are those of fast mode, as JSON. STARTED_AT is when the
process was started, in seconds since the epoch; the clock stops when the last fit ends. The test
scores come after that, and cost it nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

SEED = 0


def main(
    windows: Path, answer: Path, settings: dict[str, Any], started_at: float, model_ids: list[int]
) -> None:
    import keras
    import tensorflow as tf

    from trintena.zoo import WindowShape, architecture, portable

    data = np.load(windows)
    x, y = data["train_windows"], data["train_targets"]
    validation = (data["validation_windows"], data["validation_targets"])
    shape = WindowShape(x.shape[1], x.shape[2], y.shape[1])
    import_seconds = time.time() - started_at

    models, seconds = {}, {}
    for model_id in model_ids:
        began = time.time()
        keras.utils.set_random_seed(SEED)
        graph = architecture(model_id).graph(shape)
        model = portable.build(graph, settings["activation"], dropout_rate=settings["dropout_rate"])
        adam = keras.optimizers.Adam(settings["learning_rate"], global_clipnorm=1.0)
        model.compile(adam, loss="mse")
        model.fit(
            x,
            y,
            batch_size=settings["batch_size"],
            epochs=settings["epochs"],
            validation_data=validation,
            verbose=0,
        )
        models[model_id], seconds[model_id] = model, time.time() - began
        print(
            f"  {len(models):2d}/{len(model_ids)}  {seconds[model_id]:5.1f} s  model {model_id}", flush=True
        )
    total = time.time() - started_at

    scale = data["test_scale"][:, None]
    actual = data["test_targets"] * scale
    test_rmse = {}
    for model_id, model in models.items():
        forecast = model.predict(data["test_windows"], verbose=0) * scale
        test_rmse[model_id] = float(np.sqrt(np.mean((forecast - actual) ** 2)))
    answer.write_text(
        json.dumps(
            {
                "seconds": total,
                "import_seconds": import_seconds,
                "model_seconds": seconds,
                "test_rmse": test_rmse,
                "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
            }
        ),
        "utf-8",
    )


if __name__ == "__main__":
    _, file, target, fast_mode, moment, *ids = sys.argv
    main(Path(file), Path(target), json.loads(fast_mode), float(moment), [int(word) for word in ids])
