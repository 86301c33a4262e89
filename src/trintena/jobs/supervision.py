"""Keeping a program running: started, watched, started again when it ends by itself."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

logger = logging.getLogger("trintena")

_LOOK_EVERY_S = 0.2
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_LONG_LIFE_S = 60.0
"""One that lived that long is started again at once."""


class Supervised:
    """A program that is to run for as long as the context lasts."""

    def __init__(self, command: Sequence[str], *, name: str, grace_s: float = 8.0) -> None:
        self._command, self._name, self._grace_s = list(command), name, grace_s
        self._ending = threading.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The program's number; None while it does not run."""
        popen = self._popen
        return popen.pid if popen is not None and popen.poll() is None else None

    def __enter__(self) -> Self:
        self._popen = self._start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        if self._popen is None or self._popen.poll() is not None:
            return
        self._popen.terminate()
        try:
            self._popen.wait(self._grace_s)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self._started_at = time.monotonic()
        # In a group of its own: an interrupt typed at the terminal is ours to pass on, in order.
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, process_group=0)

    def _keep(self) -> None:
        pause = _SHORTEST_PAUSE_S
        while not self._ending.wait(_LOOK_EVERY_S):
            assert self._popen is not None
            if (code := self._popen.poll()) is None:
                continue
            lived = time.monotonic() - self._started_at
            pause = _SHORTEST_PAUSE_S if lived > _LONG_LIFE_S else min(2 * pause, _LONGEST_PAUSE_S)
            logger.warning("the %s ended (exit code %d); it is started again", self._name, code)
            if self._ending.wait(pause):
                return
            self._popen = self._start()
