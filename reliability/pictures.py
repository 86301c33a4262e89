"""What a soak took, minute by minute, as pictures for the page."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.curves import Line, write_svg
from reliability.endurance.watch import ROLES
from trintena.language import phrase

Course = Sequence[dict[str, Any]]


def role_name(role: str) -> str:
    """A kind of process, for people."""
    names = {
        "server": phrase(en="server", pt="servidor"),
        "worker": phrase(en="worker", pt="processo de treinos"),
        "forecasts": phrase(en="forecasts", pt="previsões"),
        "training": phrase(en="training", pt="treino"),
    }
    return names[role]


def memory(course: Course) -> str:
    """Resident memory of each kind of process."""
    return _drawn(
        phrase(en="Memory of the largest process of its kind", pt="Memória do maior processo de cada tipo"),
        "MB",
        [
            (role_name(role), [(row["minute"], row[role]["rss"] / 1e6) for row in course if role in row])
            for role in ROLES
        ],
    )


def descriptors(course: Course) -> str:
    """Open descriptors of each kind of process."""
    return _drawn(
        phrase(en="Open descriptors: files and connections", pt="Descritores abertos: arquivos e conexões"),
        phrase(en="descriptors", pt="descritores"),
        [
            (role_name(role), [(row["minute"], row[role]["fds"]) for row in course if role in row])
            for role in ROLES
        ],
    )


def latencies(course: Course) -> str:
    """How long forecasts took, from the moment they were due."""
    names = {"p95_s": phrase(en="95 of 100", pt="95 de 100"), "median_s": phrase(en="median", pt="mediana")}
    return _drawn(
        phrase(en="Forecasts: time until the answer", pt="Previsões: tempo até a resposta"),
        "ms",
        [
            (name, [(row["minute"], 1e3 * row[key]) for row in course if key in row])
            for key, name in names.items()
        ],
    )


def _drawn(title: str, unit: str, curves: Sequence[tuple[str, list[tuple[float, float]]]]) -> str:
    lines = [
        Line(name, [x for x, _ in points], [y for _, y in points])
        for name, points in curves
        if len(points) > 1
    ]
    if not lines:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.svg"
        write_svg(file, title, phrase(en="minutes", pt="minutos"), unit, lines, y_from=0.0)
        return file.read_text("utf-8")
