"""The five controls of the protocol, one module each, through real experiments.

The future leaks nowhere (`test_future_poison`); where there is nothing, nothing is found
(`test_random_walk`); a signal that is there is found (`test_planted_signal`); an echo is called one
(`test_lag_detector`); the unit of the price does not matter (`test_price_unit`). Small versions run in
`make test`, those at full strength, with all thirty architectures, in `make test-slow`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from controls.experiments import Found, of
from integration.champion.lab import Lab, environment_of, open_lab


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One home, with warm workers, for the small experiments of all controls."""
    with open_lab(tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture(scope="package")
def honest(lab: Lab) -> Found:
    """A small experiment on the series that nobody has touched."""
    return Found.after(lab, of())


@pytest.fixture
def at_home(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab, in whose home the public functions work, too."""
    for name in [name for name in os.environ if name.startswith("TRINTENA_")]:
        monkeypatch.delenv(name)
    for name, value in environment_of(lab.home).items():
        monkeypatch.setenv(name, value)
    return lab
