"""The loop that runs an experiment: hand out trials, store each as it ends, judge once, save the best.

The process that runs this loads neither Keras nor JAX; workers do. Whatever moment it is killed at,
every finished trial is in the database, and running the same experiment again does only the rest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trintena.artifacts.saved_model import SavedModel
from trintena.domain import TrialResult
from trintena.errors import UnknownNameError, UsageError
from trintena.evaluation.board import baseline_rows, model_rows, verdict
from trintena.evaluation.scores import Judge, Scores
from trintena.experiments.champion import save_version, segment_dates, takes_title, target_dates
from trintena.experiments.plan import windows_of
from trintena.experiments.progress import Progress
from trintena.jobs.executors import EXECUTORS
from trintena.jobs.inference import InferenceProcess
from trintena.jobs.locks import ExperimentLock
from trintena.jobs.protocol import Executor, Failed, Finished, Started, Task
from trintena.zoo import WindowShape, architecture

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec, ModelVersion
    from trintena.experiments.progress import Observer
    from trintena.registry import Registry
    from trintena.settings import Settings

TRIAL = "trintena.training.trial:run_trial"
WARM_UP = "trintena.training.trial:warm_up"
TICK_S = 0.25
_CANCEL_CHECK_S = 1.0
_COST_OF_A_LAYER = 50_000
"""In parameters: what compiling one more layer costs, beside what its weights cost to train."""


@dataclass(frozen=True)
class Workplace:
    """Where experiments run: the executor, started early so that workers load while data does."""

    settings: Settings
    registry: Registry
    executor: Executor
    inference: InferenceProcess
    workers: int

    @classmethod
    @contextmanager
    def open(
        cls, settings: Settings, registry: Registry, *, workers: int | None = None, executor: str = "local"
    ) -> Iterator[Workplace]:
        """Start the workers, and end them afterwards, whatever happens.

        Raises:
            UnknownNameError: no such executor.
        """
        if executor not in EXECUTORS:
            raise UnknownNameError("executor", executor, EXECUTORS, field="executor")
        count = workers or settings.workers
        with ExitStack() as stack:
            pool = EXECUTORS[executor](count, environment=training_environment(settings), warm=WARM_UP)
            stack.enter_context(pool)
            inference = stack.enter_context(InferenceProcess())
            yield cls(settings, registry, pool, inference, count)


def training_environment(settings: Settings) -> dict[str, str]:
    """What a training process must be told before it loads JAX."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(settings.cache / "programs"),
        # The smallest programs are kept too: tracing aside, a warm start then compiles nothing.
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def run_experiment(
    place: Workplace, experiment_id: int, observe: Observer = lambda progress: None
) -> dict[str, Any]:
    """Run what is missing of an experiment and give its answer, as the specification words it.

    `status` is `success`, `cancelled` (somebody asked for it, or interrupted this process: the
    answer is the partial board, and the experiment can be resumed), or `failed` when no trial ended
    with a model.

    Raises:
        BusyError: another process runs it.
        UsageError: it has succeeded already.
    """
    registry = place.registry
    with ExperimentLock(place.settings.locks, experiment_id):
        record = registry.experiment(experiment_id)
        if record.state == "succeeded":
            raise UsageError(
                f"Experiment {experiment_id} has finished; there is nothing to resume.",
                hint=f"See `trintena experiments show {experiment_id}`.",
            )
        if record.state != "queued":
            registry.reopen(experiment_id)
        registry.set_state(experiment_id, "running")
        registry.add_event(experiment_id, "running")
        run = _Run(place, experiment_id, record.spec, observe)
        try:
            completed = run.train()
            answer = run.conclude() if completed else run.partial()
        except KeyboardInterrupt:
            answer = run.partial()
        except Exception as error:
            registry.set_state(experiment_id, "failed", str(error))
            registry.add_event(experiment_id, "failed", {"message": str(error)})
            raise
        state = {"success": "succeeded", "cancelled": "cancelled", "failed": "failed"}[answer["status"]]
        registry.finish(experiment_id, state, answer)  # type: ignore[arg-type]
        registry.add_event(experiment_id, state)
        if state == "succeeded":
            registry.drop_weights(experiment_id)
        return answer


class _Run:
    """One run of one experiment."""

    def __init__(self, place: Workplace, experiment_id: int, spec: ExperimentSpec, observe: Observer) -> None:
        self.place = place
        self.registry = place.registry
        self.experiment_id = experiment_id
        self.spec = spec
        self.observe = observe
        self.started_at = time.monotonic()
        stored = self.registry.load_dataset(spec.dataset_hash)
        self.series, self.segments, self.transformation = windows_of(spec, stored)
        self.judge = Judge(self.series, self.transformation, self.segments)
        done = {t.model_id: t.validation_rmse for t in self._trials() if t.state == "COMPLETE"}
        last_value = self.judge.baseline_forecasts("validation")["last_value"]
        self.progress = Progress(
            experiment_id=experiment_id,
            names={model_id: architecture(model_id).name for model_id in spec.model_ids},
            costs={model_id: self._cost(model_id) for model_id in spec.model_ids},
            workers=place.workers,
            last_value_rmse=float(self.judge.scores("validation", last_value)["rmse"] or 0.0),
            finished=dict(done),
            kept=frozenset(done),
        )

    def _trials(self) -> list[TrialResult]:
        return self.registry.trials(self.experiment_id)

    def _cost(self, model_id: int) -> float:
        graph = architecture(model_id).graph(self._shape)
        n_layers = sum(1 for node in graph.nodes if graph.weights_of(node))
        return sum(weight.size for weight in graph.weights) + _COST_OF_A_LAYER * n_layers

    @property
    def _shape(self) -> WindowShape:
        return WindowShape(self.spec.lookback, len(self.transformation.columns), self.spec.horizon)

    # Training

    def train(self) -> bool:
        """Train what is missing; False when somebody asked to stop."""
        executor, progress = self.place.executor, self.progress
        for model_id in self.spec.model_ids:
            if model_id not in progress.finished:
                executor.submit(self._task(model_id))
        self.observe(progress)
        next_check = 0.0
        while True:
            event = executor.next_event(TICK_S)
            if event is not None:
                self._take(event)
            elif not executor.n_unfinished:  # asked last: a task may have ended whose event still waits
                return True
            self.observe(progress)
            if time.monotonic() >= next_check:
                if self.registry.cancel_requested(self.experiment_id):
                    return False
                next_check = time.monotonic() + _CANCEL_CHECK_S

    def _task(self, model_id: int) -> Task:
        return Task(
            key=model_id,
            function=TRIAL,
            kwargs={
                "series": self.series,
                "transformation": self.transformation,
                "segments": self.segments,
                "model_id": model_id,
                "hyperparameters": self.spec.hyperparameters,
                "seed": self.spec.seed,
            },
            label=architecture(model_id).name,
            cost=self.progress.costs[model_id],
        )

    def _take(self, event: object) -> None:
        progress = self.progress
        match event:
            case Started(int(model_id), worker):
                # A trial whose worker died may start again elsewhere.
                others = {w: run for w, run in progress.running.items() if run[0] != model_id}
                progress.running = {**others, worker: (model_id, time.monotonic())}
                if self.place.executor.n_unfinished <= 2 * self.place.workers:
                    # A worker is about to run out of trials: load Keras on the core that it leaves.
                    self.place.inference.start()
            case Finished(model_id, worker, result):
                self._store(result)
                progress.running.pop(worker, None)
            case Failed(int(model_id), worker, error):
                self._store(
                    TrialResult(
                        model_id, "FAIL", self.spec.hyperparameters, self.spec.seed, reason=str(error)
                    )
                )
                if worker is not None:
                    progress.running.pop(worker, None)

    def _store(self, trial: TrialResult) -> None:
        progress = self.progress
        scores = {}
        if trial.state == "COMPLETE":
            scores = {"validation": self.judge.scores("validation", trial.forecasts["validation"])}
        self.registry.record_trial(
            self.experiment_id, trial, scores, model_name=progress.names[trial.model_id]
        )
        progress.finished[trial.model_id] = trial.validation_rmse
        progress.latest = trial.model_id
        if trial.reason:
            progress.reasons[trial.model_id] = trial.reason
        self.registry.add_event(
            self.experiment_id,
            "trial",
            {
                "model_id": trial.model_id,
                "state": trial.state,
                "rmse": trial.validation_rmse,
                "reason": trial.reason,
            },
        )

    # The end

    def conclude(self) -> dict[str, Any]:
        """Score the test segment, once, save the best trial, and give the whole board."""
        trials = self._trials()
        self.progress.phase = "judging"
        self.observe(self.progress)
        finished = [trial for trial in trials if trial.state == "COMPLETE"]
        if not finished:
            return {**self._answer(trials, {}), "status": "failed"}
        first, last = target_dates(self.series, self.segments.test, self.spec.horizon)
        self.registry.record_test_pass(self.experiment_id, self.spec.symbol, first, last)
        scores = {
            trial.model_id: {
                segment: self.judge.scores(segment, trial.forecasts[segment])
                for segment in ("validation", "test")
            }
            for trial in finished
        }
        answer = self._answer(trials, scores)
        answer["test_consulted"] = self.registry.count_test_passes(self.spec.symbol, first, last)
        best = min(finished, key=lambda trial: (trial.validation_rmse, trial.model_id))
        version, title = self._champion(best, scores[best.model_id])
        answer["champion"] = {
            "version": version.version,
            "is_winner": version.is_winner,
            "title": title,
            "files": [f"models/{version.stem}.{kind}" for kind in ("keras", "scaler", "json")],
        }
        answer["forecast"] = self._next_forecast(version)
        answer["total_time"] = time.monotonic() - self.started_at
        return answer

    def partial(self) -> dict[str, Any]:
        """The board of what is finished, not judged."""
        trials = self._trials()
        scores = {
            trial.model_id: {"validation": self.judge.scores("validation", trial.forecasts["validation"])}
            for trial in trials
            if trial.state == "COMPLETE"
        }
        return {**self._answer(trials, scores), "status": "cancelled"}

    def _answer(self, trials: list[TrialResult], scores: dict[int, dict[str, Scores]]) -> dict[str, Any]:
        rows = model_rows(trials, scores)
        winner = next((row for row in rows if row["rank"] == 1), None)
        judged = any("test" in by_segment for by_segment in scores.values())
        spec = self.spec
        return {
            "status": "success",
            "mode": spec.mode,
            "winner": winner,
            "total_models": len(spec.model_ids),
            "results": rows,
            "baselines": baseline_rows(self.judge, ("validation", "test") if judged else ("validation",)),
            "verdict": verdict(winner),
            "partial": len(rows) < len(spec.model_ids),
            "experiment_id": self.experiment_id,
            "symbol": spec.symbol,
            "target": spec.target,
            "lookback": spec.lookback,
            "horizon": spec.horizon,
            "seed": spec.seed,
            "dataset_hash": spec.dataset_hash,
            "segments": segment_dates(self.series, self.segments, spec.horizon),
            "total_time": time.monotonic() - self.started_at,
        }

    def _champion(self, best: TrialResult, scores: dict[str, Scores]) -> tuple[ModelVersion, dict[str, Any]]:
        registry, folder = self.registry, self.place.settings.models
        # A run killed after registering, before it ended: its version is there, and is this one.
        for version in registry.versions(self.spec.symbol):
            if version.experiment_id == self.experiment_id:
                return version, {"incumbent": None, "reason": "registered_before"}
        held = registry.best_weights(self.experiment_id)
        if held is None or held[0] != best.model_id or best.validation_rmse is None:
            raise RuntimeError(f"experiment {self.experiment_id} lost the weights of model {best.model_id}")
        wins, title = takes_title(
            registry,
            folder,
            self.spec,
            self.series,
            self.judge,
            best.validation_rmse,
            self.place.inference.outputs,
        )
        version = save_version(
            registry,
            folder,
            self.experiment_id,
            self.spec,
            self.series,
            self.segments,
            self.transformation,
            best,
            held[1],
            scores,
            self.place.inference.keras_file,
            is_winner=wins,
        )
        return version, title

    def _next_forecast(self, version: ModelVersion) -> dict[str, Any]:
        saved = SavedModel.open(self.place.settings.models, version)
        forecast = saved.next_forecast(self.series, self.place.inference.outputs)
        return forecast.to_json(version, datetime.now(UTC))
