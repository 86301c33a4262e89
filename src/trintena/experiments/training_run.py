"""One run of an experiment's trials: from its studies to the workers and back, each end stored at once."""

from __future__ import annotations

import math
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from trintena.domain import ENDED
from trintena.experiments.progress import Progress, Running, StudyProgress
from trintena.experiments.race import ROUND, Race
from trintena.experiments.study import N_REFITS, Study
from trintena.jobs.protocol import Failed, Finished, Reported, Started, Task
from trintena.search import OptunaStudies, study_name
from trintena.training.course import Paused
from trintena.zoo import architecture

if TYPE_CHECKING:
    from trintena.domain import Purpose, TrialResult
    from trintena.experiments.case import Case
    from trintena.experiments.progress import Observer
    from trintena.experiments.study import Step, Work
    from trintena.experiments.workplace import Workplace

TRIAL = "trintena.training.trial:run_trial"
TICK_S = 0.25
_CANCEL_CHECK_S = 1.0
_COST_OF_A_LAYER = 50_000
"""In parameters: what one more layer costs, beside what its weights cost to train."""

Key = tuple[int, "Purpose", int]
"""Of a trial within its experiment: architecture, purpose, number."""


class TrainingRun:
    """One run of one experiment, up to its last trial."""

    def __init__(self, place: Workplace, case: Case, observe: Observer) -> None:
        self.place, self.case, self.observe = place, case, observe
        self.registry, self.spec = place.registry, case.spec
        self.searches = case.spec.search is not None
        self.studies = {model_id: self._study(model_id) for model_id in case.spec.model_ids}
        self._optuna = OptunaStudies(place.settings.database_url)
        self.works: dict[Key, Work] = {}
        """What was submitted and has not come back."""
        last_value = case.judge.baseline_forecasts("validation")["last_value"]
        self.progress = Progress(
            experiment_id=case.experiment_id,
            studies={model_id: self._study_progress(study) for model_id, study in self.studies.items()},
            workers=place.workers,
            last_value_rmse=float(case.judge.scores("validation", last_value)["rmse"] or 0.0),
        )
        self.race: Race | None = None
        search = case.spec.search
        if search is not None and search.budget_s is not None:
            self.race = Race(list(self.studies.values()), search.budget_s - self._used_s())
            self.progress.ends_at = self.race.ends_at
        self.is_searching = self._is_waiting_for_search = True

    def train(self) -> bool:
        """Run what is missing; False when somebody asked to stop."""
        with closing(self._optuna):
            return self._train()

    def _train(self) -> bool:
        for study in self.studies.values():
            self._apply(study, study.begin())
            self._go_on(study)
        self.observe(self.progress)
        executor, next_check = self.place.executor, 0.0
        while True:
            n_unfinished = executor.n_unfinished
            # A task may have ended whose event still waits: the last word is no event.
            event = executor.next_event(TICK_S if n_unfinished else 0.0)
            if event is not None:
                self._take(event)
            moved = self.race is not None and self._moves_on(self.race)
            if event is None and not n_unfinished and not moved:
                return True
            self.observe(self.progress)
            if time.monotonic() >= next_check:
                if self.registry.cancel_requested(self.case.experiment_id):
                    return False
                next_check = time.monotonic() + _CANCEL_CHECK_S

    def tell(self, phase: str) -> None:
        """Let whoever watches know what comes now."""
        self.progress.phase = phase
        self.observe(self.progress)

    # Studies

    def _study(self, model_id: int) -> Study:
        stored = [
            trial
            for trial in self.registry.trials(self.case.experiment_id, forecasts=False)
            if trial.model_id == model_id
        ]
        if not self.searches:  # what failed in fast mode is tried again
            stored = [trial for trial in stored if trial.state != "FAIL"]
        return Study(self.spec, model_id, stored)

    def _go_on(self, study: Study) -> None:
        """Give a study that rests what comes next."""
        if not study.rests:
            return
        if self.race is not None:
            if self.race.goes_on(study):
                self._apply(study, study.next_round(ROUND))
        elif not study.is_exhausted:
            self._apply(study, study.next_round())
        else:
            self._apply(study, study.refit())

    def _apply(self, study: Study, step: Step) -> None:
        """Record what ended, store what was proposed, hand out what is to be run."""
        for trial in step.ended:
            self._record(trial)
        if self.searches and study.rests and any(trial.purpose == "search" for trial in step.ended):
            self._mirror(study)
        if step.proposed:
            name = self.progress.studies[study.model_id].name
            self.registry.add_trials(self.case.experiment_id, step.proposed, model_name=name)
        work = step.work
        if not self.is_searching and (dropped := [each for each in work if each.trial.purpose == "search"]):
            work = tuple(each for each in work if each not in dropped)
            for trial in study.stop(dropped).ended:
                self._record(trial)
        for each in work:
            key: Key = (each.trial.model_id, each.trial.purpose, each.trial.number)
            self.works[key] = each
            self.place.executor.submit(self._task(key, study, each))
        self._count(study)

    def _task(self, key: Key, study: Study, work: Work) -> Task:
        trial = work.trial
        is_judged = trial.purpose == "refit" or not self.searches
        cost = self.progress.studies[study.model_id].cost
        return Task(
            key=key,
            function=TRIAL,
            kwargs={
                "series": self.case.series,
                "transformation": self.case.transformation,
                "segments": self.case.segments,
                "trial": trial,
                "forecast": ("validation", "test") if is_judged else ("validation",),
                "until": work.until,
                "paused": work.paused,
                "deadline": self._deadline(trial.purpose),
            },
            label=self.progress.studies[study.model_id].name,
            # In a race everybody has a turn before anybody has a second one.
            cost=cost if self.race is None or trial.purpose == "refit" else -study.n_rounds,
            group=(study.model_id, trial.purpose, study.n_rounds if self.race else 0),
        )

    def _deadline(self, purpose: Purpose) -> float:
        """On the clock of `time.time`."""
        if self.race is None:
            return math.inf
        ends_at = self.race.search_ends_at if purpose == "search" else self.race.ends_at
        return time.time() + ends_at - time.monotonic()

    # Events

    def _take(self, event: object) -> None:
        progress = self.progress
        match event:
            case Started(tuple(key), worker):
                model_id, purpose, number = key
                # A trial whose worker died may start again elsewhere.
                for other, run in list(progress.running.items()):
                    if (run.model_id, run.is_refit, run.number) == (model_id, purpose == "refit", number):
                        progress.running.pop(other)
                progress.running[worker] = Running(model_id, number, purpose == "refit", time.monotonic())
                self.studies[model_id].start(purpose, number)
                self._count(self.studies[model_id])
                self.registry.start_trial(self.case.experiment_id, model_id, number, purpose)
                if self._is_ending:
                    # A worker is about to run out of trials: load Keras on the core that it leaves.
                    self.place.inference.start()
            case Reported(_, worker, payload):
                progress.running[worker] = replace(progress.running[worker], epoch=payload["epoch"])
            case Finished(tuple(key), worker, result):
                progress.running.pop(worker, None)
                self._returned(key, result)
            case Failed(tuple(key), worker, error):
                if worker is not None:
                    progress.running.pop(worker, None)
                trial = self.works[key].trial
                self._returned(key, replace(trial, state="FAIL", validation_rmse=None, reason=str(error)))

    def _returned(self, key: Key, result: TrialResult | Paused) -> None:
        self.works.pop(key)
        study = self.studies[key[0]]
        rivals: dict[object, float] = {}
        if self.race is not None and study.rung is not None:
            rivals = {
                (other.model_id, number): value
                for other in self.studies.values()
                if other is not study
                for number, value in other.at_rung(study.rung).items()
            }
        self._apply(study, study.take(result, rivals))
        if key[1] == "search":
            self._go_on(study)

    @property
    def _is_ending(self) -> bool:
        """Whether the last trials of the experiment are under way."""
        searched = all(study.is_exhausted and study.rests for study in self.studies.values())
        few = self.place.executor.n_unfinished <= 2 * self.place.workers
        return few and (searched or not self.searches or not self.is_searching)

    def _record(self, trial: TrialResult) -> None:
        if self.searches and trial.purpose == "search":
            trial = replace(trial, weights=None)  # a refit of it will be judged, not this
        scores = {}
        if trial.state == "COMPLETE":
            scores = {"validation": self.case.judge.scores("validation", trial.forecasts["validation"])}
        own = self.progress.studies[trial.model_id]
        self.registry.record_trial(self.case.experiment_id, trial, scores, model_name=own.name)
        seconds = trial.elapsed_seconds or 0.0
        if trial.purpose == "refit":
            own.refits.append(trial.validation_rmse)
            own.refit_seconds, own.n_refits_timed = own.refit_seconds + seconds, own.n_refits_timed + 1
        else:
            own.seconds, own.n_timed = own.seconds + seconds, own.n_timed + 1
        own.reason = trial.reason or own.reason
        self.progress.latest = trial
        self.registry.add_event(
            self.case.experiment_id,
            "trial",
            {
                "model_id": trial.model_id,
                "purpose": trial.purpose,
                "number": trial.number,
                "state": trial.state,
                "rmse": trial.validation_rmse,
                "reason": trial.reason,
            },
        )

    def _mirror(self, study: Study) -> None:
        """Show Optuna's tools what the study has."""
        assert self.spec.search is not None
        recipe = architecture(study.model_id)
        self._optuna.record(
            study_name(self.case.experiment_id, recipe),
            self.spec.search.space,
            study.trials,
            attributes={
                "experiment_id": self.case.experiment_id,
                "model_id": recipe.id,
                "model_name": recipe.name,
                "symbol": self.spec.symbol,
                "strategy": self.spec.search.strategy,
            },
        )

    # Progress

    def _study_progress(self, study: Study) -> StudyProgress:
        recipe = architecture(study.model_id)
        graph = recipe.graph(self.case.shape)
        n_layers = sum(1 for node in graph.nodes if graph.weights_of(node))
        best = study.best
        return StudyProgress(
            name=recipe.name,
            n_trials=study.n_trials,
            n_refits=N_REFITS if self.searches else 0,
            cost=sum(weight.size for weight in graph.weights) + _COST_OF_A_LAYER * n_layers,
            counts=dict(Counter(trial.state for trial in study.trials)),
            refits=[trial.validation_rmse for trial in study.refits if trial.state in ENDED],
            best=None if best is None else best.validation_rmse,
        )

    def _count(self, study: Study) -> None:
        own, best = self.progress.studies[study.model_id], study.best
        own.counts = dict(Counter(trial.state for trial in study.trials))
        own.best = None if best is None else best.validation_rmse

    # A race against time

    def _moves_on(self, race: Race) -> bool:
        """Close the search when its time is up, then fit again what is worth it; False: nothing new."""
        n_unfinished = self.place.executor.n_unfinished
        if self.is_searching and (race.search_is_over or not n_unfinished):
            self.is_searching = False
            dropped: dict[int, list[Work]] = {}
            for key in self.place.executor.cancel_pending():
                work = self.works.pop(key)  # type: ignore[call-overload]
                dropped.setdefault(work.trial.model_id, []).append(work)
            for study in self.studies.values():
                self._apply(study, study.stop(dropped.get(study.model_id, ())))
            return True
        if self._is_waiting_for_search and not n_unfinished:
            self._is_waiting_for_search = False
            self._refit_finalists(race)
            return True
        return False

    def _refit_finalists(self, race: Race) -> None:
        """The best architectures, as many as there is time for, but one at least."""
        found = [(s.best.validation_rmse or 0.0, s) for s in self.studies.values() if s.best is not None]
        seconds_left = (race.ends_at - time.monotonic()) * self.place.workers
        for rank, (_, study) in enumerate(sorted(found, key=lambda each: (each[0], each[1].model_id))):
            assert study.best is not None
            seconds_left -= N_REFITS * (study.best.elapsed_seconds or 0.0)
            if rank and seconds_left < 0:
                break
            self._apply(study, study.refit())

    def _used_s(self) -> float:
        """Seconds that earlier runs of this experiment took, as far as their events tell."""
        used, began, last = 0.0, None, None
        for event in self.registry.events(self.case.experiment_id)[:-1]:  # the last one began this run
            if event.kind == "running":
                used += (last - began).total_seconds() if began and last else 0.0
                began = event.at
            last = event.at
        return used + ((last - began).total_seconds() if began and last else 0.0)
