"""What needs a dataset, so that nobody loses prices without having been asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from trintena.errors import UsageError
from trintena.language import phrase
from trintena.registry.records import DatasetRow
from trintena.registry.tables import Dataset, Experiment, RegisteredModel


@dataclass(frozen=True)
class Dependents:
    """What would lose its prices if a dataset were deleted."""

    experiments: frozenset[int] = frozenset()
    """Numbers of the experiments that name the dataset, whatever state they are in."""
    versions: frozenset[int] = frozenset()
    """Model versions that would have nothing to forecast from until their series is stored again."""

    def __bool__(self) -> bool:
        return bool(self.experiments or self.versions)

    def __sub__(self, others: Dependents) -> Dependents:
        return Dependents(self.experiments - others.experiments, self.versions - others.versions)

    @property
    def named(self) -> str:
        """All of them by their numbers, in the reader's words: 'experiments 1, 2 and model version 3'."""
        parts = filter(None, (self.named_experiments, self.named_versions))
        return phrase(en=" and ", pt=" e ").join(parts)

    @property
    def named_experiments(self) -> str:
        """The experiments by their numbers; nothing where there are none."""
        one, more = phrase(en="experiment", pt="experimento"), phrase(en="experiments", pt="experimentos")
        return _numbered(one, more, self.experiments)

    @property
    def named_versions(self) -> str:
        """The model versions by their numbers; nothing where there are none."""
        one = phrase(en="model version", pt="versão de modelo")
        more = phrase(en="model versions", pt="versões de modelo")
        return _numbered(one, more, self.versions)


def _numbered(one: str, more: str, numbers: frozenset[int]) -> str:
    named = ", ".join(map(str, sorted(numbers)))
    return named and f"{one if len(numbers) == 1 else more} {named}"


NOBODY = Dependents()


def in_use(row: DatasetRow, by: Dependents) -> UsageError:
    """The refusal to delete a dataset, naming what needs it."""
    dataset = f"{row.content_hash[:12]} ({row.symbol})"
    return UsageError(
        phrase(
            en=f"Dataset {dataset} is needed by {by.named}.",
            pt=f"O conjunto de dados {dataset} é necessário para: {by.named}.",
        ),
        hint=phrase(
            en="`trintena data delete --force` deletes it all the same, and experiments on it, too. Saved "
            "models stay; they forecast again once their series is fetched or imported again.",
            pt="`trintena data delete --force` apaga mesmo assim, junto com os experimentos que o usam. Os "
            "modelos salvos ficam; voltam a prever quando a série for buscada ou importada de novo.",
        ),
    )


def dependents_of(session: Session, dataset: Dataset, stored: Sequence[str]) -> Dependents:
    """The experiments on a dataset, and the model versions whose last prices it holds.

    A version forecasts from the newest dataset of its symbol. It needs this one if that is the newest
    and the version was trained on it, or if no other of the symbol is stored.

    Args:
        session: the transaction in which all is read.
        dataset: what somebody wants to delete.
        stored: hashes of all datasets of its symbol, the newest first.
    """
    symbol, content_hash = dataset.symbol, dataset.content_hash
    experiments = select(Experiment.id).where(Experiment.dataset_hash == content_hash)
    versions = select(RegisteredModel.version).where(RegisteredModel.symbol == symbol)
    if len(stored) > 1:
        versions = versions.where(RegisteredModel.dataset_hash == content_hash)
    return Dependents(
        frozenset(session.scalars(experiments)),
        frozenset(session.scalars(versions) if stored[0] == content_hash else ()),
    )
