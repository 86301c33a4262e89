"""The actor beside a worker process on a node: starts it, passes messages on, tells of its death.

The worker is the same program as on one machine (`child.py`), in the same surroundings, so it computes
the same numbers. It ends with the actor, which ends with the experiment, however that ends. Imported on
the nodes: it needs Trintena there, and loads nothing heavy.
"""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from trintena.jobs.cluster.messages import Answer, Died, Lost, Spoken
from trintena.jobs.failures import WorkerDied
from trintena.jobs.process import WorkerProcess

DECISIVE = ("trintena", "jax", "jaxlib", "numpy")
"""The packages that decide the numbers."""


def versions() -> dict[str, str]:
    """The versions of them here."""
    found = {}
    for name in DECISIVE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    return found


class Host:
    """One worker process. Every call but `stay` gives one thing that it says; of reports there are many.

    Two calls at a time: one of them is `stay`.
    """

    def __init__(
        self, index: int, environment: Mapping[str, str], warm: str | None, expected: Mapping[str, str]
    ) -> None:
        self._index, self._expected = index, expected
        surroundings = {"JAX_COMPILATION_CACHE_DIR": str(programs_folder()), **environment}
        self._process = WorkerProcess(index, None, surroundings, warm)

    def stay(self) -> None:
        """Never return: whoever waits for it learns at once that the actor, or its node, is gone."""
        threading.Event().wait()

    def start(self) -> Answer:
        """Start the process; what it says first."""
        if others := [f"{name} {own}" for name, own in versions().items() if own != self._expected[name]]:
            here = ", ".join(f"{name} {own}" for name, own in self._expected.items())
            return Died(self._index, f"the node {os.uname().nodename} has {', '.join(others)}, not {here}")
        try:
            self._process.start()
        except WorkerDied as death:
            return Died(self._index, death.reason)
        return self.next()

    def call(self, request: bytes, shared: bytes = b"") -> Answer:
        """Begin a call; what it says first."""
        if self._process.pid is None:  # it died while it was idle
            return Lost(self._index, "the worker process ended while it had nothing to do")
        try:
            self._process.send_bytes(request + shared)
        except WorkerDied as death:
            return Died(self._index, death.reason, death.exit_code, death.log)
        return self.next()

    def next(self) -> Answer:
        """What it says next."""
        try:
            message = self._process.receive_bytes()
        except WorkerDied as death:
            return Died(self._index, death.reason, death.exit_code, death.log)
        return Spoken(self._index, message, self._process.resident_bytes())


def programs_folder() -> Path:
    """The folder of this node for compiled programs: of `TRINTENA_CACHE`, else a temporary one of the user.

    Programs are code: one of that name that others may write to is left alone.
    """
    if cache := os.environ.get("TRINTENA_CACHE"):
        return Path(cache).expanduser().resolve() / "programs"
    folder = Path(tempfile.gettempdir()) / f"trintena-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        folder = Path(tempfile.mkdtemp(prefix="trintena-"))
    return folder / "programs"
