"""A backtest's way through the machinery of experiments: stopped, resumed, refused, listed apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from integration.backtest.conftest import Bench
from trintena.errors import NotFoundError, TrialError, UsageError
from trintena.experiments import Progress, overview
from trintena.registry import Registry


class Killed(BaseException):
    """Ends a run as a signal that nobody can catch does: nothing is written down."""


def after_first_block(end: BaseException) -> Callable[[Progress], None]:
    def observe(progress: Progress) -> None:
        if progress.n_ended:
            raise end

    return observe


def figures(answer: dict[str, Any]) -> dict[str, Any]:
    """What may not depend on how often a run was stopped."""
    left_out = ("experiment_id", "total_time", "avg_time_per_model", "test_consulted")
    return {key: value for key, value in answer.items() if key not in left_out}


@pytest.mark.parametrize("end", [Killed(), KeyboardInterrupt()], ids=["killed", "interrupted"])
def test_what_is_left_is_run_and_nothing_else(bench: Bench, end: BaseException) -> None:
    undisturbed = bench.run(bench.plan(refit_every=30))
    experiment_id = bench.plan(refit_every=30)
    registry = bench.lab.app.registry
    if isinstance(end, Killed):
        with pytest.raises(Killed):
            bench.run(experiment_id, after_first_block(end))
    else:
        answer = bench.run(experiment_id, after_first_block(end))
        assert (answer["status"], answer["partial"], answer["model"]) == ("cancelled", True, None)
        assert answer["verdict"]["code"] == "not_judged"
    bench.forget_tasks()
    before = registry.finish_times(experiment_id)
    assert 1 <= len(before) < 4
    resumed = bench.run(experiment_id)
    assert figures(resumed) == figures(undisturbed)
    after = registry.finish_times(experiment_id)
    assert len(after) == 4
    assert before.items() <= after.items()  # no finished block was fitted again


def test_one_that_nobody_runs_is_cancelled_and_resumed(bench: Bench) -> None:
    app = bench.lab.app
    experiment_id = bench.plan()
    assert overview.cancel(app.locks, app.registry, experiment_id)
    assert app.registry.experiment(experiment_id).state == "cancelled"
    row = overview.described(app.locks, app.registry.experiment(experiment_id))
    assert row["resume"] == f"trintena backtest --resume {experiment_id}"
    assert bench.run(experiment_id)["status"] == "success"


def test_progress_moves_to_the_end(bench: Bench) -> None:
    seen: list[tuple[str, int, int]] = []

    def observe(progress: Progress) -> None:
        seen.append((progress.phase, progress.n_ended, progress.n_trials))
        progress.to_json()

    bench.run(bench.plan(refit_every=30), observe)
    assert [n for _, n, _ in seen] == sorted(n for _, n, _ in seen)
    assert {total for _, _, total in seen} == {4}
    assert seen[0][:2] == ("backtest", 0)
    assert seen[-1][:2] == ("judging", 4)


def version_with(bench: Bench, name: str, **metrics: Any) -> int:
    """A version of the same files with other metrics."""
    registry, own = bench.lab.app.registry, bench.version
    stem = own.stem.replace("walk", name)
    for kind in own.checksums:
        (bench.lab.models / f"{stem}.{kind}").write_bytes(bench.lab.file(own, kind).read_bytes())
    about = {field.name: getattr(own, field.name) for field in fields(own)}
    about |= {"stem": stem, "metrics": {**own.metrics, **metrics}, "is_winner": False}
    return registry.register_version(
        **{name: value for name, value in about.items() if name != "version"}
    ).version


def test_a_refit_that_diverges_fails_the_backtest_and_says_where(bench: Bench) -> None:
    wild = [1e30] * len(bench.version.metrics["learning_rates"])
    experiment_id = bench.plan(version=version_with(bench, "wild", learning_rates=wild), refit_every=200)
    with pytest.raises(TrialError, match=r"The forecasts from 2011-03-28 to .* failed: diverged"):
        bench.run(experiment_id)
    bench.forget_tasks()
    assert bench.lab.app.registry.experiment(experiment_id).state == "failed"


def test_one_that_nobody_knows_how_to_fit_keeps_its_weights(bench: Bench) -> None:
    version = version_with(bench, "bare", learning_rates=None)
    with pytest.raises(UsageError, match="cannot be fitted anew"):
        bench.plan(version=version, refit_every=50)
    bench.plan(version=version)


def test_listings_show_trainings_unless_asked(bench: Bench) -> None:
    registry: Registry = bench.lab.app.registry
    experiment_id = bench.plan()
    trainings = [record.id for record in registry.experiments()]
    backtests = [record.id for record in registry.experiments(backtests=True)]
    assert trainings == [bench.trained["experiment_id"]]
    assert experiment_id in backtests
    both = [record.id for record in registry.experiments(backtests=None)]
    assert both == sorted([*trainings, *backtests], reverse=True)


@pytest.mark.parametrize(
    ("request_", "message", "hint"),
    [
        ({"start": "2011-06-01"}, "at least 100 forecasts; .* there are 68", "Start on 2011-04-18 or before"),
        ({"start": "2012-06-01"}, "has no row from 2012-06-01", "inside that span"),
        ({"start": "soon"}, "Expected a date such as", "in this order"),
        ({"start": "2011-06-01", "end": "2010-01-01"}, "has no row from 2011-06-01 to 2010-01-01", "span"),
        ({"start": "2008-02-01"}, "there are 23 rows; .* need 89", "Start on 2008-05-05 or later"),
        ({"refit_every": 0}, "after at least 1 row, not 0", "Leave it out"),
        ({"start": "2008-09-01", "refit_every": 1}, "makes 785 refits; at most 500", "every 2 rows or more"),
    ],
)
def test_what_makes_no_sense_is_refused(
    bench: Bench, request_: dict[str, Any], message: str, hint: str
) -> None:
    n_before = len(bench.lab.app.registry.experiments(backtests=None))
    with pytest.raises(UsageError, match=message) as refusal:
        bench.plan(**request_)
    assert hint in str(refusal.value.hint)
    assert len(bench.lab.app.registry.experiments(backtests=None)) == n_before


def test_a_version_that_is_not_there_is_refused(bench: Bench) -> None:
    with pytest.raises(NotFoundError, match="No model version 99"):
        bench.plan(version=99)
