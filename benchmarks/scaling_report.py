"""What `scaling.py` measured, as a page shows it."""

from __future__ import annotations

from typing import Any

import numpy as np


def section(results: dict[str, Any]) -> str:
    """A table of every point, the exponents of each axis, and where it was measured."""
    lines = [
        "| rows | lookback | horizon | whole command | of it epochs, on one core | peak memory |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    points = [point for axis in results["axes"].values() for point in axis] + [results["all_at_once"]]
    lines += dict.fromkeys(_row(point) for point in points)
    about = results["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    return "\n".join(
        [
            *lines,
            "",
            *(f"- {_growth(name, axis)}" for name, axis in results["axes"].items()),
            f"- Models {results['models']}, fast mode, from an empty cache. Measured {results['date']}, "
            f"commit {results['commit']}, on {about['cpu']}, {about['cores']} cores, "
            f"{about['memory_gib']} GiB, {about['system']}, Python {about['python']}, {versions}.",
        ]
    )


def _row(point: dict[str, Any]) -> str:
    return (
        f"| {point['rows']:,} | {point['lookback']} | {point['horizon']} | {point['seconds']:.0f} s | "
        f"{point['fit_seconds']:.1f} s | {point['peak_bytes'] / 2**30:.2f} GiB |"
    )


def _growth(name: str, axis: list[dict[str, Any]]) -> str:
    """By which power of a length the figures grow along its axis: the slope of a line through logarithms."""
    lengths = np.log([point[name] for point in axis])
    powers = {
        key: np.polyfit(lengths, np.log([point[key] for point in axis]), 1)[0]
        for key in ("fit_seconds", "seconds", "peak_bytes")
    }
    return (
        f"Along {name}: epochs take {name} to the power of {powers['fit_seconds']:.2f}, the whole command "
        f"{powers['seconds']:.2f}, memory {powers['peak_bytes']:.2f}."
    )
