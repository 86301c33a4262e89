"""A series with a planted signal, where there is something to find: each day says a little of the next.

    python benchmarks/planted.py PLANTED.csv

r[t] = φ r[t-1] + e[t], with steps of 2.3 % a day, about ten years of business days. Whoever knows the
rule forecasts φ r[t], and that is the best that anybody can do: the oracle. In expectation its skill
is 1 - √(1 - φ²), 4.6 % with the usual φ = 0.3; on the few hundred days of a test segment it is what it
is, and stands beside the skill of whoever is compared.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from trintena.metrics import rmse

N_ROWS = 2_500
PERSISTENCE = 0.3
DEVIATION = 0.023
SEED = 0


def closes(persistence: float = PERSISTENCE) -> np.ndarray:
    """The prices (row,)."""
    surprises = np.random.default_rng(SEED).normal(0.0, DEVIATION, N_ROWS)
    returns = np.zeros(N_ROWS)
    for t in range(1, N_ROWS):
        returns[t] = persistence * returns[t - 1] + surprises[t]
    return 100 * np.exp(np.cumsum(returns))


def write(path: Path, persistence: float = PERSISTENCE) -> None:
    """The series as a file that `trintena train --csv` reads, with every digit of its prices."""
    days = np.busday_offset("2009-01-02", np.arange(N_ROWS))
    lines = [f"{day},{close!r}\n" for day, close in zip(days, closes(persistence).tolist(), strict=True)]
    path.write_text("date,close\n" + "".join(lines), "utf-8")


def oracle_skill(close: np.ndarray, origins: np.ndarray, persistence: float = PERSISTENCE) -> float:
    """Skill of the rule itself, one step ahead of each of the origins."""
    levels = np.log(close)
    actual = levels[origins + 1] - levels[origins]
    forecast = persistence * (levels[origins] - levels[origins - 1])
    return 1 - rmse(actual, forecast) / rmse(actual, np.zeros_like(actual))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
