"""What the database knows: experiments, trials, champions, the queue."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import get_args

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from trintena.domain import Mode, State, TrialState
from trintena.experiments.overview import INTERRUPTED
from trintena.jobs.holders import Locks
from trintena.jobs.locks import has_workers, is_held
from trintena.registry import Registry
from trintena.registry.counts import Kind

_MODES: tuple[Kind, ...] = (*get_args(Mode), "backtest")
"""The label of an experiment: a backtest is no training, whatever the mode of its version."""
_CHAMPION = ("symbol", "target", "horizon")


class StoredMetrics(Collector):
    """Counts in the database, read at each scrape."""

    def __init__(self, locks: Locks, registry: Registry) -> None:
        self._locks, self._registry = locks, registry

    def collect(self) -> Iterator[Metric]:
        """All families; a combination of labels that there is none of is 0."""
        yield InfoMetricFamily("trintena_build", "What is running.", {"version": version("trintena")})
        yield from self._experiments()
        yield from self._trials()
        yield from self._champions()
        yield GaugeMetricFamily(
            "trintena_worker_up",
            "Whether a worker is there to run experiments.",
            float(has_workers(self._locks)),
        )

    def _experiments(self) -> Iterator[Metric]:
        counts = self._registry.experiment_counts()
        states: dict[tuple[Kind, str], int] = {
            (mode, state): counts.states.get((mode, state), 0) for mode in _MODES for state in get_args(State)
        } | {(mode, INTERRUPTED): 0 for mode in _MODES}
        for experiment_id, mode in counts.running.items():
            if not is_held(self._locks, experiment_id):
                states[mode, "running"] -= 1
                states[mode, INTERRUPTED] += 1
        family = GaugeMetricFamily(
            "trintena_experiments",
            "Experiments; interrupted: said to be running, but no process runs it.",
            labels=("mode", "state"),
        )
        for labels, n_experiments in states.items():
            family.add_metric(labels, n_experiments)
        yield family
        durations = SummaryMetricFamily(
            "trintena_experiment_duration_seconds",
            "Time from the first start to the end of experiments that ended, pauses included.",
            labels=("mode", "state"),
        )
        for ended, total in sorted(counts.durations.items()):
            durations.add_metric(ended, total.count, total.seconds)
        yield durations
        yield GaugeMetricFamily(
            "trintena_queue_length", "Experiments that wait for a worker.", counts.n_waiting
        )

    def _trials(self) -> Iterator[Metric]:
        counts = self._registry.all_trial_counts()
        family = GaugeMetricFamily(
            "trintena_trials", "Trials of all experiments, refits included.", labels=("state",)
        )
        durations = SummaryMetricFamily(
            "trintena_trial_duration_seconds",
            "Time that trials kept a training process, compilation and forecasts included.",
            labels=("state",),
        )
        for state in get_args(TrialState):
            family.add_metric((state,), counts.states.get(state, 0))
            if (total := counts.durations.get(state)) is not None and total.count:
                durations.add_metric((state,), total.count, total.seconds)
        yield family
        yield durations

    def _champions(self) -> Iterator[Metric]:
        rmse = GaugeMetricFamily(
            "trintena_best_rmse", "Validation RMSE of the champion, in units of its target.", labels=_CHAMPION
        )
        skill = GaugeMetricFamily(
            "trintena_champion_test_skill",
            "1 - RMSE / RMSE of the last value, of the champion on the test segment.",
            labels=_CHAMPION,
        )
        created = GaugeMetricFamily(
            "trintena_champion_created_timestamp_seconds", "When the champion was saved.", labels=_CHAMPION
        )
        newest = GaugeMetricFamily(
            "trintena_data_newest_timestamp_seconds",
            "Last date, taken as UTC, of the stored prices of a symbol that has a champion.",
            labels=("symbol",),
        )
        newest_dates: dict[str, float] = {}
        for champion in self._registry.champion_summaries():
            labels = (champion.symbol, champion.target, str(champion.horizon))
            created.add_metric(labels, champion.created_at.timestamp())
            if champion.validation_rmse is not None:
                rmse.add_metric(labels, champion.validation_rmse)
            if champion.test_skill is not None:
                skill.add_metric(labels, champion.test_skill)
            if champion.newest_date is not None:
                # In whole seconds since 1970, as NumPy keeps it.
                newest_dates[champion.symbol] = float(
                    champion.newest_date.astype("datetime64[s]").astype(int)
                )
        for symbol, timestamp in newest_dates.items():
            newest.add_metric((symbol,), timestamp)
        yield from (rmse, skill, created, newest)
