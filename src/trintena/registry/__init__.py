"""The database: datasets, experiments and their trials, the model registry, events.

`Registry` is the whole surface. SQL is written in this room only, and nothing that leaves it is a
row of the database: callers get the frozen values of `domain` and of `records`.
"""

from trintena.registry.moving import move_to_server
from trintena.registry.records import DatasetRow, Event, ExperimentRecord, Standing
from trintena.registry.store import Registry

__all__ = ["DatasetRow", "Event", "ExperimentRecord", "Registry", "Standing", "move_to_server"]
