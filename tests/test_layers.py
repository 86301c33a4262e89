"""The layer rules, seen at run time: what waits, lists or answers loads no numerical framework.

`lint-imports` reads the import statements; a lazy import that fires too early shows only here.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("keras", "jax", "optuna", "ray", "tensorflow", "torch")
LIGHT = (
    "trintena",
    "trintena.bootstrap",
    "trintena.cli",
    "trintena.jobs",
    "trintena.registry",
    "trintena.search",
    "trintena.services",
    "trintena.web",
    "trintena.worker",
    "trintena.zoo",
)


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_light_module_loads_no_numerical_framework(module: str) -> None:
    program = (
        "import pkgutil, sys\n"
        f"import {module} as module\n"
        "for found in pkgutil.walk_packages(getattr(module, '__path__', []), module.__name__ + '.'):\n"
        f"    if module.__name__ != 'trintena' and 'migrations' not in found.name: __import__(found.name)\n"
        f"print(*sorted({HEAVY!r} & sys.modules.keys()))\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.split() == []
