"""Open fresh databases by several processes at the same moment.

Run as `python open_at_once.py FOLDER N_ROUNDS N_PROCESSES`; fails when one of the processes does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import alembic.command  # noqa: F401 - loaded before the fork, so that the processes race, not the imports
import numpy as np

from trintena.domain import PriceSeries
from trintena.registry import Registry


def use(url: str) -> None:
    dates = np.array(["2024-01-01", "2024-01-02"], "datetime64[s]")
    series = PriceSeries("NVDA", dates, ("close",), np.array([[1.0], [2.0]]), "test")
    with Registry.open(url) as registry:
        assert registry.load_dataset(registry.save_dataset(series)).content_hash == series.content_hash


def race(url: str, n_processes: int) -> None:
    """Hold the processes at a pipe until all are there, then let them go by closing it."""
    reading, writing = os.pipe()
    children = []
    for _ in range(n_processes):
        if (child := os.fork()) == 0:
            os.close(writing)
            os.read(reading, 1)
            use(url)
            os._exit(0)
        children.append(child)
    os.close(writing)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    os.close(reading)
    if any(statuses):
        sys.exit(f"statuses {statuses}")


if __name__ == "__main__":
    folder, n_rounds, n_processes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for i in range(n_rounds):
        race(f"sqlite:///{folder / f'{i}.db'}", n_processes)
