"""One run of an experiment's trials: from its studies to the workers and back, each end stored at once."""

from __future__ import annotations

import math
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trintena.domain import ENDED, FittedBaseline
from trintena.evaluation.baselines import FITTED
from trintena.experiments.estimate import trial_cost
from trintena.experiments.populations import populations
from trintena.experiments.progress import Progress, Running, StudyProgress
from trintena.experiments.study import N_REFITS, Study
from trintena.jobs.protocol import Failed, Finished, Reported, Started, Task
from trintena.search import OptunaStudies, study_name
from trintena.training.course import Paused
from trintena.windows.segments import UNTRAINED
from trintena.zoo import architecture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trintena.domain import Purpose, TrialResult
    from trintena.experiments.case import Case
    from trintena.experiments.progress import Observer
    from trintena.experiments.study import Step, Work
    from trintena.experiments.workplace import Workplace

TRIALS = "trintena.training.trial:run_trials"
FIT_BASELINES = "trintena.evaluation.fitting:fit_baselines"
TICK_S = 0.25
_NEWS_EVERY_S = 1.0
"""How often others are told how far it is, and asked whether it should end."""

Key = tuple[int, "Purpose", int]
"""Of a trial within its experiment: architecture, purpose, number."""
BASELINES = "baselines"
"""The key of their task; that of any other is a tuple of the keys of its trials."""


class TrainingRun:
    """One run of one experiment, up to its last trial."""

    def __init__(self, place: Workplace, case: Case, observe: Observer) -> None:
        self.place, self.case, self.observe = place, case, observe
        self.registry, self.spec = place.registry, case.spec
        self.searches = case.spec.search is not None
        self.studies = self._studies()
        self._optuna = OptunaStudies(place.settings.database_url)
        self.works: dict[Key, Work] = {}
        """What was submitted and has not come back."""
        self._shared = {
            "series": case.series,
            "transformation": case.transformation,
            "segments": case.segments,
        }
        """Arguments of every task: one object, so that a cluster is sent it once."""
        self._leader: tuple[str, float] | None = None
        """The last one that was told of, with its score."""
        last_value = np.zeros_like(case.judge.actual("validation"))
        self.progress = Progress(
            experiment_id=case.experiment_id,
            studies={model_id: self._study_progress(study) for model_id, study in self.studies.items()},
            workers=place.workers,
            last_value_rmse=float(case.judge.scores("validation", last_value)["rmse"] or 0.0),
        )

    def train(self) -> bool:
        """Run what is missing; False when somebody asked to stop."""
        with closing(self._optuna):
            return self._train()

    def _train(self) -> bool:
        self._fit_baselines()
        for study in self.studies.values():
            self.apply(study, study.begin())
            if self.searches and study.trials and study.rests:
                self._mirror(study)  # a kill may have come between the end of a round and this
            self.go_on(study)
        self.observe(self.progress)
        executor, next_news = self.place.executor, 0.0
        while True:
            n_unfinished = executor.n_unfinished
            # A task may have ended whose event still waits: the last word is no event.
            event = executor.next_event(TICK_S if n_unfinished else 0.0)
            if event is not None:
                self._take(event)
            is_idle = event is None and not n_unfinished
            if not self.moves_on(is_idle=is_idle) and is_idle:
                return True
            self.progress.workers = self.place.workers  # of a cluster they may come and go
            self.observe(self.progress)
            if time.monotonic() >= next_news:
                if self.registry.cancel_requested(self.case.experiment_id):
                    return False
                self._publish()
                next_news = time.monotonic() + _NEWS_EVERY_S

    def _fit_baselines(self) -> None:
        """Have a worker fit the baselines, first of all, unless an earlier run did."""
        if not self.registry.baselines(self.case.experiment_id):
            self.submit_baselines()

    def submit_baselines(self) -> None:
        """Have a worker fit the baselines before whatever else waits."""
        self.place.executor.submit(
            Task(BASELINES, FIT_BASELINES, label="baselines", cost=math.inf, shared=self._shared)
        )

    def tell(self, phase: str) -> None:
        """Let whoever watches know what comes now."""
        self.progress.phase = phase
        self.observe(self.progress)
        self._publish()

    def _publish(self) -> None:
        """Tell other processes how far it is, and who leads if that is somebody else now."""
        progress, experiment_id = self.progress, self.case.experiment_id
        self.registry.set_progress(experiment_id, progress.to_json())
        if progress.ranking and progress.ranking[0] != self._leader:
            self._leader = progress.ranking[0]
            name, rmse = self._leader
            self.registry.add_event(experiment_id, "best", {"model_name": name, "rmse": rmse})

    # Studies

    def _studies(self) -> dict[int, Study]:
        """The study of every architecture, with what earlier runs stored of it."""
        stored = self.registry.trials(self.case.experiment_id, forecasts=False)
        if not self.searches:  # what failed in fast mode is tried again
            stored = [trial for trial in stored if trial.state != "FAIL"]
        return {
            model_id: Study(self.spec, model_id, [trial for trial in stored if trial.model_id == model_id])
            for model_id in self.spec.model_ids
        }

    def go_on(self, study: Study) -> None:
        """Give a study that rests what comes next."""
        if study.rests:
            self.apply(study, study.refit() if study.is_exhausted else study.next_round())

    def apply(self, study: Study, step: Step) -> None:
        """Record what ended, store what was proposed, hand out what is to be run."""
        for trial in step.ended:
            self._record(trial)
        if self.searches and study.rests and any(trial.purpose == "search" for trial in step.ended):
            self._mirror(study)
        if step.proposed:
            name = self.progress.studies[study.model_id].name
            self.registry.add_trials(self.case.experiment_id, step.proposed, model_name=name)
        for works in populations(step.work, self.place.executor.population):
            self.place.executor.submit(self._task(study, works))
        self._count(study)

    def _task(self, study: Study, works: Sequence[Work]) -> Task:
        """One for trials that are trained side by side: mostly of a single one."""
        trials = [work.trial for work in works]
        keys: list[Key] = [(trial.model_id, trial.purpose, trial.number) for trial in trials]
        self.works |= dict(zip(keys, works, strict=True))
        paused = [work.paused for work in works if work.paused is not None]
        is_judged = trials[0].purpose == "refit" or not self.searches
        return Task(
            key=tuple(keys),
            function=TRIALS,
            kwargs={
                "trials": trials,
                "forecast": UNTRAINED if is_judged else ("validation",),
                "until": works[0].until,
                "paused": paused or None,
                "deadline": self.deadline(trials[0].purpose),
            },
            label=self.progress.studies[study.model_id].name,
            cost=self.priority(study),
            group=(study.model_id, study.n_rounds),
            shared=self._shared,
        )

    # What a race does otherwise

    def moves_on(self, *, is_idle: bool) -> bool:
        """Begin what comes next when its time has come, or nothing is under way; False: nothing does."""
        return False

    def deadline(self, purpose: Purpose) -> float:
        """When a trial has to end, on the clock of `time.time`."""
        return math.inf

    def priority(self, study: Study) -> float:
        """Whose trials begin first: the costliest, for what begins last should be over soon."""
        return self.progress.studies[study.model_id].cost

    def rivals(self, study: Study) -> dict[tuple[int, int], float]:
        """Values at the present rung that the trials of a study are compared with, beside its own."""
        return {}

    @property
    def is_ending(self) -> bool:
        """Whether the last trials of the experiment are under way."""
        if self.place.executor.n_unfinished > 2 * self.place.workers:
            return False
        return all(study.is_exhausted and study.rests for study in self.studies.values()) or not self.searches

    # Events

    def _take(self, event: object) -> None:
        progress = self.progress
        match event:
            case Finished(key, _, fitted) if key == BASELINES:
                self.registry.record_baselines(self.case.experiment_id, fitted)
            case Failed(key, _, error) if key == BASELINES:
                failed = [FittedBaseline(row.key, 0.0, reason=str(error)) for row in FITTED]
                self.registry.record_baselines(self.case.experiment_id, failed)
            case Started(tuple(keys), worker):
                self._show_running(worker, keys[0])
                for model_id, purpose, number in keys:
                    self.studies[model_id].start(purpose, number)
                    self.registry.start_trial(self.case.experiment_id, model_id, number, purpose)
                self._count(self.studies[keys[0][0]])
                if self.is_ending:
                    # A worker is about to run out of trials: load Keras on the core that it leaves.
                    self.place.inference.start()
            case Reported(_, worker, payload):
                run = progress.running[worker]
                curve = (*run.curve, payload["rmse"])
                progress.running[worker] = replace(run, epoch=payload["epoch"], curve=curve)
            case Finished(tuple(keys), worker, results):
                progress.running.pop(worker, None)
                for key, result in zip(keys, results, strict=True):
                    self._returned(key, result)
            case Failed(tuple(keys), worker, error):
                if worker is not None:
                    progress.running.pop(worker, None)
                for key in keys:
                    trial = self.works[key].trial
                    self._returned(key, replace(trial, state="FAIL", validation_rmse=None, reason=str(error)))

    def _show_running(self, worker: int, key: Key) -> None:
        """What a worker is at; of trials side by side, the first."""
        model_id, purpose, number = key
        running = self.progress.running
        # A trial whose worker died may start again elsewhere.
        for other, run in list(running.items()):
            if (run.model_id, run.is_refit, run.number) == (model_id, purpose == "refit", number):
                running.pop(other)
        running[worker] = Running(model_id, number, purpose == "refit", time.monotonic())

    def _returned(self, key: Key, result: TrialResult | Paused) -> None:
        before = self.works.pop(key).trial
        trial = result.trial if isinstance(result, Paused) else result
        study = self.studies[key[0]]
        self.apply(study, study.take(result, self.rivals(study)))
        if key[1] == "search":
            worked = (trial.elapsed_seconds or 0.0) - (before.elapsed_seconds or 0.0)
            self.progress.studies[key[0]].seconds += worked
            self.go_on(study)

    def _record(self, trial: TrialResult) -> None:
        if self.searches and trial.purpose == "search":
            trial = replace(trial, weights=None)  # a refit of it will be judged, not this
        scores = {}
        if trial.state == "COMPLETE":
            scores = {"validation": self.case.judge.scores("validation", trial.forecasts["validation"])}
        own = self.progress.studies[trial.model_id]
        self.registry.record_trial(self.case.experiment_id, trial, scores, model_name=own.name)
        if trial.purpose == "refit":
            own.refits.append(trial.validation_rmse)
        else:
            own.n_timed += 1
        own.reason = trial.reason or own.reason
        self.progress.latest = trial

    def _mirror(self, study: Study) -> None:
        """Show Optuna's tools what the study has."""
        assert self.spec.search is not None
        recipe = architecture(study.model_id)
        self.registry.insist(
            self._optuna.record,
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
        return StudyProgress(
            name=recipe.name,
            n_trials=study.n_trials,
            n_refits=N_REFITS if self.searches else 0,
            cost=trial_cost(recipe, self.case.shape, self.spec.mode),
            refits=[trial.validation_rmse for trial in study.refits if trial.state in ENDED],
        )

    def _count(self, study: Study) -> None:
        own, best = self.progress.studies[study.model_id], study.best
        own.counts = dict(Counter(trial.state for trial in study.trials))
        own.best = None if best is None else best.validation_rmse
        own.best_seconds = None if best is None else best.elapsed_seconds
