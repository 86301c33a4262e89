from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the language of the machine that runs the tests."""
    monkeypatch.setenv("TRINTENA_LANG", "en")
