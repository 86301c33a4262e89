"""How a baseline says that it has no forecast: by an error with the reason, never by odd numbers."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from trintena.errors import TrialError
from trintena.language import number, phrase


def not_converged(name: str) -> TrialError:
    """No candidate of a model could be fitted."""
    return TrialError(
        phrase(
            en=f"{name} found no model for this series: the fit of none of its candidates converged.",
            pt=f"{name} não encontrou modelo para esta série: o ajuste de nenhum candidato convergiu.",
        )
    )


def never_changes(name: str, n_rows: int) -> TrialError:
    """The rows of the fit are all the same, or on one straight line."""
    rows = number(n_rows)
    return TrialError(
        phrase(
            en=f"{name} has nothing to fit: the last {rows} rows of the training part all change alike.",
            pt=f"{name} não tem o que ajustar: as últimas {rows} linhas da parte de treino mudam todas "
            "por igual.",
        )
    )


def not_finite(name: str) -> TrialError:
    """An input is not a number, and so neither is what it leads to."""
    return TrialError(
        phrase(
            en=f"{name} has no forecast: some of its inputs or results are not finite numbers.",
            pt=f"{name} não tem previsão: algumas de suas entradas ou resultados não são números finitos.",
        )
    )


def finite(name: str, changes: Float[np.ndarray, "origin horizon"]) -> Float[np.ndarray, "origin horizon"]:
    """The forecasts, if they are all numbers.

    Raises:
        TrialError: they are not.
    """
    if not np.isfinite(changes).all():
        raise not_finite(name)
    return changes
