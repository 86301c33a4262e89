"""The table of executors: adding one is a file here and its row."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from trintena.jobs.cluster.refusals import not_installed
from trintena.jobs.executors.local import LocalExecutor
from trintena.jobs.executors.ray import RayExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trintena.jobs.protocol import ExecutorFactory

ExecutorName = Literal["local", "ray"]
EXECUTORS: Mapping[str, ExecutorFactory] = {
    "local": LocalExecutor.from_settings,
    "ray": RayExecutor.from_settings,
}


def is_usable(name: str) -> bool:
    """Whether what an executor needs is installed here."""
    return name != "ray" or find_spec("ray") is not None


def refuse_unusable(name: str) -> None:
    """Refuse, before anything is planned for it, an executor whose library is missing.

    Raises:
        UsageError: the remedy.
    """
    if not is_usable(name):
        raise not_installed()
