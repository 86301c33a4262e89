"""What grows is found, and what does not grow is not."""

from __future__ import annotations

import random

import pytest

from reliability.endurance.verdict import by_minute, checks
from reliability.endurance.watch import SERVER, TRAINING, Sample

HOUR = 3600.0


def samples(per_hour: float = 0.0, fds_at_last: int = 40) -> list[Sample]:
    chance = random.Random(0)
    return [
        Sample(
            at_s=at,
            role=role,
            n=1,
            rss=int(200e6 + per_hour * at / HOUR + chance.gauss(0, 2e6)),
            fds=fds_at_last if at > 0.9 * HOUR else 40,
            threads=8,
        )
        for at in range(0, 3600, 10)
        for role in (SERVER, TRAINING)
    ]


def latencies(at_last_s: float = 0.010) -> list[tuple[float, float]]:
    return [(at / 2, at_last_s if at > 0.9 * 7200 else 0.010) for at in range(7200)]


def broken(found: list[object]) -> set[tuple[str, str]]:
    return {(check.what, check.role) for check in found if not check.held}  # type: ignore[attr-defined]


def test_a_flat_run_holds() -> None:
    found = checks(samples(), latencies(), HOUR)
    assert broken([*found]) == set()
    assert {(check.what, check.role) for check in found} == {
        ("memory", "server"),
        ("memory", "training"),
        ("descriptors", "server"),
        ("threads", "server"),
        ("latency", "forecasts"),
    }


@pytest.mark.parametrize(
    ("taken", "answered", "found"),
    [
        (samples(per_hour=40e6), latencies(), {("memory", "server"), ("memory", "training")}),
        (samples(fds_at_last=60), latencies(), {("descriptors", "server")}),
        (samples(), latencies(0.030), {("latency", "forecasts")}),
        (samples(), latencies()[:6000], {("latency", "forecasts")}),
    ],
)
def test_what_grows_is_found(
    taken: list[Sample], answered: list[tuple[float, float]], found: set[tuple[str, str]]
) -> None:
    assert broken([*checks(taken, answered, HOUR)]) == found


def test_the_course_counts_everything_once() -> None:
    course = by_minute(samples(), latencies(), parts=60)
    assert len(course) == 60
    assert sum(row["n"] for row in course) == 7200
    assert course[-1]["minute"] == pytest.approx(60, abs=0.1)
    assert course[0][SERVER]["fds"] == 40
