"""An experiment's series as its trials see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trintena.evaluation.scores import Judge
from trintena.experiments.plan import windows_of
from trintena.zoo import WindowShape

if TYPE_CHECKING:
    import numpy as np

    from trintena.domain import ExperimentSpec, PriceSeries
    from trintena.registry import ExperimentRecord, Registry
    from trintena.windows import Segments, Transformation


@dataclass(frozen=True, eq=False)
class Case:
    """What an experiment runs, and the rows that it uses: divided, transformed, ready to be judged."""

    experiment_id: int
    spec: ExperimentSpec
    series: PriceSeries
    segments: Segments
    transformation: Transformation
    judge: Judge

    @classmethod
    def load(cls, registry: Registry, record: ExperimentRecord) -> Case:
        """Of an experiment as the database holds it, with its dataset."""
        spec = record.spec
        series, segments, transformation = windows_of(spec, registry.load_dataset(spec.dataset_hash))
        judge = Judge(series, transformation, segments)
        return cls(record.id, spec, series, segments, transformation, judge)

    @property
    def shape(self) -> WindowShape:
        """Of the windows that every architecture reads."""
        return WindowShape(self.spec.lookback, len(self.transformation.columns), self.spec.horizon)

    def target_dates(self, segment: str) -> tuple[np.datetime64, np.datetime64]:
        """The first and the last date that the origins of a segment forecast."""
        origins = self.segments[segment]
        return self.series.dates[origins.start + 1], self.series.dates[origins.stop - 1 + self.spec.horizon]

    def segments_described(self) -> dict[str, dict[str, Any]]:
        """First and last target date of each segment that is not empty, and how many origins it has."""
        described = {}
        for name in ("train", "validation", "calibration", "test"):
            if not self.segments[name]:
                continue
            first, last = self.target_dates(name)
            described[name] = {"first": str(first), "last": str(last), "origins": len(self.segments[name])}
        return described
