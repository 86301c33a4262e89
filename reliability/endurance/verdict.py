"""Whether what was taken has grown: limits, and what was measured against each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import theilslopes

from reliability.endurance.watch import LASTING, ROLES, Sample

WARM_UP_SHARE = 0.1
"""Of a run, at its start, that is not looked at: programs and caches are being filled."""
TENTH = 0.1
MOST_GROWTH_BYTES = 24e6
"""By which a process may be larger at the end than at the start, along the line through what is looked at."""
MOST_MORE_FDS, MOST_MORE_THREADS = 8, 4
SLOWER_FACTOR, SLOWER_S = 1.5, 0.010
"""The last tenth's latency may be so many times the first's, or so much above it, whichever is more."""


@dataclass(frozen=True)
class Check:
    """One figure against its limit."""

    what: str
    """`memory`, `descriptors`, `threads` or `latency`."""
    role: str
    first: float
    last: float
    limit: float
    held: bool

    def to_json(self) -> dict[str, Any]:
        """As the record keeps it."""
        return asdict(self)


def checks(
    samples: Sequence[Sample], latencies: Sequence[tuple[float, float]], seconds: float
) -> list[Check]:
    """Every check of a run that lasted so long."""
    # afterwards streams are being closed
    watched = [sample for sample in samples if WARM_UP_SHARE * seconds <= sample.at_s <= seconds]
    found = []
    for role in ROLES:
        own = [sample for sample in watched if sample.role == role]
        if len(own) >= 2:
            found.append(_memory(role, own))
        if len(own) >= 2 and role in LASTING:
            found += [
                _count("descriptors", role, own, MOST_MORE_FDS),
                _count("threads", role, own, MOST_MORE_THREADS),
            ]
    return [*found, _latency(latencies, seconds)]


def _memory(role: str, own: Sequence[Sample]) -> Check:
    """The ends of the Theil-Sen line through the resident sizes."""
    times, sizes = np.array([each.at_s for each in own]), np.array([each.rss for each in own], dtype=float)
    slope, intercept, *_ = theilslopes(sizes, times)
    first, last = float(intercept + slope * times[0]), float(intercept + slope * times[-1])
    return Check("memory", role, first, last, first + MOST_GROWTH_BYTES, last <= first + MOST_GROWTH_BYTES)


def _count(what: str, role: str, own: Sequence[Sample], more: int) -> Check:
    """Medians of the first and the last tenth."""
    n = max(1, int(len(own) * TENTH))
    name = {"descriptors": "fds", "threads": "threads"}[what]
    first, last = (float(np.median([getattr(each, name) for each in part])) for part in (own[:n], own[-n:]))
    return Check(what, role, first, last, first + more, last <= first + more)


def _latency(latencies: Sequence[tuple[float, float]], seconds: float) -> Check:
    """The 95th percentiles of the first tenth after the warm-up and of the last."""
    start = WARM_UP_SHARE * seconds
    first = [took for due, took in latencies if start <= due < start + TENTH * seconds]
    last = [took for due, took in latencies if due >= (1 - TENTH) * seconds]
    one, other = (float(np.percentile(part, 95)) if part else float("inf") for part in (first, last))
    limit = max(SLOWER_FACTOR * one, one + SLOWER_S)
    return Check("latency", "forecasts", one, other, limit, other <= limit)


def by_minute(
    samples: Sequence[Sample], latencies: Sequence[tuple[float, float]], parts: int
) -> list[dict[str, Any]]:
    """The course of a run in so many parts: of each role the most, of the forecasts the 95th percentile."""
    end = max([each.at_s for each in samples] + [due for due, _ in latencies], default=0.0)
    width = (end or 1.0) / parts
    rows = []
    for at in range(parts):
        low, high = at * width, (at + 1) * width + (1e-9 if at == parts - 1 else 0.0)
        inside = [each for each in samples if low <= each.at_s < high]
        took = [seconds for due, seconds in latencies if low <= due < high]
        row: dict[str, Any] = {"minute": round((at + 1) * width / 60, 2), "n": len(took)}
        if took:
            row |= {
                "median_s": round(float(np.median(took)), 5),
                "p95_s": round(float(np.percentile(took, 95)), 5),
            }
            row["max_s"] = round(max(took), 5)
        for role in ROLES:
            if own := [each for each in inside if each.role == role]:
                row[role] = {
                    key: max(getattr(each, key) for each in own) for key in ("n", "rss", "fds", "threads")
                }
        rows.append(row)
    return rows
