"""Which studies get a further round of trials: all of them, or those that win a race against time.

With a budget, architectures are halved in legs of equal time, as successive halving does with arms: whoever
is in the worse half by the lowest validation RMSE gets no more rounds. So time goes where it promises
most. Reference: Jamieson & Talwalkar 2016, AISTATS.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trintena.experiments.study import Study

ROUND = 2
"""Trials of an architecture before the next one has its turn."""
FINALISTS = 2
"""Architectures that race to the end."""
SEARCH_SHARE = 0.7
"""Of the budget; the rest is for fitting the best settings again, and for the test segment."""
JUDGING_S = 8.0
"""For scoring, saving and forecasting, at the end."""


class Race:
    """A search that ends on time. Times are those of `clock`, in seconds."""

    def __init__(
        self, studies: Sequence[Study], budget_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._racing = list(studies)
        self.ends_at = self._began + budget_s - JUDGING_S
        self.search_ends_at = self._began + SEARCH_SHARE * budget_s
        self._n_legs = max(1, math.ceil(math.log2(max(len(studies), 1) / FINALISTS)) + 1)
        self._leg = 1

    def goes_on(self, study: Study) -> bool:
        """Whether a study that rests gets a further round."""
        if self.search_is_over:
            return False
        self._halve()
        return study in self._racing and not study.is_exhausted

    @property
    def search_is_over(self) -> bool:
        """Whether it is time to fit the best settings again."""
        return self._clock() >= self.search_ends_at

    def _halve(self) -> None:
        """Begin the next leg when the time of this one is over and everybody has had a round."""
        leg_s = (self.search_ends_at - self._began) / self._n_legs
        while self._clock() >= self._began + self._leg * leg_s and self._leg < self._n_legs:
            if any(study.best_so_far is None and not study.rests for study in self._racing):
                return
            self._leg += 1
            n_left = max(FINALISTS, math.ceil(len(self._racing) / 2))
            ranked = sorted(self._racing, key=lambda study: _promise(study))
            self._racing = ranked[:n_left]


def _promise(study: Study) -> float:
    return math.inf if study.best_so_far is None else study.best_so_far
