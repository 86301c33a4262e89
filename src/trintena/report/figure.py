"""What every figure shares: a finding, a picture as Plotly reads it, the data behind it, one look.

Pictures are plain dictionaries, drawn by plotly.js in the page. A colour is the name of one of the
page's own, `var(--model)`, which the page resolves for the light or the dark theme.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from trintena.language import phrase
from trintena.report import words
from trintena.report.markup import Markup

MODEL, LAST_VALUE, TEXT, MUTED, GRID, FAINT, SURFACE, BAND = (
    f"var(--{name})" for name in ("model", "last-value", "text", "muted", "grid", "faint", "surface", "band")
)
RMSE_TICKS = ",.6~g"


@dataclass(frozen=True)
class Figure:
    """One picture with what is to be said about it."""

    key: str
    finding: str
    """In one sentence, what the picture shows."""
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    note: str = ""
    """How to read it, and what not to read into it."""
    table: Markup | None = None
    """The data behind it."""
    selectable: bool = False
    """Whether its lines belong to architectures (`meta`), of which the reader chooses one to stand out."""


def layout(x: dict[str, Any], y: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The look of a figure with these two axes."""
    return {
        "height": 380,
        "margin": {"l": 76, "r": 16, "t": 32, "b": 52},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": TEXT},
        "hoverlabel": {"bgcolor": SURFACE, "bordercolor": GRID, "font": {"color": TEXT}},
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "traceorder": "normal"},
        "separators": phrase(en=".,", pt=",."),
        "xaxis": _axis(x),
        "yaxis": _axis(y),
        **more,
    }


def _axis(settings: dict[str, Any]) -> dict[str, Any]:
    title = {"text": settings.pop("title", ""), "font": {"size": 13, "color": MUTED}, "standoff": 8}
    common = {"gridcolor": GRID, "linecolor": GRID, "zeroline": False, "tickfont": {"color": MUTED}}
    return {"automargin": True, **common, "title": title, **settings}


def line(
    x: Sequence[Any], y: Iterable[float | None], name: str, colour: str, *, dash: str = "solid", **more: Any
) -> dict[str, Any]:
    """A line through points; what is not finite leaves a gap."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": finite(y),
        "name": label(name),
        "line": {"color": colour, "width": 2, "dash": dash},
        **more,
    }


def of_model(trace: dict[str, Any], model_id: int, *, leads: bool) -> dict[str, Any]:
    """The line of an architecture: that of the leader stands out, the others wait in grey."""
    trace["meta"] = {"model": model_id}
    trace["line"] = {**trace["line"], "color": MODEL if leads else FAINT, "width": 3 if leads else 1}
    return {**trace, "showlegend": leads, "zorder": 2 if leads else 0}


def reference(x: Sequence[Any], value: float | None) -> list[dict[str, Any]]:
    """The last value's RMSE as a dashed line, if it is known."""
    if value is None:
        return []
    name = f"{words.last_value()}: {words.rmse(value)}"
    return [line(x, [value] * len(x), name, LAST_VALUE, dash="dash", hoverinfo="skip", zorder=3)]


def label(text: str) -> str:
    """Text as Plotly shows it: it would take tags in it for its own."""
    return escape(text, quote=False)


def finite(values: Iterable[float | None]) -> list[float | None]:
    """Seven significant digits of each, None for what is not finite: JSON has no NaN."""
    return [float(f"{v:.7g}") if v is not None and math.isfinite(v) else None for v in values]


def view(values: Iterable[float | None], *, whole: Iterable[float | None]) -> list[float] | None:
    """A range for an axis: all of `whole`, and the lower nine tenths of the values.

    One training that went astray would press all others flat; a double click shows it.
    """
    seen = [v for v in finite(values) if v is not None]
    must = [v for v in finite(whole) if v is not None]
    if not seen and not must:
        return None
    low = min(seen + must)
    high = max([*must, *([float(np.quantile(seen, 0.9))] if seen else [])])
    pad = 0.06 * (high - low) or 0.01 * abs(high) or 1.0
    return [low - pad, high + pad]
