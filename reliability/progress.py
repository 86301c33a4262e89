"""How far a long run is, and what is left of it: a line now and then."""

from __future__ import annotations

import time

from trintena.language import span

_EVERY_S = 5.0


class Progress:
    """Counts towards a total and says so, at most every few seconds."""

    def __init__(self, what: str, total: float) -> None:
        self._what, self._total = what, total
        self._began = self._said = time.monotonic()

    def at(self, done: float, remark: str = "") -> None:
        """So much is done."""
        now = time.monotonic()
        if now - self._said < _EVERY_S and done < self._total:
            return
        self._said = now
        passed = now - self._began
        left = passed / done * (self._total - done) if done else float("nan")
        ahead = f", {span(left)} left" if 0 < done < self._total else ""
        print(f"{done:,.0f} of {self._total:,.0f} {self._what}{ahead}{remark and f'; {remark}'}", flush=True)
