"""What a report of an experiment needs, gathered from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from trintena.experiments.answer import partial_answer
from trintena.experiments.case import Case
from trintena.experiments.judged import judged_forecast
from trintena.experiments.overview import refuse_backtest
from trintena.report import Report
from trintena.search import total_trials
from trintena.search.importance import importance

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.registry import Registry


def gather_report(registry: Registry, experiment_id: int, *, alive: bool) -> Report:
    """An experiment as far as it got; nothing is trained, and the test segment is not looked at anew.

    Args:
        registry: where it is kept.
        experiment_id: which one.
        alive: whether a process runs it at this moment.

    Raises:
        NotFoundError: there is no such experiment.
        UsageError: it is a backtest.
    """
    record = registry.experiment(experiment_id)
    refuse_backtest(record)
    case = Case.load(registry, record)
    trials = registry.trials(experiment_id)
    # One that was resumed keeps the answer of its last end until the next one.
    answer = record.result if record.finished_at is not None else None
    if answer is None:
        answer = partial_answer(case, trials, registry.baselines(experiment_id))
    search = case.spec.search
    return Report(
        experiment_id=experiment_id,
        state="interrupted" if record.state == "running" and not alive else record.state,
        spec=case.spec,
        answer=answer,
        n_rows=len(case.series),
        created_at=record.created_at,
        n_trials=1 if search is None else total_trials(search),
        trials=tuple(trials),
        finished_s=_finish_times(registry, experiment_id, trials),
        importance={} if search is None else importance(search.space, trials),
        test=judged_forecast(case, answer, trials),
    )


def _finish_times(registry: Registry, experiment_id: int, trials: Sequence[TrialResult]) -> dict[Any, float]:
    ended_at = registry.finish_times(experiment_id)
    elapsed = {(trial.model_id, trial.purpose, trial.number): trial.elapsed_seconds for trial in trials}
    keys = list(ended_at)
    seconds = seconds_of_work((ended_at[key], elapsed.get(key) or 0.0) for key in keys)
    return dict(zip(keys, seconds, strict=True))


def seconds_of_work(ends: Iterable[tuple[datetime, float]]) -> list[float]:
    """When each of some trials ended, counting only the time in which at least one of them ran.

    So the days between an interruption and its resumption do not count.

    Args:
        ends: for each trial, when it ended and how many seconds it took.
    """
    spans = [(end - timedelta(seconds=took), end) for end, took in ends]
    worked: dict[datetime, float] = {}
    # Stretches of work that touch are one; before each stretch, all earlier ones have been worked.
    stretches: list[tuple[datetime, datetime, float]] = []
    for start, end in sorted(spans):
        if stretches and start <= stretches[-1][1]:
            first, last, before = stretches[-1]
            stretches[-1] = (first, max(last, end), before)
        else:
            before = 0.0
            if stretches:
                first, last, earlier = stretches[-1]
                before = earlier + (last - first).total_seconds()
            stretches.append((start, end, before))
    for first, last, before in stretches:
        for _, end in spans:
            if first <= end <= last:
                worked[end] = before + (end - first).total_seconds()
    return [worked[end] for _, end in spans]
