from __future__ import annotations

import pytest

from contracts.toy import name_of
from trintena.zoo import ARCHITECTURES, Architecture


@pytest.fixture(params=ARCHITECTURES, ids=name_of, scope="session")
def row(request: pytest.FixtureRequest) -> Architecture:
    """Every architecture in turn; all tests of one come together, so that it is compiled once."""
    chosen: Architecture = request.param
    return chosen
