"""Deleting experiments: what Optuna's tables mirror of them goes, too."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING

from trintena.search import OptunaStudies, study_name
from trintena.zoo import architecture

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord, Registry


def delete_experiment(registry: Registry, database_url: str, experiment_id: int) -> None:
    """Remove an experiment with its trials and with its Optuna studies; its model versions stay.

    Whether it is being run right now is for the caller to find out first.

    Raises:
        NotFoundError: there is no such experiment.
        UsageError: another version of Optuna made the tables of the mirror; nothing was removed.
    """
    delete_mirror(database_url, [registry.experiment(experiment_id)])
    registry.delete_experiment(experiment_id)


def delete_mirror(database_url: str, experiments: Iterable[ExperimentRecord]) -> None:
    """Remove the Optuna studies of experiments that are about to be removed.

    It comes first: a process that is killed in between leaves experiments that can still be deleted, or
    resumed, which mirrors them anew. Optuna is loaded only where there is something to remove.
    """
    names = [
        study_name(record.id, architecture(model_id))
        for record in experiments
        if record.spec.search is not None and record.n_finished + record.n_failed > 0
        for model_id in record.spec.model_ids
    ]
    if names:
        with closing(OptunaStudies(database_url)) as studies:
            studies.delete(names)
