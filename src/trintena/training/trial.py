"""Trials: from a series and a setting to validated forecasts and weights.

`run_trials` is what a worker process executes. It takes plain values, so that it can cross a process
border, and leaves scoring on the test segment to whoever asked.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from trintena.domain import PriceSeries, TrialResult
from trintena.metrics import rmse
from trintena.training import schedule as schedules
from trintena.training.course import Course, Paused
from trintena.training.memory import give_back
from trintena.training.program import (
    Controls,
    Program,
    TrainState,
    compile_program,
    device_data,
    fresh_state,
)
from trintena.training.weights import Layout, draw
from trintena.windows.segments import UNTRAINED
from trintena.zoo.architecture import WindowShape
from trintena.zoo.catalog import architecture

if TYPE_CHECKING:
    from trintena.training.program import Data
    from trintena.training.schedule import Schedule
    from trintena.windows.frame import Frame, Transformation
    from trintena.windows.segments import Segments
    from trintena.zoo.architecture import Graph

PROGRAMS_KEPT = 8

Report = Callable[[dict[str, Any]], None]


def warm_up() -> None:
    """Load and start JAX, so that the first trial need not wait for it."""
    jax.block_until_ready(jax.device_put(np.zeros(1, np.float32)))


def run_trial(
    series: PriceSeries,
    transformation: Transformation,
    segments: Segments,
    trial: TrialResult,
    *,
    forecast: Sequence[str] = ("validation",),
    until: int | None = None,
    paused: Paused | None = None,
    deadline: float = math.inf,
    report: Report = lambda payload: None,
) -> TrialResult | Paused:
    """One trial of one architecture, up to its end or to an epoch at which it pauses.

    Args:
        forecast: the segments to forecast with the weights of the best epoch.
        until: pause after this epoch, unless the trial is over by then.
        paused: what an earlier call left of the same trial; the numbers are those of one call.
        deadline: on the clock of `time.time`; the first epoch that would begin after it ends the trial, as
            COMPLETE with what is best so far, as PRUNED where there is nothing.
        report: told `{"epoch": n}` after each epoch.
    """
    (result,) = run_trials(
        series,
        transformation,
        segments,
        [trial],
        forecast=forecast,
        until=until,
        paused=None if paused is None else [paused],
        deadline=deadline,
        report=report,
    )
    return result


def run_trials(
    series: PriceSeries,
    transformation: Transformation,
    segments: Segments,
    trials: Sequence[TrialResult],
    *,
    forecast: Sequence[str] = ("validation",),
    until: int | None = None,
    paused: Sequence[Paused] | None = None,
    deadline: float = math.inf,
    report: Report = lambda payload: None,
) -> list[TrialResult | Paused]:
    """`run_trial` for trials that are trained side by side as one population; those over early wait for none.

    They share what `Training` asks for, and all or none were paused. Reports are of the first.
    """
    training = Training(_frame(series, transformation), segments, trials, paused)
    training.run(until, deadline, report)
    are_over = training.are_over
    results = training.results(forecast) if any(are_over) else []
    waiting = training.paused() if not all(are_over) else []
    return [results[i] if is_over else waiting[i] for i, is_over in enumerate(are_over)]


def fit_as_before(
    series: PriceSeries,
    transformation: Transformation,
    segments: Segments,
    trial: TrialResult,
    learning_rates: Sequence[float],
) -> TrialResult:
    """A trial of the same setting and seed on other rows, for as many epochs, at the same rates.

    Nothing is validated: the segments may be one. What it gives has weights, but no figures to judge by.
    """
    asked = TrialResult(trial.model_id, "RUNNING", trial.hyperparameters, trial.seed)
    training = Training(_frame(series, transformation), segments, [asked])
    return training.follow(learning_rates)


def refit_and_forecast(
    series: PriceSeries,
    transformation: Transformation,
    segments: Segments,
    trial: TrialResult,
    learning_rates: Sequence[float],
) -> TrialResult:
    """`fit_as_before`, then forecasts of the test segment in place of the weights, which stay here."""
    asked = replace(trial, state="RUNNING")
    training = Training(_frame(series, transformation), segments, [asked])
    return training.forecasting(training.follow(learning_rates), "test")


class Training:
    """Trials of one architecture, trained side by side, one member of the population each.

    All share batch size, epochs and activation; learning rate, dropout rate and seed are each
    member's own. A member that is over, or diverged, leaves the others alone.
    """

    def __init__(
        self,
        frame: Frame,
        segments: Segments,
        trials: Sequence[TrialResult],
        paused: Sequence[Paused] | None = None,
    ) -> None:
        self._began = time.perf_counter()
        shared = {
            (t.model_id, t.hyperparameters.batch_size, t.hyperparameters.epochs, t.hyperparameters.activation)
            for t in trials
        }
        if len(shared) != 1:
            raise ValueError("the members of a population share architecture, batch size, epochs, activation")
        ((model_id, self._batch_size, self._n_epochs, activation),) = shared
        self._frame, self._segments = frame, segments
        shape = WindowShape(frame.lookback, frame.table.shape[1], frame.targets.shape[1])
        graph = architecture(model_id).graph(shape)
        self._layout = Layout(graph.weights)
        self._size = schedules.slice_size(graph, self._batch_size)
        self._data = device_data(frame)
        if paused is None:
            self._trials = list(trials)
            self._courses = [Course(t.hyperparameters.learning_rate) for t in trials]
            self._state = fresh_state([draw(graph, t.seed) for t in trials], self._layout)
        else:
            self._trials = [each.trial for each in paused]
            self._courses = [each.course for each in paused]
            self._state = TrainState(*map(np.stack, zip(*(each.arrays for each in paused), strict=True)))
        # One program walks them all, so there is room for the longest: an epoch on most series, a test
        # segment where a split leaves little to train on.
        epoch = self._epoch_schedule(0)
        self._room = max(epoch.n_slices, *(self._in_order(name).n_slices for name in UNTRAINED))
        work = (self._state, self._data, schedules.padded(epoch, self._room), self._controls())
        self._program = _program(model_id, graph, activation, work)
        self._fit_seconds = 0.0

    @property
    def are_over(self) -> list[bool]:
        """Whether each trial has ended."""
        return [course.is_over(self._n_epochs) for course in self._courses]

    @property
    def is_over(self) -> bool:
        """Whether every trial has ended."""
        return all(self.are_over)

    def run(
        self,
        until: int | None = None,
        deadline: float = math.inf,
        report: Report = lambda payload: None,
    ) -> None:
        """Train until every trial is over, or up to an epoch (counted from 1), or a moment."""
        last = self._n_epochs if until is None else min(until, self._n_epochs)
        began = time.perf_counter()
        for epoch in range(max(len(course.train_losses) for course in self._courses), last):
            if time.time() >= deadline:
                for course in self._courses:
                    course.cut()
            if self.is_over:
                break
            self._train(epoch)
            report({"epoch": epoch + 1, "rmse": self._courses[0].validation_curve[-1]})
        self._fit_seconds += time.perf_counter() - began

    def follow(self, learning_rates: Sequence[float]) -> TrialResult:
        """Train the only trial at these rates, one epoch each, whatever becomes of it."""
        (trial,), (course,) = self._trials, self._courses
        began = time.perf_counter()
        for epoch, rate in enumerate(learning_rates):
            course.learning_rate = rate
            self._state, _, (loss,) = self._walk(self._state, self._epoch_schedule(epoch))
            course.train_losses.append(float(loss))
            course.learning_rates.append(rate)
        self._fit_seconds += time.perf_counter() - began
        trained = self._timed(course.told(trial, "COMPLETE"))
        weights = self._layout.unflatten(
            np.asarray(self._state.trainable)[0], np.asarray(self._state.moving)[0]
        )
        if not all(np.isfinite(weight).all() for weight in weights):
            return replace(trained, state="FAIL", reason="diverged: its weights are not finite")
        return replace(trained, weights=tuple(np.array(weight) for weight in weights))

    def forecasting(self, trained: TrialResult, segment: str) -> TrialResult:
        """What `follow` gave, with forecasts of a segment by its last weights in their place."""
        if trained.state != "COMPLETE":
            return trained
        began = time.perf_counter()
        (forecast,) = self._forecasts(segment)
        elapsed = (trained.elapsed_seconds or 0.0) + time.perf_counter() - began
        trained = replace(trained, weights=None, elapsed_seconds=elapsed)
        if not np.isfinite(forecast).all():
            return replace(trained, state="FAIL", reason="diverged: the forecasts are not finite")
        return replace(trained, forecasts={segment: forecast.astype(np.float32)})

    def results(self, forecast: Sequence[str]) -> list[TrialResult]:
        """The ended trials, with forecasts for the named segments by the weights of the best epoch."""
        others = {name: self._forecasts(name) for name in forecast if name != "validation"}
        results = []
        for i, (trial, course) in enumerate(zip(self._trials, self._courses, strict=True)):
            own = {name: values[i] for name, values in others.items()}
            if course.reason is None and not all(np.isfinite(values).all() for values in own.values()):
                course.reason = "diverged: the forecasts are not finite"
            ended = self._timed(course.told(trial, course.end))
            if ended.state == "COMPLETE":
                assert course.best_forecast is not None
                weights = self._layout.unflatten(course.best_trainable, course.best_moving)
                ended = replace(
                    ended,
                    forecasts={"validation": course.best_forecast, **own},
                    weights=tuple(np.array(weight) for weight in weights),
                )
            results.append(ended)
        return results

    def paused(self) -> list[Paused]:
        """Every trial as it stands."""
        leaves = [np.asarray(leaf) for leaf in self._state]
        return [
            Paused(self._timed(course.told(trial, "RUNNING")), course, tuple(leaf[i] for leaf in leaves))
            for i, (trial, course) in enumerate(zip(self._trials, self._courses, strict=True))
        ]

    def _timed(self, trial: TrialResult) -> TrialResult:
        """The trial with its size, and with the seconds of this part of it added to those before."""
        return replace(
            trial,
            n_parameters=sum(weight.size for weight in self._layout.weights),
            fit_seconds=(trial.fit_seconds or 0.0) + self._fit_seconds,
            elapsed_seconds=(trial.elapsed_seconds or 0.0) + time.perf_counter() - self._began,
        )

    def _train(self, epoch: int) -> None:
        """Train every trial for one more epoch, and validate those that are not over."""
        schedule = self._epoch_schedule(epoch)
        self._state, outputs, losses = self._walk(self._state, schedule)
        n_validated = self._in_order("validation").n_slices
        validated = outputs[:, schedule.n_slices - n_validated : schedule.n_slices]
        forecasts = self._origins_first(validated, "validation")
        trainable, moving = np.asarray(self._state.trainable), np.asarray(self._state.moving)
        actual = self._frame.targets[self._segments.validation]
        for i, course in enumerate(self._courses):
            if not course.is_over(self._n_epochs):
                score = rmse(actual, forecasts[i])
                course.take(float(losses[i]), score, trainable[i], moving[i], forecasts[i])

    def _epoch_schedule(self, epoch: int) -> Schedule:
        """Every training origin once, each trial's in an order of its own, then the validation segment."""
        orders = [_order(self._segments.train, trial.seed, epoch) for trial in self._trials]
        batches = schedules.training(np.stack(orders), self._batch_size, self._size)
        return schedules.join([batches, self._in_order("validation")])

    def _in_order(self, segment: str) -> Schedule:
        return schedules.forecasting(self._segments[segment], len(self._trials), self._size)

    def _forecasts(self, segment: str) -> np.ndarray:
        """Every trial's forecasts for a segment (population, origin, horizon) by its best weights."""
        trainable, moving = np.array(self._state.trainable), np.array(self._state.moving)
        for i, course in enumerate(self._courses):
            if course.best_trainable is not None:
                trainable[i], moving[i] = course.best_trainable, course.best_moving
        best = self._state._replace(trainable=trainable, moving=moving)
        _, outputs, _ = self._walk(best, self._in_order(segment))
        return self._origins_first(outputs, segment)

    def _walk(self, state: TrainState, schedule: Schedule) -> tuple[TrainState, np.ndarray, np.ndarray]:
        return self._program(state, self._data, schedules.padded(schedule, self._room), self._controls())

    def _controls(self) -> Controls:
        return Controls(
            np.array([course.learning_rate for course in self._courses], np.float32),
            np.array([trial.hyperparameters.dropout_rate for trial in self._trials], np.float32),
            np.array([trial.seed * 0x9E3779B9 & 0xFFFFFFFF for trial in self._trials], np.uint32),
        )

    def _origins_first(self, outputs: np.ndarray, segment: str) -> np.ndarray:
        """Outputs (population, slice, sample, horizon) as forecasts (population, origin, horizon).

        In units of the target.
        """
        origins = np.asarray(self._segments[segment])
        flat = outputs.reshape(len(outputs), -1, outputs.shape[-1])[:, : len(origins)]
        forecasts: np.ndarray = flat.astype(np.float64) * self._frame.scale[origins][:, None]
        return forecasts


def _order(origins: range, seed: int, epoch: int) -> np.ndarray:
    """Training origins in the order of one epoch."""
    return np.random.default_rng([seed, epoch]).permutation(np.asarray(origins))


_frames: dict[tuple[str, Transformation], Frame] = {}


def _frame(series: PriceSeries, transformation: Transformation) -> Frame:
    """The frame of a series; the last one stays in this process, since trials share it."""
    key = (series.content_hash, transformation)
    if key not in _frames:
        _frames.clear()
        _frames[key] = transformation.frame(series)
    return _frames[key]


_programs: dict[tuple[object, ...], Program] = {}


def _program(
    model_id: int, graph: Graph, activation: str, work: tuple[TrainState, Data, Schedule, Controls]
) -> Program:
    """The compiled program for work of these shapes; a few stay in this process, then all are forgotten."""
    key = (model_id, activation, graph.window.shape, *(np.shape(leaf) for leaf in jax.tree.leaves(work)))
    if key not in _programs:
        if len(_programs) >= PROGRAMS_KEPT:
            _programs.clear()
            give_back()
        _programs[key] = compile_program(graph, activation, *work)
    return _programs[key]
