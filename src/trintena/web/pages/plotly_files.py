"""Plotly's own script from its Python package, and the style that it would otherwise inject.

Under our content policy a script may add no `<style>`. plotly.js adds none where it finds a linked sheet and
an element that stand for them; both are read out of the installed bundle, so that they fit its version.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response

router = APIRouter(include_in_schema=False)

VERSION = version("plotly")
PREFIX = f"/static/plotly-{VERSION}"
"""With `.min.js` the address of the script, with `.css` that of its style."""

_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_TEXT = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'"
_RULES = re.compile(rf'=\{{("X,X div":(?:(?:{_TEXT}|[A-Z])[:,]?)+)\}};')
_PAIR = re.compile(rf"({_TEXT}|[A-Z]):({_TEXT})")
_MARK = re.compile(r'getElementById\("([0-9a-f]{64})"\)')


@router.get(f"{PREFIX}.min.js")
def script(request: Request) -> Response:
    """The whole bundle, 4.8 MB; 1.5 MB for who takes it packed."""
    headers = {**_KEEP, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            packed(), media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"}
        )
    return Response(bundle(), media_type="text/javascript", headers=headers)


@router.get(f"{PREFIX}.css")
def style() -> Response:
    """The rules of its drawings, and the name of the element that stands for its maps' style."""
    return Response(style_of(bundle().decode()), media_type="text/css", headers=_KEEP)


def bundle() -> bytes:
    """The script as it is installed; the package is found, not imported."""
    spec = find_spec("plotly")
    assert spec is not None
    assert spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_bytes()


@cache
def packed() -> bytes:
    """The script packed, once for each process: it takes a quarter of a second."""
    return gzip.compress(bundle(), compresslevel=6)


def style_of(code: str) -> str:
    """The sheet that stands for what a bundle would inject.

    Raises:
        RuntimeError: this version of plotly.js keeps its rules elsewhere.
    """
    rules, mark = _RULES.search(code), _MARK.search(code)
    if rules is None or mark is None:
        raise RuntimeError(f"plotly.js of plotly {VERSION} keeps its style where nobody looks for it")
    lines = [f':root {{ --plotly-mark: "{mark[1]}"; }}']
    for selector, body in _PAIR.findall(rules[1]):
        named = _unquoted(selector).replace("X", ".js-plotly-plot .plotly").replace("Y", ".plotly-notifier")
        lines.append(f"{named} {{ {_unquoted(body)} }}")
    return "\n".join(lines) + "\n"


def _unquoted(literal: str) -> str:
    """What a key or a string literal of JavaScript says, so far as rules of style use one."""
    return re.sub(r"\\(.)", r"\1", literal[1:-1]) if literal[0] in "'\"" else literal
