"""What several processes, and processes that die, leave in the database and in the model folder."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from trintena.artifacts.files import read_model_files, sweep
from trintena.registry import Registry


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_processes_that_open_a_fresh_database_at_once_all_succeed(tmp_path: Path) -> None:
    run("open_at_once.py", tmp_path, 4, 4)
    for i in range(4):
        with Registry.open(f"sqlite:///{tmp_path / f'{i}.db'}") as registry:
            assert len(registry.datasets()) == 1


def test_a_kill_at_any_line_leaves_no_row_without_its_whole_files(tmp_path: Path) -> None:
    n_steps = int(run("save_until_killed.py", tmp_path))
    assert n_steps > 60  # lines of the writing and of the registering, not only of one of them
    models = tmp_path / "models"

    with Registry.open(f"sqlite:///{tmp_path / 'trintena.db'}") as registry:
        versions = registry.versions()
    assert versions  # the last attempt at least
    assert [v.is_winner for v in versions] == [True] + [False] * (len(versions) - 1)
    for version in versions:
        attempt = read_model_files(models, version.stem, version.checksums).manifest["attempt"]
        assert attempt <= n_steps

    # A manifest is the last file to appear: where it is, the others are, and they are whole.
    manifests = list(models.glob("[!.]*.json"))
    assert len(manifests) > len(versions)
    for path in manifests:
        for kind, expected in json.loads(path.read_text())["sha256"].items():
            assert hashlib.sha256(path.with_suffix(f".{kind}").read_bytes()).hexdigest() == expected

    assert list(models.glob(".staging.*"))
    sweep(models, [version.stem for version in versions])
    assert not list(models.glob(".staging.*"))
    for version in versions:
        read_model_files(models, version.stem, version.checksums)
