"""What every test finds, and every process that a test starts: English, one core, no GPU.

One core for each process, so that they run side by side; Keras on NumPy, on which forecasts are made;
programs that JAX compiled are kept between runs.
"""

from __future__ import annotations

import os
from pathlib import Path

PROGRAMS = Path(__file__).parents[1] / ".pytest_cache" / "d" / "programs"


def set_up() -> None:
    """Set the environment: before anything imports JAX or Keras."""
    os.environ |= {
        "JAX_COMPILATION_CACHE_DIR": str(PROGRAMS),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "numpy",
        "NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TRINTENA_LANG": "en",
    }
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # a developer's own tracking server is not for tests
