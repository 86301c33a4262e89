"""One run of a backtest: its blocks to the workers and back, each end stored at once.

Frozen weights speak through the inference process, as they do in `predict`, and only the baselines are
fitted. Refitted ones are fitted by the workers, block by block, whatever the order.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.artifacts.saved_model import SavedModel
from trintena.data.words import day
from trintena.domain import FittedBaseline, TrialResult
from trintena.errors import TrialError
from trintena.evaluation.baselines import FITTED
from trintena.experiments.backtest.answer import final_answer, stopped_answer
from trintena.experiments.backtest.case import TEST, BacktestCase
from trintena.experiments.backtest.plan import learning_rates_of
from trintena.experiments.progress import Progress, Running, StudyProgress
from trintena.jobs.protocol import Failed, Finished, Started, Task
from trintena.language import phrase
from trintena.zoo import architecture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trintena.experiments.progress import Observer
    from trintena.experiments.workplace import Workplace
    from trintena.registry import ExperimentRecord

REFIT = "trintena.training.trial:refit_and_forecast"
ROLL_BASELINES = "trintena.evaluation.fitting:roll_baselines"
CHUNK = 128
"""Origins that frozen weights forecast at once, between two looks at what else there is."""
TICK_S = 0.25
_NEWS_EVERY_S = 1.0


def run_backtest(place: Workplace, record: ExperimentRecord, observe: Observer) -> dict[str, Any]:
    """Run what is missing of a backtest and give its answer; what is finished is kept.

    Raises:
        TrialError: a refit diverged or failed.
        ArtifactError: the version's files are not whole any more.
        NotFoundError: the version was deleted.
    """
    run = BacktestRun(place, BacktestCase.load(place.registry, record), observe)
    if not run.roll():
        return stopped_answer(record)
    run.tell("judging")
    return final_answer(place.registry, run.case)


class BacktestRun:
    """One run of one backtest, up to its last block."""

    def __init__(self, place: Workplace, case: BacktestCase, observe: Observer) -> None:
        self.place, self.case, self.observe = place, case, observe
        self.registry, self.id = place.registry, case.experiment_id
        self.saved = SavedModel.open(place.settings.models, self.registry.version(case.backtest.version))
        self._shared = {"series": case.series}
        self._rates = learning_rates_of(self.saved.version)
        (self._model_id,) = case.spec.model_ids
        # Blocks that are stored, in this run or before.
        stored = self.registry.trials(self.id, forecasts=False)
        self._of_model = {trial.number for trial in stored if trial.state == "COMPLETE"}
        self._of_baselines = {int(each.key.partition("/")[0]) for each in self.registry.baselines(self.id)}
        self._n_chunks = len(self._chunks) if self._of_model else 0
        n_parts = len(case.blocks) if case.is_refitted else len(self._chunks) + 1
        self._study = StudyProgress(architecture(self._model_id).name, n_trials=n_parts)
        self.progress = Progress(
            experiment_id=self.id,
            studies={self._model_id: self._study},
            workers=place.workers,
            last_value_rmse=None,
            phase="backtest",
            is_backtest=True,
        )
        self._n_before = self._count()

    def roll(self) -> bool:
        """Run what is missing; False when somebody asked to stop.

        Raises:
            TrialError: a refit diverged or failed.
        """
        for number, block in enumerate(self.case.blocks):
            self._submit(number, block)
        chunks = self._frozen_chunks()
        executor, next_news, is_forecast = self.place.executor, 0.0, self.case.is_refitted
        self.observe(self.progress)
        while True:
            if not is_forecast:
                is_forecast = next(chunks, None) is None
            n_unfinished = executor.n_unfinished
            # A task may have ended whose event still waits: the last word is no event.
            event = executor.next_event(TICK_S if n_unfinished and is_forecast else 0.0)
            if event is not None:
                self._take(event)
            elif is_forecast and not n_unfinished:
                return True
            self.progress.workers = self.place.workers
            self.observe(self.progress)
            if time.monotonic() >= next_news:
                if self.registry.cancel_requested(self.id):
                    return False
                self.registry.set_progress(self.id, self.progress.to_json())
                next_news = time.monotonic() + _NEWS_EVERY_S

    def tell(self, phase: str) -> None:
        """Let whoever watches know what comes now."""
        self.progress.phase = phase
        self.observe(self.progress)
        self.registry.set_progress(self.id, self.progress.to_json())

    # Work

    def _submit(self, number: int, block: range) -> None:
        """Hand out what is missing of a block; the longest are begun first."""
        segments = self.case.segments(block)
        data = {"transformation": self.case.transformation(segments), "segments": segments}
        cost, shared = float(len(segments.train)), self._shared
        if self.case.is_refitted and number not in self._of_model:
            refit = {**data, "trial": self._trial(number), "learning_rates": self._rates}
            task = Task(("model", number), REFIT, refit, self._study.name, cost, shared=shared)
            self.place.executor.submit(task)
        if number not in self._of_baselines:
            task = Task(("baselines", number), ROLL_BASELINES, data, "baselines", cost, shared=shared)
            self.place.executor.submit(task)

    def _trial(self, number: int) -> TrialResult:
        """The version's setting and seed, for a block."""
        spec = self.case.spec
        return TrialResult(self._model_id, "WAITING", spec.hyperparameters, spec.seed, number)

    @property
    def _chunks(self) -> list[range]:
        judged = self.case.judged
        return [judged[start : start + CHUNK] for start in range(0, len(judged), CHUNK)]

    def _frozen_chunks(self) -> Iterator[int]:
        """Forecast by the saved weights, a chunk at each step, unless that is stored; then store it."""
        if self.case.is_refitted or self._of_model:
            return
        forecasts = []
        for origins in self._chunks:
            began = time.monotonic()
            forecasts.append(self.saved.forecasts(self.case.series, origins, self.place.inference.outputs))
            self._n_chunks += 1
            self._count(time.monotonic() - began)
            yield self._n_chunks
        trial = replace(self._trial(0), state="COMPLETE", forecasts={TEST: np.concatenate(forecasts)})
        self._record_model(trial)

    # Events

    def _take(self, event: object) -> None:
        progress = self.progress
        match event:
            case Started(("model", int(number)), worker):
                progress.running[worker] = Running(self._model_id, number, False, time.monotonic())
            case Finished(("model", int(number)), worker, TrialResult() as trial):
                progress.running.pop(worker, None)
                if trial.state != "COMPLETE":
                    raise self._failed(number, trial.reason)
                self._record_model(trial)
                self._count(trial.elapsed_seconds or 0.0)
            case Failed(("model", int(number)), _, error):
                raise self._failed(number, error) from error
            case Finished(("baselines", int(number)), _, fitted):
                self._record_baselines(number, fitted)
            case Failed(("baselines", int(number)), _, error):
                failed = [FittedBaseline(row.key, 0.0, reason=str(error)) for row in FITTED]
                self._record_baselines(number, failed)

    def _record_model(self, trial: TrialResult) -> None:
        if not np.isfinite(trial.forecasts[TEST]).all():
            raise self._failed(trial.number, phrase(en="no finite forecast", pt="previsão não finita"))
        self.registry.record_trial(self.id, trial, {}, model_name=self._study.name)
        self._of_model.add(trial.number)
        self.progress.latest = trial

    def _record_baselines(self, number: int, fitted: list[FittedBaseline]) -> None:
        named = [replace(each, key=f"{number}/{each.key}") for each in fitted]
        self.registry.record_baselines(self.id, named)
        self._of_baselines.add(number)
        self._count(sum(each.fit_seconds for each in fitted))

    def _count(self, seconds: float = 0.0) -> int:
        """How many parts are done, noted with the seconds of one; a refit counts with its baselines."""
        if self.case.is_refitted:
            n_done = len(self._of_model & self._of_baselines)
        else:
            n_done = self._n_chunks + len(self._of_baselines)
        self._study.counts = {"COMPLETE": n_done}
        if seconds:
            self._study.n_timed = n_done - self._n_before
            self._study.seconds += seconds
        return n_done

    def _failed(self, number: int, reason: object) -> TrialError:
        first, last = self.case.forecast_dates(self.case.blocks[number])
        return TrialError(
            phrase(
                en=f"The forecasts from {day(first)} to {day(last)} failed: {reason}",
                pt=f"As previsões de {day(first)} a {day(last)} falharam: {reason}",
            )
        )
