"""Trials: from a series and a setting to judged forecasts and weights.

`run_trial` is what a worker process executes. It takes plain values, so that it can cross a process
border, and leaves scoring on the test segment to whoever asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np

from trintena.domain import Hyperparameters, PriceSeries, TrialResult
from trintena.errors import TrialError
from trintena.metrics import rmse
from trintena.training.program import (
    Controls,
    Program,
    compile_program,
    device_data,
    fresh_state,
    schedule_of,
)
from trintena.training.weights import Layout, draw
from trintena.zoo.architecture import Architecture, WindowShape
from trintena.zoo.catalog import architecture

if TYPE_CHECKING:
    from trintena.training.program import Data, Schedule, TrainState
    from trintena.windows.frame import Frame, Transformation
    from trintena.windows.segments import Segments

RISING_EPOCHS = 3
"""So many epochs in a row with a rising training loss, ending above the first, mean divergence."""
_PROGRAMS_KEPT = 4


@dataclass(frozen=True)
class Setting:
    """What one member of a population is trained with."""

    hyperparameters: Hyperparameters
    seed: int


def warm_up() -> None:
    """Load and start JAX, so that the first trial need not wait for it."""
    jax.block_until_ready(jax.device_put(np.zeros(1, np.float32)))


def run_trial(
    series: PriceSeries,
    transformation: Transformation,
    segments: Segments,
    model_id: int,
    hyperparameters: Hyperparameters,
    seed: int,
) -> TrialResult:
    """One trial of one architecture.

    Raises:
        TrialError: the trial diverged.
    """
    frame = _frame(series, transformation)
    (result,) = train_population(architecture(model_id), frame, segments, [Setting(hyperparameters, seed)])
    if isinstance(result, TrialError):
        raise result
    return result


def train_population(
    recipe: Architecture,
    frame: Frame,
    segments: Segments,
    settings: Sequence[Setting],
    *,
    forecast: Sequence[str] = ("validation", "test"),
) -> list[TrialResult | TrialError]:
    """Train trials of one architecture side by side, one member of the population each.

    All must share batch size, epochs and activation, which shape the program; learning rate,
    dropout rate and seed are each member's own. A member that diverges gives a `TrialError` in its
    place and leaves the others alone. Forecasts are made for the named segments; only validation is
    scored.
    """
    started = time.perf_counter()
    shared = {
        (s.hyperparameters.batch_size, s.hyperparameters.epochs, s.hyperparameters.activation)
        for s in settings
    }
    if len(shared) != 1:
        raise ValueError("the members of a population share batch size, epochs and activation")
    ((batch_size, n_epochs, activation),) = shared
    shape = WindowShape(frame.lookback, frame.table.shape[1], frame.targets.shape[1])
    graph = recipe.graph(shape)
    layout = Layout(graph.weights)
    data = device_data(frame)
    state = fresh_state([draw(graph, s.seed) for s in settings], layout)
    controls = Controls(
        np.array([s.hyperparameters.learning_rate for s in settings], np.float32),
        np.array([s.hyperparameters.dropout_rate for s in settings], np.float32),
        np.array([s.seed * 0x9E3779B9 & 0xFFFFFFFF for s in settings], np.uint32),
    )
    validation = _in_order(segments.validation, batch_size, len(settings))
    others = {
        name: _in_order(segments[name], batch_size, len(settings))
        for name in forecast
        if name != "validation"
    }
    # One program walks them all, so there is room for the longest: an epoch on most series, a test
    # segment where a split leaves little to train on.
    room = max(map(len, others.values()), default=0)

    def epoch_schedule(epoch: int) -> Schedule:
        batches = _shuffled(segments.train, batch_size, [s.seed for s in settings], epoch)
        trains = [True] * len(batches) + [False] * len(validation)
        return schedule_of([*batches, *validation], trains, room)

    first = epoch_schedule(0)
    program = _program(recipe, shape, activation, state, data, first, controls)

    fit_started = time.perf_counter()
    losses: list[np.ndarray] = []
    for epoch in range(n_epochs):
        schedule = first if epoch == 0 else epoch_schedule(epoch)
        state, outputs, loss = program(state, data, schedule, controls)
        losses.append(loss)
    n_trained = int(schedule.n_batches) - len(validation)
    forecasts = {"validation": _origins_first(outputs, n_trained, segments.validation, frame)}
    fit_seconds = time.perf_counter() - fit_started

    for name, batches in others.items():
        schedule = schedule_of(batches, [False] * len(batches), len(first.trains))
        _, outputs, _ = program(state, data, schedule, controls)
        forecasts[name] = _origins_first(outputs, 0, segments[name], frame)
    elapsed = time.perf_counter() - started

    trainable, moving = np.asarray(state.trainable), np.asarray(state.moving)
    results: list[TrialResult | TrialError] = []
    for i, setting in enumerate(settings):
        history = tuple(float(loss[i]) for loss in losses)
        own = {name: values[i] for name, values in forecasts.items()}
        if reason := _divergence(history, own):
            results.append(TrialError(reason))
            continue
        results.append(
            TrialResult(
                model_id=recipe.id,
                state="COMPLETE",
                hyperparameters=setting.hyperparameters,
                seed=setting.seed,
                n_parameters=sum(weight.size for weight in graph.weights),
                fit_seconds=fit_seconds,
                elapsed_seconds=elapsed,
                train_losses=history,
                validation_rmse=rmse(frame.targets[segments.validation], own["validation"]),
                forecasts=own,
                weights=tuple(np.array(w) for w in layout.unflatten(trainable[i], moving[i])),
            )
        )
    return results


def _divergence(losses: Sequence[float], forecasts: dict[str, np.ndarray]) -> str | None:
    """Why a trial diverged, or None."""
    if not np.isfinite(losses).all():
        epoch = int(np.argmin(np.isfinite(losses))) + 1
        return f"diverged: the training loss is not finite in epoch {epoch}"
    if not all(np.isfinite(values).all() for values in forecasts.values()):
        return "diverged: the forecasts are not finite"
    rising = np.diff(losses) > 0
    for end in range(RISING_EPOCHS, len(losses)):
        if rising[end - RISING_EPOCHS : end].all() and losses[end] > losses[0]:
            return f"diverged: the training loss rose {RISING_EPOCHS} epochs running, to {losses[end]:.4g}"
    return None


def _shuffled(origins: range, batch_size: int, seeds: Sequence[int], epoch: int) -> list[np.ndarray]:
    """The training batches of an epoch, each (population, batch size): every member its own order."""
    orders = [np.random.default_rng([seed, epoch]).permutation(np.asarray(origins)) for seed in seeds]
    return _batches(np.stack(orders), batch_size)


def _in_order(origins: range, batch_size: int, population: int) -> list[np.ndarray]:
    return _batches(np.tile(np.asarray(origins), (population, 1)), batch_size)


def _batches(orders: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Orders (population, origin) cut into batches; the last one is filled with -1, none is dropped."""
    population, n_origins = orders.shape
    padded = np.full((population, -(-n_origins // batch_size) * batch_size), -1)
    padded[:, :n_origins] = orders
    return [padded[:, start : start + batch_size] for start in range(0, padded.shape[1], batch_size)]


def _origins_first(outputs: np.ndarray, first_batch: int, origins: range, frame: Frame) -> np.ndarray:
    """Network outputs as forecasts in units of the target, (population, origin, horizon)."""
    population, _, _, horizon = outputs.shape
    flat = outputs[:, first_batch:].reshape(population, -1, horizon)[:, : len(origins)]
    forecasts: np.ndarray = flat.astype(np.float64) * frame.scale[np.asarray(origins)][:, None]
    return forecasts


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
    recipe: Architecture,
    shape: WindowShape,
    activation: str,
    state: TrainState,
    data: Data,
    schedule: Schedule,
    controls: Controls,
) -> Program:
    """The compiled program for arguments of these shapes; the last few stay in this process."""
    shapes = tuple(np.shape(leaf) for leaf in jax.tree.leaves((state, data, schedule)))
    key = (recipe.builder, shape, activation, shapes)
    if key not in _programs:
        while len(_programs) >= _PROGRAMS_KEPT:
            _programs.pop(next(iter(_programs)))
        graph = recipe.graph(shape)
        _programs[key] = compile_program(graph, activation, state, data, schedule, controls)
    return _programs[key]
