"""What a worker says of an experiment that has ended: the champion with its verdict, and any alarm."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from trintena.cli.worker_told import Told
from trintena.registry import ExperimentRecord


def said(capsys: pytest.CaptureFixture[str], **verdict: Any) -> list[str]:
    record = cast("ExperimentRecord", SimpleNamespace(id=7, spec=SimpleNamespace(backtest=None)))
    winner = {"rank": 1, "model_id": 6, "model_name": "GRU Classic (64/32)", "test_rmse": 0.012}
    told = {"code": "beats_last_value", "skill": 0.04, "skill_against_drift": 0.04, "dm_p": 0.01, **verdict}
    ridge = {"key": "ridge", "name": "Ridge on the window", "test_rmse": 0.011}
    Told().ended(
        record,
        {
            "status": "success",
            "total_time": 3.0,
            "winner": winner,
            "results": [winner],
            "baselines": [ridge],
            "verdict": {**told, "spa_p": 0.01},
        },
    )
    return capsys.readouterr().err.splitlines()


def test_a_victory_is_told_with_the_baselines_that_did_better(capsys: pytest.CaptureFixture[str]) -> None:
    _, champion = said(capsys)
    assert champion.startswith("[7] Champion: 6 GRU Classic (64/32). Beats repeating the last value")
    assert champion.endswith("Baselines with a lower error on the test segment: Ridge on the window.")


def test_an_alarm_follows_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, warning = said(capsys, suspect_leakage=["skill"])
    assert warning == "[7] Too good: suspected leak from the future."
