"""The table of executors: adding one is a file here and its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trintena.jobs.executors.local import LocalExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trintena.jobs.protocol import ExecutorFactory

EXECUTORS: Mapping[str, ExecutorFactory] = {
    "local": LocalExecutor,
}
