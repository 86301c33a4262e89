"""Homes in which something was trained: what a server needs before there is anything to ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine

SYMBOL = "walk"
SMALL: Mapping[str, Any] = {
    "symbol": SYMBOL,
    "mode": "fast",
    "model_ids": [6, 9],
    "lookback": 8,
    "years": "all",
}
"""A training that takes a few seconds."""
_N_ROWS = 900


def walk_of_prices(path: Path) -> Path:
    """A file with a random walk of bars over business days."""
    rng = np.random.default_rng(0)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, _N_ROWS)))
    days = np.busday_offset("2018-01-01", np.arange(_N_ROWS), roll="forward")
    rows = [
        f"{day},{price:.4f},{price * 1.01:.4f},{price * 0.99:.4f},{price:.4f},1000"
        for day, price in zip(days, close, strict=True)
    ]
    path.write_text("\n".join(["date,open,high,low,close,volume", *rows, ""]), "utf-8")
    return path


def fill(folder: Path) -> Path:
    """A home with a stored series, and one finished experiment of each mode, of which each has a champion."""
    home = folder / "home"
    home.mkdir()
    told = {"TRINTENA_HOME": str(home), "TRINTENA_CACHE": str(home / "cache"), "TRINTENA_LANG": "en"}
    prices = walk_of_prices(folder / f"{SYMBOL}.csv")
    small = ("train", "--csv", str(prices), "--models", "6,9", "--lookback", "8")
    search = (
        "--mode",
        "optimized",
        "--trials",
        "2",
        "--horizon",
        "5",
        "--epochs",
        "2,3",
        "--batch-size",
        "32",
    )
    for words in (small, (*small, *search)):
        machine.run([sys.executable, "-m", "trintena", *words], os.environ | told, folder / "train.log")
    return home
