"""The loop that runs an experiment: hand out trials, store each as it ends, judge once, save the best.

The process that runs this loads neither Keras nor JAX; workers do. Whatever moment it is killed at,
every finished trial is in the database, and running the same experiment again does only the rest.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from trintena.domain import TrialResult
from trintena.errors import UsageError
from trintena.experiments.answer import final_answer, partial_answer
from trintena.experiments.case import Case
from trintena.experiments.progress import Progress
from trintena.jobs.locks import ExperimentLock
from trintena.jobs.protocol import Failed, Finished, Started, Task
from trintena.zoo import architecture

if TYPE_CHECKING:
    from trintena.experiments.progress import Observer
    from trintena.experiments.workplace import Workplace

TRIAL = "trintena.training.trial:run_trial"
TICK_S = 0.25
_CANCEL_CHECK_S = 1.0
_COST_OF_A_LAYER = 50_000
"""In parameters: what compiling one more layer costs, beside what its weights cost to train."""


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
        started_at = time.monotonic()
        case = Case.load(registry, record)
        run = _Run(place, case, observe)
        try:
            if run.train():
                run.tell("judging")
                answer = final_answer(place, case, registry.trials(experiment_id))
            else:
                answer = partial_answer(case, registry.trials(experiment_id))
        except KeyboardInterrupt:
            answer = partial_answer(case, registry.trials(experiment_id))
        except Exception as error:
            registry.set_state(experiment_id, "failed", str(error))
            registry.add_event(experiment_id, "failed", {"message": str(error)})
            raise
        answer["total_time"] = time.monotonic() - started_at
        state = {"success": "succeeded", "cancelled": "cancelled", "failed": "failed"}[answer["status"]]
        registry.finish(experiment_id, state, answer)  # type: ignore[arg-type]
        registry.add_event(experiment_id, state)
        if state == "succeeded":
            registry.drop_weights(experiment_id)
        return answer


class _Run:
    """One run of one experiment, up to its last trial."""

    def __init__(self, place: Workplace, case: Case, observe: Observer) -> None:
        self.place = place
        self.case = case
        self.registry = place.registry
        self.observe = observe
        trials = self.registry.trials(case.experiment_id)
        done = {trial.model_id: trial.validation_rmse for trial in trials if trial.state == "COMPLETE"}
        last_value = case.judge.baseline_forecasts("validation")["last_value"]
        self.progress = Progress(
            experiment_id=case.experiment_id,
            names={model_id: architecture(model_id).name for model_id in case.spec.model_ids},
            costs={model_id: self._cost(model_id) for model_id in case.spec.model_ids},
            workers=place.workers,
            last_value_rmse=float(case.judge.scores("validation", last_value)["rmse"] or 0.0),
            finished=dict(done),
            kept=frozenset(done),
        )

    def _cost(self, model_id: int) -> float:
        graph = architecture(model_id).graph(self.case.shape)
        n_layers = sum(1 for node in graph.nodes if graph.weights_of(node))
        return sum(weight.size for weight in graph.weights) + _COST_OF_A_LAYER * n_layers

    def tell(self, phase: str) -> None:
        """Let whoever watches know what comes now."""
        self.progress.phase = phase
        self.observe(self.progress)

    def train(self) -> bool:
        """Train what is missing; False when somebody asked to stop."""
        executor, progress = self.place.executor, self.progress
        for model_id in self.case.spec.model_ids:
            if model_id not in progress.finished:
                executor.submit(self._task(model_id))
        self.observe(progress)
        next_check = 0.0
        while True:
            n_unfinished = executor.n_unfinished
            # A task may have ended whose event still waits: the last word is no event.
            event = executor.next_event(TICK_S if n_unfinished else 0.0)
            if event is not None:
                self._take(event)
            elif not n_unfinished:
                return True
            self.observe(progress)
            if time.monotonic() >= next_check:
                if self.registry.cancel_requested(self.case.experiment_id):
                    return False
                next_check = time.monotonic() + _CANCEL_CHECK_S

    def _task(self, model_id: int) -> Task:
        return Task(
            key=model_id,
            function=TRIAL,
            kwargs={
                "series": self.case.series,
                "transformation": self.case.transformation,
                "segments": self.case.segments,
                "trial": TrialResult(
                    model_id, "RUNNING", self.case.spec.hyperparameters, self.case.spec.seed
                ),
                "forecast": ("validation", "test"),
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
                spec = self.case.spec
                self._store(TrialResult(model_id, "FAIL", spec.hyperparameters, spec.seed, reason=str(error)))
                if worker is not None:
                    progress.running.pop(worker, None)

    def _store(self, trial: TrialResult) -> None:
        progress = self.progress
        scores = {}
        if trial.state == "COMPLETE":
            scores = {"validation": self.case.judge.scores("validation", trial.forecasts["validation"])}
        self.registry.record_trial(
            self.case.experiment_id, trial, scores, model_name=progress.names[trial.model_id]
        )
        progress.finished[trial.model_id] = trial.validation_rmse
        progress.latest = trial.model_id
        if trial.reason:
            progress.reasons[trial.model_id] = trial.reason
        self.registry.add_event(
            self.case.experiment_id,
            "trial",
            {
                "model_id": trial.model_id,
                "state": trial.state,
                "rmse": trial.validation_rmse,
                "reason": trial.reason,
            },
        )
