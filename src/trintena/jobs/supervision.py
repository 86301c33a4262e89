"""Keeping programs running: started, watched, started again when they end by themselves."""

from __future__ import annotations

import logging
import math
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from trintena.language import phrase

logger = logging.getLogger("trintena")

_LOOK_EVERY_S = 0.2
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_LONG_LIFE_S = 60.0
"""Of one that lived as long, the earlier deaths are forgotten."""


@dataclass(eq=False)
class _Copy:
    """One of the places for a process; those in it come and go."""

    popen: subprocess.Popen[bytes] | None = None
    started_at: float = -math.inf
    due_at: float = 0.0
    """When the next one may be started, on the clock of `time.monotonic`, like all times here."""
    pause_s: float = 0.0


class Supervised:
    """A program that is to run, as so many processes, for as long as the context lasts.

    One that ends is started again: after half a second, after twice as long whenever it dies young again.
    At the end of the context all are told to end (SIGTERM), and after a grace killed; an interrupt meanwhile
    kills them at once. None is left in any case.
    """

    def __init__(
        self, command: Sequence[str], *, name: str, n_processes: int = 1, grace_s: float = 2.0
    ) -> None:
        self._command, self._name, self._grace_s = list(command), name, grace_s
        self._ending = threading.Event()
        self._copies = [_Copy() for _ in range(n_processes)]
        self._thread = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that run."""
        return [popen.pid for popen in self._running()]

    def __enter__(self) -> Self:
        try:
            for copy in self._copies:
                self._start(copy)
        except BaseException:
            self._end_all()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        try:
            self._thread.join()
        finally:
            self._end_all()

    def _running(self) -> list[subprocess.Popen[bytes]]:
        present = [copy.popen for copy in self._copies]
        return [popen for popen in present if popen is not None and popen.poll() is None]

    def _end_all(self) -> None:
        ending = self._running()
        for popen in ending:
            popen.terminate()
        deadline = time.monotonic() + self._grace_s
        try:
            for popen in ending:
                popen.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass  # the grace is over for all of them
        finally:  # also when somebody will not wait for that long
            for popen in ending:
                popen.kill()
            for popen in ending:
                popen.wait()

    def _start(self, copy: _Copy) -> None:
        copy.started_at = time.monotonic()
        # In a group of its own: an interrupt typed at the terminal is ours to pass on, in order.
        copy.popen = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, process_group=0)

    def _keep(self) -> None:
        while not self._ending.wait(_LOOK_EVERY_S):
            for copy in self._copies:
                self._look_after(copy)

    def _look_after(self, copy: _Copy) -> None:
        if copy.popen is not None:
            if (code := copy.popen.poll()) is None:
                return
            copy.popen = None
            if time.monotonic() - copy.started_at > _LONG_LIFE_S:
                copy.pause_s = 0.0
            self._put_off(copy)
            logger.warning(
                phrase(
                    en=f"The {self._name} ended (exit code {code}); it is started again.",
                    pt=f"O processo {self._name} terminou (código de saída {code}); ele será reiniciado.",
                )
            )
        if time.monotonic() >= copy.due_at:
            try:
                self._start(copy)
            except OSError as error:  # no memory, too many processes: that may pass
                self._put_off(copy)
                logger.warning(
                    phrase(
                        en=f"The {self._name} cannot be started: {error}.",
                        pt=f"Não é possível iniciar o processo {self._name}: {error}.",
                    )
                )

    def _put_off(self, copy: _Copy) -> None:
        """Wait before the next start, longer each time."""
        copy.pause_s = min(max(2 * copy.pause_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
        copy.due_at = time.monotonic() + copy.pause_s
