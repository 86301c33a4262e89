"""A client that was generated from the API's own description finds no fault and no surprise.

It asks for trainings as a program does that will not wait, and the queue is short: nothing is trained. Yahoo
cannot be reached. The stream of events has no end while an experiment waits; `test_events` reads it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from integration.web.conftest import OPTIMIZED, Settings, serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
WAITING = 3
NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "phases", ["examples,fuzzing", pytest.param("examples,coverage,fuzzing", marks=pytest.mark.slow)]
)
def test_no_fault_and_no_answer_that_is_not_described(
    settings: Settings, walk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phases: str
) -> None:
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, NOBODY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(settings, queue_limit=WAITING) as server:
        asked = server.http.post("/api/train-advanced", json=OPTIMIZED, headers={"Prefer": "respond-async"})
        assert asked.status_code == 202
        shown = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.base}/openapi.json"),
                *("--checks", ",".join(CHECKS), "--header", "Prefer:respond-async"),
                *("--exclude-path-regex", "/events$", "--phases", phases),
                *("--max-examples", "6", "--seed", "1", "--request-timeout", "30", "--continue-on-failure"),
            ],
            cwd=tmp_path,
            env=os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "examples")},
            capture_output=True,
            text=True,
            check=False,
        )
        waiting = server.http.get("/api/experiments").json()["experiments"]
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Tested:" in shown.stdout
    assert 1 < len(waiting) <= WAITING
