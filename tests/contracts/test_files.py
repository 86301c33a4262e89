"""A saved network opens in plain Keras, on any backend, and says the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contracts.toy import SHAPE, lively, name_of
from trintena.zoo import ACTIVATIONS, ARCHITECTURES, portable

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras's own: its convolution on NumPy hands a Keras variable to JAX."""

STEADY = [activation for activation in ACTIVATIONS if activation != "exponential"]


@pytest.mark.parametrize("backend", ["numpy", pytest.param("jax", marks=pytest.mark.slow)])
def test_files_open_in_a_fresh_process_without_trintena(backend: str, tmp_path: Path) -> None:
    windows = np.random.default_rng(0).normal(size=(3, SHAPE.lookback, SHAPE.n_features)).astype(np.float32)
    np.save(tmp_path / "windows.npy", windows)
    expected = {}
    for row in ARCHITECTURES:
        graph = row.graph(SHAPE)
        model = portable.build(
            graph,
            STEADY[row.id % len(STEADY)],
            dropout_rate=0.3,
            weights=lively(graph, row.id),
            name=row.builder.__name__,
        )
        model.save(tmp_path / f"{name_of(row)}.keras")
        expected[name_of(row)] = model.predict_on_batch(windows)

    opened = subprocess.run(
        # Isolated: neither this folder nor PYTHONPATH helps to find anything.
        [sys.executable, "-I", str(Path(__file__).with_name("open_files.py")), str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert opened.returncode == 0, opened.stderr
    for name, forecasts in expected.items():
        found = np.load(tmp_path / f"{name}.{backend}.npy")
        size = max(1.0, np.abs(forecasts).max())
        np.testing.assert_allclose(found, forecasts, rtol=0, atol=1e-5 * size, err_msg=name)
