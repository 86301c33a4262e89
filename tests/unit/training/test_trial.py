from __future__ import annotations

import pickle
import time

import jax
import numpy as np
import pytest

from trintena.domain import Hyperparameters, PriceSeries, Split, TrialResult
from trintena.metrics import rmse
from trintena.training import schedule, trial
from trintena.training.course import PATIENCE, Paused
from trintena.training.program import Controls, compile_program, device_data, fresh_state
from trintena.training.trial import Training, run_trial, run_trials
from trintena.training.weights import Layout, draw
from trintena.windows import Frame, Segments, Transformation, segments_of
from trintena.zoo import ARCHITECTURES, WindowShape, architecture, portable

LOOKBACK, HORIZON = 6, 2
GRU_RESIDUAL_DENSE = 9


def series_of(n_rows: int = 480, seed: int = 0) -> PriceSeries:
    close = 40 * np.exp(np.cumsum(0.02 * np.random.default_rng(seed).normal(size=n_rows)))
    dates = np.datetime64("2018-01-01", "s") + np.arange(n_rows) * np.timedelta64(1, "D")
    return PriceSeries("WALK", dates, ("close",), close[:, None], "test")


def prepared(
    series: PriceSeries, fractions: tuple[float, float, float] = (0.4, 0.25, 0.13)
) -> tuple[Transformation, Segments, Frame]:
    segments = segments_of(series, Split(fractions=fractions), LOOKBACK, HORIZON)
    transformation = Transformation.fit(
        series, segments, target="log_return", features="ohlcv", lookback=LOOKBACK, horizon=HORIZON
    )
    return transformation, segments, transformation.frame(series)


def asked(model_id: int = GRU_RESIDUAL_DENSE, *, seed: int = 0, **changed: object) -> TrialResult:
    return TrialResult(model_id, "RUNNING", Hyperparameters(**changed), seed)  # type: ignore[arg-type]


def run(
    model_id: int = GRU_RESIDUAL_DENSE, *, seed: int = 0, n_rows: int = 480, **changed: object
) -> TrialResult:
    series = series_of(n_rows)
    transformation, segments, _ = prepared(series)
    trial = asked(model_id, seed=seed, **changed)
    result = run_trial(series, transformation, segments, trial, forecast=("validation", "test"))
    assert isinstance(result, TrialResult)
    return result


def trained(frame: Frame, segments: Segments, *trials: TrialResult) -> list[TrialResult]:
    training = Training(frame, segments, trials)
    training.run()
    return training.results(("validation", "test"))


def test_a_trial_reports_what_it_found() -> None:
    result = run(epochs=3, activation="tanh")
    _, segments, frame = prepared(series_of())
    assert (result.model_id, result.state, result.seed) == (GRU_RESIDUAL_DENSE, "COMPLETE", 0)
    assert result.n_parameters == architecture(GRU_RESIDUAL_DENSE).count_parameters(WindowShape(6, 1, 2))
    assert len(result.train_losses) == 3
    assert result.fit_seconds is not None
    assert result.elapsed_seconds is not None
    assert 0 < result.fit_seconds <= result.elapsed_seconds
    assert set(result.forecasts) == {"validation", "test"}
    for name, forecasts in result.forecasts.items():
        assert forecasts.shape == (len(segments[name]), HORIZON), "no incomplete batch is dropped"
        assert forecasts.dtype == np.float64
    expected = rmse(frame.targets[segments.validation], result.forecasts["validation"])
    assert result.validation_rmse == expected


def test_the_portable_model_gives_the_forecasts_of_the_trial() -> None:
    result = run(epochs=3, activation="tanh")
    _, segments, frame = prepared(series_of())
    graph = architecture(GRU_RESIDUAL_DENSE).graph(WindowShape(LOOKBACK, 1, HORIZON))
    model = portable.build(graph, "tanh", weights=result.weights)
    for name, forecasts in result.forecasts.items():
        outputs = model.predict_on_batch(frame.windows(segments[name]).astype(np.float32))
        again = outputs * frame.scale[segments[name]][:, None]
        np.testing.assert_allclose(again, forecasts, rtol=0, atol=1e-6)
        assert np.abs(forecasts).max() > 1e-4


@pytest.mark.parametrize("fractions", [(0.7, 0.1, 0.1), (0.1, 0.1, 0.1)], ids=["long train", "long test"])
def test_a_segment_of_any_length_is_forecast_by_the_program_of_the_epoch(
    fractions: tuple[float, float, float],
) -> None:
    """An epoch and a test segment of which one has more than 64 batches, the other fewer."""
    _, segments, frame = prepared(series_of(1_200), fractions)
    (result,) = trained(frame, segments, asked(batch_size=8, activation="tanh"))
    graph = architecture(GRU_RESIDUAL_DENSE).graph(WindowShape(LOOKBACK, 1, HORIZON))
    model = portable.build(graph, "tanh", weights=result.weights)
    for name in ("validation", "test"):
        outputs = model.predict_on_batch(frame.windows(segments[name]).astype(np.float32))
        again = outputs * frame.scale[segments[name]][:, None]
        np.testing.assert_allclose(again, result.forecasts[name], rtol=0, atol=1e-6)


def test_the_seed_decides_every_bit() -> None:
    first, again, other = (run(seed=seed, epochs=2) for seed in (1, 1, 2))
    assert first.train_losses == again.train_losses
    assert np.array_equal(first.forecasts["test"], again.forecasts["test"])
    assert first.train_losses != other.train_losses


@pytest.mark.parametrize("model_id", [1, 6, 12, 19, 23, 28])
def test_exponential_ends_in_a_forecast_or_is_reported_as_diverged(model_id: int) -> None:
    _, segments, frame = prepared(series_of())
    (result,) = trained(frame, segments, asked(model_id, activation="exponential"))
    if result.state == "FAIL":
        assert result.reason is not None
        assert "diverged" in result.reason
        assert "not finite" in result.reason
    else:
        assert result.state == "COMPLETE"
        assert all(np.isfinite(forecasts).all() for forecasts in result.forecasts.values())


def test_exponential_cells_do_overflow_and_are_reported() -> None:
    result = run(5, activation="exponential", epochs=2)
    assert (result.state, result.validation_rmse, result.weights) == ("FAIL", None, None)
    assert result.reason == "diverged: the training loss is not finite in epoch 1"
    assert len(result.train_losses) == 1, "a trial that diverged is not gone on with"


def test_a_member_that_diverges_leaves_the_others_alone() -> None:
    _, segments, frame = prepared(series_of())
    rates = (0.001, float("inf"), 0.001)
    trials = [asked(seed=seed, learning_rate=rate, epochs=2) for seed, rate in enumerate(rates, 1)]
    first, second, third = trained(frame, segments, *trials)
    assert second.state == "FAIL"
    for found, seed in ((first, 1), (third, 3)):
        alone = run(seed=seed, epochs=2)
        np.testing.assert_allclose(found.train_losses, alone.train_losses, rtol=1e-5)
        np.testing.assert_allclose(found.forecasts["test"], alone.forecasts["test"], rtol=0, atol=1e-6)


def test_members_that_need_different_programs_are_refused() -> None:
    _, segments, frame = prepared(series_of())
    with pytest.raises(ValueError, match="share architecture, batch size, epochs, activation"):
        Training(frame, segments, [asked(batch_size=size) for size in (16, 32)])


def test_every_epoch_has_an_order_of_its_own() -> None:
    orders = [trial._order(range(10, 31), seed, epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    for order in orders:
        assert sorted(order) == list(range(10, 31))
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("model_id", [3, GRU_RESIDUAL_DENSE], ids=["batch normalization", "none"])
def test_a_trial_paused_and_gone_on_with_is_the_trial_that_was_never_paused(model_id: int) -> None:
    series = series_of()
    transformation, segments, _ = prepared(series)
    changed: dict[str, object] = {"epochs": 12, "learning_rate": 0.01, "activation": "tanh"}
    whole = run(model_id, **changed)
    assert len(whole.train_losses) > 4, "so that both pauses are in the middle"
    paused: TrialResult | Paused | None = None
    for until in (1, 3, None):
        assert paused is None or isinstance(paused, Paused)
        # As a process hands it to another.
        left = pickle.loads(pickle.dumps(paused))
        paused = run_trial(
            series,
            transformation,
            segments,
            asked(model_id, **changed),
            forecast=("validation", "test"),
            until=until,
            paused=left,
        )
        if isinstance(paused, Paused):
            assert paused.trial.state == "RUNNING"
            assert paused.trial.validation_curve == whole.validation_curve[:until]
            assert paused.trial.validation_rmse == min(whole.validation_curve[:until])
    assert isinstance(paused, TrialResult)
    for name in ("train_losses", "validation_curve", "learning_rates", "validation_rmse", "state"):
        assert getattr(paused, name) == getattr(whole, name)
    for name, forecasts in whole.forecasts.items():
        assert np.array_equal(paused.forecasts[name], forecasts)
    assert whole.weights is not None
    assert paused.weights is not None
    for first, second in zip(whole.weights, paused.weights, strict=True):
        assert np.array_equal(first, second)


def test_trials_side_by_side_pause_and_end_each_by_itself_as_if_alone() -> None:
    series = series_of()
    transformation, segments, _ = prepared(series)
    common: dict[str, object] = {"epochs": 6, "activation": "tanh"}
    trials = [
        asked(learning_rate=0.01, **common),
        asked(learning_rate=float("inf"), **common),
        asked(seed=1, learning_rate=0.003, dropout_rate=0.0, **common),
    ]
    first, broken, last = run_trials(series, transformation, segments, trials, until=2)
    assert isinstance(broken, TrialResult)
    assert broken.state == "FAIL"
    waiting = [each for each in (first, last) if isinstance(each, Paused)]
    assert len(waiting) == 2
    ended = run_trials(
        series, transformation, segments, [trials[0], trials[2]], paused=pickle.loads(pickle.dumps(waiting))
    )
    for one, together in zip((trials[0], trials[2]), ended, strict=True):
        alone = run_trial(series, transformation, segments, one)
        assert isinstance(alone, TrialResult)
        assert isinstance(together, TrialResult)
        assert together.state == alone.state == "COMPLETE"
        assert len(together.validation_curve) == len(alone.validation_curve)
        np.testing.assert_allclose(together.validation_curve, alone.validation_curve, rtol=1e-4)


def test_the_weights_and_forecasts_are_those_of_the_best_epoch() -> None:
    whole = run(epochs=30, learning_rate=0.02, activation="tanh")
    best = int(np.argmin(whole.validation_curve))
    assert best + 1 == whole.best_epoch
    assert best + 1 < len(whole.validation_curve), "it went on after its best epoch"
    assert len(whole.validation_curve) == best + 1 + PATIENCE, "and stopped when patience ended"
    short = run(epochs=best + 1, learning_rate=0.02, activation="tanh")
    assert short.validation_rmse == whole.validation_rmse
    assert np.array_equal(short.forecasts["test"], whole.forecasts["test"])


def test_after_each_epoch_the_worker_tells_how_far_it_is() -> None:
    series = series_of()
    transformation, segments, _ = prepared(series)
    told: list[dict[str, object]] = []
    trial = asked(epochs=3, activation="tanh")
    result = run_trial(series, transformation, segments, trial, report=told.append)
    assert not isinstance(result, Paused)
    assert told == [{"epoch": n, "rmse": rmse} for n, rmse in enumerate(result.validation_curve, 1)]
    assert len(told) == 3


def test_a_deadline_ends_a_trial_with_what_it_has() -> None:
    series = series_of()
    transformation, segments, _ = prepared(series)
    trial = asked(epochs=5, activation="tanh")

    def until_time(deadline: float) -> TrialResult:
        result = run_trial(series, transformation, segments, trial, deadline=deadline)
        assert isinstance(result, TrialResult)
        return result

    late = until_time(0.0)
    assert (late.state, late.validation_rmse, late.weights, late.train_losses) == ("PRUNED", None, None, ())
    in_time = until_time(time.time() + 1000)
    assert (in_time.state, len(in_time.train_losses)) == ("COMPLETE", 5)
    ends_soon = Training(prepared(series)[2], segments, [trial])
    ends_soon.run(deadline=time.time() + 1000, report=lambda told: time.sleep(0.2))
    cut = Training(prepared(series)[2], segments, [trial])
    cut.run(deadline=time.time() + 0.3, report=lambda told: time.sleep(0.2))
    (short,) = cut.results(("validation", "test"))
    (whole,) = ends_soon.results(("validation", "test"))
    assert short.state == "COMPLETE"
    assert 0 < len(short.train_losses) < 5
    assert short.train_losses == whole.train_losses[: len(short.train_losses)]
    assert set(short.forecasts) == {"validation", "test"}


@pytest.mark.parametrize("batch_size", [16, 20, 64, 128, 1000])
def test_one_program_serves_every_batch_size(batch_size: int) -> None:
    """The gradient of a batch is the mean over all of it, however it is cut: one large step shows it."""
    series = series_of()
    _, segments, frame = prepared(series)
    shape = WindowShape(LOOKBACK, 1, HORIZON)
    graph = architecture(GRU_RESIDUAL_DENSE).graph(shape)
    layout = Layout(graph.weights)
    orders = np.asarray(segments.train)[None]
    found = []
    for size in (16, batch_size):
        state = fresh_state([draw(graph, 0)], layout)
        walked = schedule.padded(schedule.training(orders, batch_size, size))
        controls = Controls(*(np.array([value]) for value in (np.float32(0.01), np.float32(0), np.uint32(0))))
        program = compile_program(graph, "tanh", state, device_data(frame), walked, controls)
        state, _, loss = program(state, device_data(frame), walked, controls)
        assert state.n_steps == -(-len(segments.train) // batch_size)
        found.append((np.asarray(state.trainable), loss))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=0, atol=2e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-5)


def test_a_second_trial_compiles_nothing() -> None:
    seen: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(event)

    run()
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        run(seed=7, learning_rate=0.01, dropout_rate=0.4, n_rows=600)
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert seen == []


def test_the_last_few_programs_stay_in_the_process() -> None:
    for recipe in ARCHITECTURES[:1] + ARCHITECTURES[8:9]:
        run(recipe.id)
    assert 2 <= len(trial._programs) <= trial.PROGRAMS_KEPT
