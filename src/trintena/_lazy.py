"""Import a heavy library when it is first used, not when a file is read.

The layer rules look at `import` statements, also at those inside functions. Files that only *list*
what exists (architectures, strategies) must cost nothing to read, so they reach Keras through here.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def keras() -> ModuleType:
    """Keras, on whichever backend this process has chosen."""
    return importlib.import_module("keras")
