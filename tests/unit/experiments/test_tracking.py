from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trintena.experiments import tracking
from trintena.registry import Registry
from trintena.settings import Settings

UNSET = Settings.from_environment({})
SET = Settings.from_environment({"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"})


@pytest.fixture
def without_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which the extra was not installed."""

    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


def test_without_a_uri_nothing_is_logged_and_nothing_said(registry: Registry) -> None:
    assert tracking.missing(UNSET) is None
    assert tracking.track(UNSET, registry, 1) is None, "experiment 1 does not exist, and nobody looked"


def test_without_the_extra_there_is_one_warning_with_the_remedy(
    registry: Registry, without_mlflow: None
) -> None:
    remedy = tracking.missing(SET)
    assert remedy is not None
    assert "`pip install 'trintena[mlflow]'`" in remedy
    assert tracking.track(SET, registry, 1) is None
    assert tracking.missing(UNSET) is None


def test_the_process_that_trains_never_loads_mlflow() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, trintena.modes; print('mlflow' in sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(Path(tracking.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "False"


def test_numbers_that_are_none_or_not_finite_are_no_metrics() -> None:
    measured = {"a": 1, "b": None, "c": float("nan"), "d": True, "e": "x", "f": {"g": 0.5, "h": [1, 2]}}
    assert tracking._numbers(measured) == {"a": 1.0, "f/g": 0.5}


def test_parameters_are_text_and_what_is_none_is_left_out() -> None:
    given = {"a": "x", "b": None, "c": 0.1, "d": (6, 26), "e": {"f": True}}
    assert tracking._texts(given) == {"a": "x", "c": "0.1", "d": "[6, 26]", "e/f": "true"}
