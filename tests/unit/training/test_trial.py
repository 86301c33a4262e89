from __future__ import annotations

import jax
import numpy as np
import pytest

from trintena.domain import Hyperparameters, PriceSeries, Split, TrialResult
from trintena.errors import TrialError
from trintena.metrics import rmse
from trintena.training import trial
from trintena.training.trial import Setting, run_trial, train_population
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


def run(
    model_id: int = GRU_RESIDUAL_DENSE, *, seed: int = 0, n_rows: int = 480, **changed: object
) -> TrialResult:
    series = series_of(n_rows)
    transformation, segments, _ = prepared(series)
    hyperparameters = Hyperparameters(**changed)  # type: ignore[arg-type]
    return run_trial(series, transformation, segments, model_id, hyperparameters, seed)


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
    hyperparameters = Hyperparameters(batch_size=8, activation="tanh")
    setting = Setting(hyperparameters, 0)
    (result,) = train_population(architecture(GRU_RESIDUAL_DENSE), frame, segments, [setting])
    assert isinstance(result, TrialResult)
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
    setting = Setting(Hyperparameters(activation="exponential"), 0)
    (result,) = train_population(architecture(model_id), frame, segments, [setting])
    if isinstance(result, TrialError):
        assert "diverged" in str(result)
        assert "not finite" in str(result)
    else:
        assert all(np.isfinite(forecasts).all() for forecasts in result.forecasts.values())


def test_exponential_cells_do_overflow_and_are_reported() -> None:
    with pytest.raises(TrialError, match="diverged: the training loss is not finite in epoch 1"):
        run(5, activation="exponential", epochs=2)


def test_a_member_that_diverges_leaves_the_others_alone() -> None:
    _, segments, frame = prepared(series_of())
    calm, wild = (Hyperparameters(learning_rate=rate, epochs=2) for rate in (0.001, float("inf")))
    settings = [Setting(calm, 1), Setting(wild, 2), Setting(calm, 3)]
    first, second, third = train_population(architecture(GRU_RESIDUAL_DENSE), frame, segments, settings)
    assert isinstance(second, TrialError)
    for found, seed in ((first, 1), (third, 3)):
        assert isinstance(found, TrialResult)
        alone = run(seed=seed, epochs=2)
        np.testing.assert_allclose(found.train_losses, alone.train_losses, rtol=1e-5)
        np.testing.assert_allclose(found.forecasts["test"], alone.forecasts["test"], rtol=0, atol=1e-6)


def test_members_that_need_different_programs_are_refused() -> None:
    _, segments, frame = prepared(series_of())
    settings = [Setting(Hyperparameters(batch_size=size), 0) for size in (16, 32)]
    with pytest.raises(ValueError, match="share batch size, epochs and activation"):
        train_population(architecture(GRU_RESIDUAL_DENSE), frame, segments, settings)


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        ([1.0, 0.9, 0.8], None),
        ([1.0, 0.5, 0.6, 0.7, 0.8], None),
        ([1.0, 0.9, 1.1, 0.9, 1.2], None),
        ([1.0, 0.9, 0.95, 1.0, 1.05], "rose 3 epochs running, to 1.05"),
        ([1.0, 1.1, 1.2, 1.3, 0.5], "rose 3 epochs running, to 1.3"),
        ([1.0, float("nan"), 1.0], "not finite in epoch 2"),
        ([float("inf")], "not finite in epoch 1"),
    ],
)
def test_divergence_is_no_finite_loss_or_three_rising_epochs_above_the_first(
    losses: list[float], reason: str | None
) -> None:
    found = trial._divergence(losses, {})
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_forecasts_that_are_not_finite_are_a_divergence() -> None:
    found = trial._divergence([1.0], {"test": np.array([[np.nan]])})
    assert found == "diverged: the forecasts are not finite"


def test_every_epoch_trains_on_every_origin_once_in_an_order_of_its_own() -> None:
    epochs = [trial._shuffled(range(10, 31), 8, [seed], epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    orders = [np.concatenate([batch[0] for batch in batches]) for batches in epochs]
    for order in orders:
        assert sorted(order[:21]) == list(range(10, 31))
        assert list(order[21:]) == [-1, -1, -1]
    assert len({tuple(order) for order in orders}) == 3


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
    assert 2 <= len(trial._programs) <= trial._PROGRAMS_KEPT
