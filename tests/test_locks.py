"""The lock files fit `pyproject.toml`, agree with each other, and say nothing about any machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]
WANTED = {
    "requirements.txt": RUNTIME,
    "requirements-dev.txt": [*RUNTIME, *PROJECT["dependency-groups"]["dev"]],
    "requirements-bench.txt": PROJECT["dependency-groups"]["bench"],
}


def pins(lock: str) -> dict[str, str]:
    """The version that a lock file gives each package; every line is a pin or a comment."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / lock).read_text("utf-8").splitlines()]
    requirements = [Requirement(line) for line in lines if line]
    versions = {}
    for requirement in requirements:
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", f"{requirement} is no pin"
        name = canonicalize_name(requirement.name)
        assert name not in versions, f"{name} has two versions"
        versions[name] = specifier.version
    return versions


@pytest.mark.parametrize("lock", WANTED)
def test_lock_holds_a_fitting_version_of_everything_named_in_pyproject(lock: str) -> None:
    versions = pins(lock)
    for requirement in map(Requirement, WANTED[lock]):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, "run `make lock`"


def test_what_runs_is_what_is_tested() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize("lock", WANTED)
def test_lock_names_neither_an_index_nor_a_path(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert re.findall(r"://|--(?:extra-)?index|--find-links|\bfile:|(?:^|[ =])/\w", text) == []
