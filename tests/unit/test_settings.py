from __future__ import annotations

import os
from pathlib import Path

import pytest

from trintena.errors import UsageError
from trintena.settings import Settings, usable_cores


def test_everything_lives_under_the_working_directory_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings == Settings(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path}/trintena.db",
        cache=tmp_path / "cache",
        workers=len(usable_cores()),
    )
    assert settings.models == tmp_path / "models"
    assert settings.locks == tmp_path / "locks"
    assert list(tmp_path.iterdir()) == [], "reading settings makes nothing"


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = (
        "TRINTENA_HOME",
        "TRINTENA_DATABASE_URL",
        "TRINTENA_CACHE",
        "TRINTENA_WORKERS",
        "MLFLOW_TRACKING_URI",
        "TRINTENA_RAY_ADDRESS",
        "TRINTENA_RAY_GPU_SHARE",
        "TRINTENA_RAY_GPU_POPULATION",
    )
    assert Settings.from_environment(dict.fromkeys(names, "")) == Settings.from_environment({})


def test_each_variable_is_heeded(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "TRINTENA_HOME": str(tmp_path / "home"),
            "TRINTENA_DATABASE_URL": "postgresql://server/trintena",
            "TRINTENA_CACHE": str(tmp_path / "shared"),
            "TRINTENA_WORKERS": "3",
            "MLFLOW_TRACKING_URI": "http://server:5000",
            "TRINTENA_RAY_ADDRESS": "ray://head:10001",
            "TRINTENA_RAY_GPU_SHARE": "0.25",
            "TRINTENA_RAY_GPU_POPULATION": "16",
        }
    )
    assert settings == Settings(
        tmp_path / "home",
        "postgresql://server/trintena",
        tmp_path / "shared",
        3,
        "http://server:5000",
        "ray://head:10001",
        0.25,
        16,
    )


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    settings = Settings.from_environment({"TRINTENA_HOME": "~/prices", "TRINTENA_CACHE": "programs"})
    assert settings.home == tmp_path / "me" / "prices"
    assert settings.cache == tmp_path / "programs"
    assert settings.database_url == f"sqlite:///{tmp_path}/me/prices/trintena.db"


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5", " 2", "²"])
def test_workers_that_are_no_positive_whole_number_are_refused(workers: str) -> None:
    with pytest.raises(UsageError, match=f"whole number of at least 1, not {workers!r}") as refusal:
        Settings.from_environment({"TRINTENA_WORKERS": workers})
    assert refusal.value.field == "TRINTENA_WORKERS"


@pytest.mark.parametrize("share", ["-0.1", "1.1", "half", "nan", "0.00001", "inf"])
def test_a_share_of_a_gpu_that_is_none_is_refused(share: str) -> None:
    with pytest.raises(UsageError, match=f"a number from 0 to 1 such as 0.25, not '{share}'") as refusal:
        Settings.from_environment({"TRINTENA_RAY_GPU_SHARE": share})
    assert refusal.value.field == "TRINTENA_RAY_GPU_SHARE"


def test_a_population_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="TRINTENA_RAY_GPU_POPULATION must be a whole number of at least 1"):
        Settings.from_environment({"TRINTENA_RAY_GPU_POPULATION": "0"})


def test_usable_cores_are_those_of_this_process() -> None:
    cores = usable_cores()
    assert cores == sorted(set(cores))
    assert 1 <= len(cores) <= (os.cpu_count() or 1)


def test_without_affinity_every_core_is_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cores() == [0, 1, 2, 3, 4, 5]
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == [0]
