"""Lines in an SVG that a repository page shows, in light and in dark."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 84, 16, 40, 52
COLOURS = ("#3b82c4", "#d9822b", "#5b9e6f", "#9a6fb0")


@dataclass(frozen=True)
class Line:
    """A curve, and the band around it where there is one; x rises."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    steps: bool = False
    """Whether a value holds until the next one."""


def write_svg(
    path: Path, title: str, x_title: str, y_title: str, lines: Sequence[Line], *, y_from: float | None = None
) -> None:
    """Draw the lines into one frame, from the lowest, or from `y_from`, to the highest of all values."""
    xs = [x for line in lines for x in line.x]
    ys = [y for line in lines for y in (*line.y, *line.low, *line.high)]
    ys += [] if y_from is None else [y_from]
    x_ticks, y_ticks = _ticks(min(xs), max(xs)), _ticks(min(ys), max(ys))
    x_low, x_high = min(*xs, x_ticks[0]), max(*xs, x_ticks[-1])
    y_low, y_high = min(*ys, y_ticks[0]), max(*ys, y_ticks[-1])

    def across(x: float) -> float:
        return LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{html.escape(title)}</title>",
        "<style>text{font:13px system-ui,sans-serif;fill:#777}.grid{stroke:#8884;stroke-width:1}</style>",
        _text(LEFT, 18, title, "start"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_title, "middle"),
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{html.escape(y_title)}</text>',
    ]
    parts += [_text(across(tick), HEIGHT - BOTTOM + 18, f"{tick:g}", "middle") for tick in x_ticks]
    for tick in y_ticks:
        parts.append(f'<path class="grid" d="M{LEFT} {down(tick):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 6, down(tick) + 4, f"{tick:.6g}", "end"))
    for i, line in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        if line.low:
            there = [f"{across(x):.1f},{down(y):.1f}" for x, y in zip(line.x, line.low, strict=True)]
            back = [f"{across(x):.1f},{down(y):.1f}" for x, y in zip(line.x, line.high, strict=True)]
            parts.append(f'<polygon points="{" ".join(there + back[::-1])}" fill="{colour}" opacity="0.18"/>')
        points = []
        for k, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
            if line.steps and k:
                points.append(f"{across(x):.1f},{down(line.y[k - 1]):.1f}")
            points.append(f"{across(x):.1f},{down(y):.1f}")
        parts.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(
            f'<text x="{WIDTH - RIGHT}" y="{TOP + 16 * i - 18}" text-anchor="end" '
            f'style="fill:{colour}">{html.escape(line.name)}</text>'
        )
    path.write_text("\n".join([*parts, "</svg>", ""]), "utf-8")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers within a span."""
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(span))
    step = next(step * factor for factor in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if span / (step * factor) <= 8)
    first = math.ceil(low / step - 1e-9)
    return [round(step * k, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]
