"""The program in a model card: a forecast from a model's files by Keras and NumPy alone.

It says the protocol once more, in the few lines that this model needs: levels, scale, window, forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PROGRAM = """\
import json

import keras
import numpy as np

name = "{stem}"  # of the files beside this card
network = keras.saving.load_model(f"{{name}}.keras", compile=False, safe_mode=True)
with open(f"{{name}}.scaler", encoding="utf-8") as file:
    scaler = json.load(file)

# series.csv: a header that names {names}, then a line for each row, the oldest first.
columns, lookback = scaler["columns"], scaler["lookback"]
table = np.genfromtxt("series.csv", delimiter=",", names=True, case_sensitive="lower", usecols=columns)
rows = table[-lookback:]

close = {close}
scale = max(np.diff(close).std(), scaler["scale_floor"])
{window}
output = network.predict(window[np.newaxis].astype(np.float32), verbose=0)[0]
forecast = {forecast}
print(forecast)  # one for each step ahead
"""

_OF_PRICES = """\
window = np.stack([({level} - close[-1]) / (scale * np.sqrt(lookback)) for column in columns], axis=1)"""

_WITH_VOLUME = """\
volume = (np.log1p(rows["volume"]) - scaler["volume_mean"]) / scaler["volume_deviation"]
window = np.stack(
    [
        volume if column == "volume" else ({level} - close[-1]) / (scale * np.sqrt(lookback))
        for column in columns
    ],
    axis=1,
)"""


def loading_code(stem: str, scaler: Mapping[str, Any]) -> str:
    """Python that opens the files called `stem` and forecasts what follows the last rows of `series.csv`.

    `scaler` is what the `.scaler` file holds. The program leaves its forecast in `forecast`, (horizon,).
    """
    close, level = 'rows["close"]', "rows[column]"
    forecast = f"{close}[-1] + scale * output"
    if scaler["target"] == "log_return":
        forecast = f"{close}[-1] * np.exp(scale * output)"
        close, level = f"np.log({close})", f"np.log({level})"
    columns = list(scaler["columns"])
    window = _WITH_VOLUME if "volume" in columns else _OF_PRICES
    return _PROGRAM.format(
        stem=stem,
        names=", ".join(columns),
        close=close,
        window=window.format(level=level),
        forecast=forecast,
    )
