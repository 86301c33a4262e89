"""A search that ends on time: the architectures race, and the time goes where it promises most.

They are halved in legs of equal time, as successive halving does with arms: whoever is in the worse half by
the lowest validation RMSE gets no more rounds. Rounds are small, and trials are pruned by comparison with
those of all architectures. Then the best settings are fitted again, as many as there is time for.

Reference: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
optimization", AISTATS.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from trintena.experiments.study import N_REFITS
from trintena.experiments.training_run import BASELINES, Key, TrainingRun
from trintena.training.course import PATIENCE

if TYPE_CHECKING:
    from trintena.domain import Purpose, TrialResult
    from trintena.experiments.case import Case
    from trintena.experiments.progress import Observer
    from trintena.experiments.study import Step, Study, Work
    from trintena.experiments.workplace import Workplace
    from trintena.registry import Event

ROUND = 2
"""Trials of an architecture before the next one has its turn."""
FINALISTS = 2
"""Architectures that race to the end."""
SEARCH_SHARE = 0.7
"""Of the time; the rest is for fitting the best settings again, and for the test segment."""
JUDGING_S, JUDGING_SHARE = 8.0, 0.03
"""For scoring, saving and forecasting, at the end: so many seconds, and of a long run some more."""
LAST_FITS_S = 15.0
"""What a run has at least for those fits: one that is resumed when its time is over needs a champion, too."""
_CAUTION = 1.5
"""How much longer than its search trial lets expect a fit is taken to last."""

Stage = Literal["search", "closing", "refits"]
"""Trials are proposed; those under way are waited for; the best settings are fitted again."""


class Race:
    """Which studies get a further round. Times are those of `clock`, in seconds.

    A run that is resumed keeps the timetable of those before it, which used `used_s` of the time.
    """

    def __init__(
        self,
        studies: Sequence[Study],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        used_s: float = 0.0,
    ) -> None:
        self._clock = clock
        self._began = clock() - used_s
        self._racing = list(studies)
        self._n_legs = max(1, math.ceil(math.log2(max(len(studies), 1) / FINALISTS)) + 1)
        self._leg = 1
        self.ends_at = self._began + seconds - max(JUDGING_S, JUDGING_SHARE * seconds)
        self.search_ends_at = min(self._began + SEARCH_SHARE * seconds, self.ends_at)
        if used_s:
            self.ends_at = max(self.ends_at, clock() + LAST_FITS_S)

    @property
    def search_is_over(self) -> bool:
        """Whether it is time to fit the best settings again."""
        return self._clock() >= self.search_ends_at

    def goes_on(self, study: Study) -> bool:
        """Whether a study that rests gets a further round."""
        self._halve()
        return not self.search_is_over and study in self._racing and not study.is_exhausted

    def _halve(self) -> None:
        """Begin the next leg when the time of this one is over and everybody has had a round."""
        leg_s = (self.search_ends_at - self._began) / self._n_legs
        while self._clock() >= self._began + self._leg * leg_s and self._leg < self._n_legs:
            if any(study.best_so_far is None and not study.rests for study in self._racing):
                return
            self._leg += 1
            n_left = max(FINALISTS, math.ceil(len(self._racing) / 2))
            self._racing = sorted(self._racing, key=_promise)[:n_left]


def _promise(study: Study) -> float:
    return math.inf if study.best_so_far is None else study.best_so_far


class RaceRun(TrainingRun):
    """One run of an experiment with a budget, less what earlier runs of it have used."""

    def __init__(self, place: Workplace, case: Case, observe: Observer, budget_s: float) -> None:
        super().__init__(place, case, observe)
        used_s = seconds_used(self.registry.events(case.experiment_id)[:-1])  # the last one began this run
        studies = list(self.studies.values())
        self.race = Race(studies, budget_s, used_s=used_s)
        self.progress.ends_at = self.race.ends_at
        # More trials would find other settings than those that an earlier run began to fit again.
        self.stage: Stage = "refits" if any(study.refits for study in studies) else "search"

    def go_on(self, study: Study) -> None:
        """Give a study that rests a further round, while it is in the race."""
        if self.stage == "search" and study.rests and self.race.goes_on(study):
            self.apply(study, study.next_round(ROUND))

    def apply(self, study: Study, step: Step) -> None:
        """As ever, but once the search is over no more of its trials is handed out."""
        if self.stage != "search":
            dropped = [work for work in step.work if work.trial.purpose == "search"]
            ended = (*step.ended, *study.stop(dropped).ended)
            refits = tuple(work for work in step.work if work.trial.purpose == "refit")
            step = replace(step, ended=ended, work=refits)
        super().apply(study, step)

    def moves_on(self, *, is_idle: bool) -> bool:
        """Close the search when its time is up, then fit again what is worth it; False: nothing new."""
        if self.stage == "search" and (is_idle or self.race.search_is_over):
            self.stage = "closing"
            dropped: dict[int, list[Work]] = {}
            for keys in self.place.executor.cancel_pending():
                if keys == BASELINES:  # they may wait again when they were lost with a node of a cluster
                    self.submit_baselines()
                    continue
                for key in cast("tuple[Key, ...]", keys):
                    work = self.works.pop(key)
                    dropped.setdefault(work.trial.model_id, []).append(work)
            for study in self.studies.values():
                self.apply(study, study.stop(dropped.get(study.model_id, ())))
            return True
        if self.stage == "closing" and is_idle:
            self.stage = "refits"
        # One after the other, as workers become free: how long they take is known then.
        if self.stage == "refits" and self.place.executor.n_unfinished < self.place.workers:
            return self._refit_next()
        return False

    def deadline(self, purpose: Purpose) -> float:
        """Of the search, or of the whole, on the clock of `time.time`."""
        ends_at = self.race.search_ends_at if purpose == "search" else self.race.ends_at
        return time.time() + ends_at - time.monotonic()

    def priority(self, study: Study) -> float:
        """Everybody has a turn before anybody has a second one, and the cheap ones go first."""
        total = sum(each.cost for each in self.progress.studies.values())
        return -study.n_rounds - super().priority(study) / total

    def rivals(self, study: Study) -> dict[tuple[int, int], float]:
        """The trials of all other architectures."""
        if study.rung is None:
            return {}
        return {
            (other.model_id, number): value
            for other in self.studies.values()
            if other is not study
            for number, value in other.at_rung(study.rung).items()
        }

    @property
    def is_ending(self) -> bool:
        """Whether the last fits are under way."""
        return self.stage == "refits" and self.place.executor.n_unfinished <= 2 * self.place.workers

    def _refit_next(self) -> bool:
        """Fit the best setting again of which there was none yet and for which there is time."""
        found = [study.best for study in self.studies.values() if study.best and not study.refits]
        seconds_left = (self.race.ends_at - time.monotonic()) * self.place.workers
        is_first = len(found) == sum(study.best is not None for study in self.studies.values())
        for best in sorted(found, key=lambda trial: (trial.validation_rmse, trial.model_id)):
            if is_first or _CAUTION * N_REFITS * _seconds_of_a_fit(best) < seconds_left:
                self.apply(self.studies[best.model_id], self.studies[best.model_id].refit())
                return True
        return False


def _seconds_of_a_fit(trial: TrialResult) -> float:
    """A trial that was pruned would have gone on until it stands still."""
    n_epochs = len(trial.validation_curve)
    to_the_end = min((trial.best_epoch or 0) + PATIENCE, trial.hyperparameters.epochs)
    return (trial.elapsed_seconds or 0.0) * max(to_the_end / n_epochs, 1.0)


def seconds_used(events: Sequence[Event]) -> float:
    """How long earlier runs of an experiment took, as far as their events tell."""
    used, began, last = 0.0, None, None
    for event in events:
        if event.kind == "running":
            used += (last - began).total_seconds() if began and last else 0.0
            began = event.at
        last = event.at
    return used + ((last - began).total_seconds() if began and last else 0.0)
