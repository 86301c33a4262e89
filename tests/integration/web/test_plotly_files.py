"""Plotly's own file as we serve it, and what our content policy needs of the version that is installed."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys

import httpx
import pytest

from trintena.web.pages import plotly_files
from trintena.web.pages.plotly_files import PREFIX, VERSION, bundle, style_of

CHANGED = f"plotly.js of plotly {VERSION} no longer has this: charts/plotly.js and plotly_files.py rest on it"


@pytest.fixture(scope="module")
def code() -> str:
    return bundle().decode()


def test_the_script_is_that_of_the_package_packed_for_who_unpacks_it(client: httpx.Client) -> None:
    packed = client.get(f"{PREFIX}.min.js", headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(f"{PREFIX}.min.js", headers={"Accept-Encoding": "identity"})
    assert packed.content == plain.content == bundle()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < 0.4 * int(plain.headers["Content-Length"])
    assert "Content-Encoding" not in plain.headers
    for answer in (packed, plain):
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"].startswith("text/javascript")
    assert gzip.decompress(plotly_files.packed()) == bundle()


def test_the_address_names_the_version(client: httpx.Client) -> None:
    assert VERSION in PREFIX
    assert client.get("/static/plotly-0.0.0.min.js").status_code == 404


def test_every_rule_that_plotly_would_add_is_in_the_style(client: httpx.Client, code: str) -> None:
    answer = client.get(f"{PREFIX}.css")
    assert answer.headers["Content-Type"].startswith("text/css")
    table = re.search(r'\{"X,X div":(.*?)\};for\(', code)
    assert table is not None, CHANGED
    bodies = re.findall(r""":(?:"([^"]*)"|'([^']*)')""", table[0])
    rules = answer.text.splitlines()[1:]
    assert len(rules) == len(bodies) > 50
    for rule, (double, single) in zip(rules, bodies, strict=True):
        selector, body = re.fullmatch(r"(\S.*) \{ (.*) \}", rule).groups()  # type: ignore[union-attr]
        assert body in (double, single)
        assert re.match(r"\.js-plotly-plot \.plotly|\.plotly-notifier", selector), selector
        assert not re.search(r"\b[XY]\b", selector), selector


def test_the_style_names_the_element_that_stands_for_that_of_maps(client: httpx.Client, code: str) -> None:
    named = re.match(r':root \{ --plotly-mark: "([0-9a-f]{64})"; \}\n', client.get(f"{PREFIX}.css").text)
    assert named is not None
    assert f'if(!document.getElementById("{named[1]}"))' in code, CHANGED


def test_plotly_leaves_its_rules_to_a_link_that_says_so(code: str) -> None:
    assert '"plotly.js-style-"+' in code, CHANGED
    assert '.matches(".no-inline-styles")' in code, CHANGED


def test_another_form_of_the_rules_is_refused() -> None:
    with pytest.raises(RuntimeError, match=re.escape(f"plotly {VERSION}")):
        style_of("var rules = {};")


def test_plotly_itself_is_not_imported() -> None:
    code = (
        "import sys, trintena.web.pages.plotly_files as files;"
        "files.style_of(files.bundle().decode()); files.packed();"
        "print([name for name in sys.modules if name.partition('.')[0] == 'plotly'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
