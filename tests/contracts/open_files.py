"""Run by `test_files.py` in a process of its own: plain Keras opens files, without Trintena.

    python open_files.py FOLDER

forecasts `windows.npy` with every `.keras` file in the folder and leaves `{stem}.{backend}.npy`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np


def main(folder: Path) -> None:
    windows = np.load(folder / "windows.npy")
    for path in sorted(folder.glob("*.keras")):
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        forecasts = model.predict(windows, verbose=0)
        np.save(path.with_suffix(f".{keras.backend.backend()}.npy"), forecasts)
    assert not any(name.partition(".")[0] == "trintena" for name in sys.modules)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
