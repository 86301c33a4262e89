"""Run by `test_training.py` in a process of its own: `keras.Model.fit`, Keras on the JAX backend.

    python keras_fit.py RESULTS.npz ID:ACTIVATION...

leaves the fitted weights of each architecture, and its loss, in the file.
"""

from __future__ import annotations

import sys

import keras
import numpy as np

from contracts.toy import BATCH_SIZE, LEARNING_RATE, lively, order_of, toy_frame
from trintena.zoo import architecture, portable
from trintena.zoo.architecture import WindowShape


def position(variable: keras.Variable, first: list[np.ndarray]) -> int:
    """Which of the graph's weights a fresh variable holds: no two are alike."""
    (i,) = (i for i, weight in enumerate(first) if np.array_equal(weight, np.asarray(variable)))
    return i


def main(results: str, *chosen: str) -> None:
    frame = toy_frame()
    shape = WindowShape(frame.lookback, frame.table.shape[1], frame.targets.shape[1])
    found = {}
    for text in chosen:
        model_id, activation = text.split(":")
        graph = architecture(int(model_id)).graph(shape)
        first = lively(graph, seed=int(model_id))
        model = portable.build(graph, activation, weights=first)
        positions = [position(variable, first) for variable in model.weights]
        model.compile(keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0), loss="mse")
        order = order_of(int(model_id))
        inputs, targets = (x.astype(np.float32) for x in (frame.windows(order), frame.scaled_targets[order]))
        history = model.fit(inputs, targets, batch_size=BATCH_SIZE, shuffle=False, verbose=0)
        found[f"{model_id} loss"] = np.array(history.history["loss"])
        for i, variable in zip(positions, model.weights, strict=True):
            found[f"{model_id} weight {i}"] = np.asarray(variable)
    np.savez(results, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
