"""The service of prices at its worst: a server in its place, and real commands that ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.training.running import Done, environment, select, trintena
from integration.yahoo.server import Reply, Yahoo, chart, program, serving
from integration.yahoo.test_commands import CLOSE, DAYS, N_ROWS, SHORTER, WHOLE
from reliability.drill.faults import suffers
from reliability.drill.runs import assert_no_traceback

pytestmark = suffers("network")
_HALF = chart(DAYS[: N_ROWS // 2], CLOSE[: N_ROWS // 2])
_BODY = json.dumps(WHOLE).encode()
_WILD = [price * 1000 for price in CLOSE]
_ANSWERS = {
    "gone": Reply(hang_up=True),
    "slow": Reply(WHOLE, delay_s=30.0),
    "limited": Reply(b"Too Many Requests", 429),
    "down": Reply(b"<html>down</html>", 503),
    "cut": Reply(_BODY[:5000], promised=len(_BODY) - 5000),
    "not_json": Reply(b"<html>Will be right back</html>"),
    "empty": Reply(b""),
    "no_result": Reply(b'{"chart": {"result": [], "error": null}}'),
    "list": Reply(b"[1, 2, 3]"),
    "null": Reply(b"null"),
    "other_shape": Reply(b'{"chart": {"result": [{"meta": {}, "timestamp": "soon", "indicators": 7}]}}'),
    "no_times": Reply(
        {"chart": {"result": [{**WHOLE["chart"]["result"][0], "timestamp": []}], "error": None}}
    ),
    "nulls": Reply(chart(DAYS, [None] * N_ROWS)),
    "words": Reply(_BODY.replace(b'"close": [', b'"close": ["up", ')),
    "deep": Reply(b"[" * 100_000),
    "binary": Reply(bytes(range(256)) * 100),
}
"""What no price series can be read from."""

_PATIENCE = {
    **dict.fromkeys(("LIMITED_WAITS_S", "BROKEN_WAITS_S", "SILENT_WAITS_S"), (0.05,)),
    "TIMEOUT_S": 3.0,
}
"""Shorter than a person's."""


@pytest.fixture(scope="module")
def yahoo() -> Iterator[Yahoo]:
    with serving() as server:
        yield server


def asked(yahoo: Yahoo, home: Path, *words: str) -> Done:
    """A command in a process of its own, but for the address of the service and its patience."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", program(yahoo.address, **_PATIENCE), *words],
        env=environment(home) | {"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(home, done.returncode, done.stdout, done.stderr)


def stored(home: Path) -> list[tuple[object, ...]]:
    return select(home, "SELECT symbol, content_hash FROM datasets")


@pytest.mark.parametrize("answer", _ANSWERS)
def test_with_nothing_stored_it_is_refused_with_a_way_out(answer: str, tmp_path: Path, yahoo: Yahoo) -> None:
    yahoo.answers(_ANSWERS[answer])
    home = tmp_path / "home"
    for words in (("data", "fetch", "NVDA"), ("train", "--symbol", "NVDA", "--models", "9")):
        done = asked(yahoo, home, *words)
        assert done.code in (1, 2), done.out
        assert_no_traceback(done)
        assert "trintena data import" in done.err, done.err
    assert stored(home) == []


@pytest.mark.parametrize("answer", _ANSWERS)
def test_what_is_stored_stays(answer: str, tmp_path: Path, yahoo: Yahoo) -> None:
    home = tmp_path / "home"
    yahoo.answers(WHOLE)
    assert asked(yahoo, home, "data", "fetch", "NVDA").code == 0
    before = stored(home)
    assert before
    yahoo.answers(_ANSWERS[answer])
    failed = asked(yahoo, home, "data", "fetch", "NVDA")
    assert failed.code in (1, 2), failed.out
    assert_no_traceback(failed)
    assert stored(home) == before
    words = ("--models", "9", "--lookback", "10", "--workers", "1", "--years", "all")
    trained = asked(yahoo, home, "train", "--symbol", "NVDA", *words)
    assert trained.code == 0, trained.err
    assert_no_traceback(trained)
    assert stored(home) == before
    assert trintena(home, "predict", "--json").code == 0


@pytest.mark.parametrize("answer", [SHORTER, _HALF, chart(DAYS, _WILD)], ids=["shorter", "half", "wild"])
def test_an_answer_that_contradicts_what_is_stored_is_not_taken_in_silence(
    answer: dict[str, object], tmp_path: Path, yahoo: Yahoo
) -> None:
    home = tmp_path / "home"
    yahoo.answers(WHOLE)
    assert asked(yahoo, home, "data", "fetch", "NVDA").code == 0
    before = set(stored(home))
    yahoo.answers(answer)
    done = asked(yahoo, home, "data", "fetch", "NVDA")
    assert_no_traceback(done)
    assert set(stored(home)) >= before
    assert done.code in (1, 2) or done.err, "nothing was said"
