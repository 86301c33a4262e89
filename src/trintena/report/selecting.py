"""Whether choosing on validation says anything about the test: the order of the architectures on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import FAINT, MODEL, MUTED, Figure, label, layout, line
from trintena.report.material import name_of, selection

if TYPE_CHECKING:
    from jaxtyping import Float

    from trintena.report.material import Report

FEWEST = 5
"""With fewer architectures any order is likely by luck."""
_SHUFFLES = 10_000
_SURPRISING = 0.05


def ranks(report: Report) -> Figure | str:
    """The rank of each architecture on validation against its rank on test."""
    judged = [
        (selected, row["test_rmse"], row["model_id"])
        for row in report.rows
        if row.get("rank") is not None
        and row.get("test_rmse") is not None
        and (selected := selection(row)) is not None
    ]
    if (n := len(judged)) < FEWEST:
        told = number(n)
        return phrase(
            en=f"Too few architectures were judged ({told}) to say whether the order on validation tells "
            "that on the test.",
            pt=f"Poucas arquiteturas foram julgadas ({told}) para dizer se a ordem na validação diz a "
            "do teste.",
        )
    validation, test = (_ranks(np.array([each[i] for each in judged])) for i in (0, 1))
    correlation = spearman(validation, test)
    if correlation is None:
        return phrase(
            en="All architectures have the same error: there is no order.",
            pt="Todas as arquiteturas têm o mesmo erro: não há ordem.",
        )
    leader = int(validation.argmin())
    names = [label(name_of(model_id)) for _, _, model_id in judged]
    first = judged[leader][2]
    place = number(float(test[leader]), ".4g")
    axis = {"tickformat": ",d", "tick0": 1, "dtick": max(1, round(n / 10))}
    return Figure(
        key="ranks",
        finding=phrase(
            en=f"The first on validation, {name_of(first)}, is number {place} of {number(n)} on the test.",
            pt=f"A primeira na validação, {name_of(first)}, é a número {place} de {number(n)} no teste.",
        )
        + _meaning(correlation, chance_of(validation, test)),
        data=[
            line([1, n], [1, n], phrase(en="the same order", pt="a mesma ordem"), FAINT, dash="dot"),
            {
                "type": "scatter",
                "mode": "markers",
                "x": validation.tolist(),
                "y": test.tolist(),
                "text": names,
                "name": label(phrase(en="architectures", pt="arquiteturas")),
                "marker": {
                    "size": 11,
                    "color": [MODEL if i == leader else MUTED for i in range(n)],
                },
                "showlegend": False,
                "hovertemplate": "%{text}<br>%{x} → %{y}<extra></extra>",
            },
        ],
        layout=layout(
            {
                "title": phrase(en="rank on validation", pt="posição na validação"),
                "range": [0.3, n + 0.7],
                **axis,
            },
            {
                "title": phrase(en="rank on test", pt="posição no teste"),
                "range": [n + 0.7, 0.3],
                **axis,
            },
            height=440,
        ),
        note=phrase(
            en="Spearman's correlation: 1 is the same order, 0 says nothing, -1 is the order upside down. "
            "Its p-value is the share of shuffled orders that agree as well; architectures err alike, "
            "which it does not know.",
            pt="Correlação de Spearman: 1 é a mesma ordem, 0 não diz nada, -1 é a ordem invertida. Seu valor "
            "p é a parcela de ordens embaralhadas que concordam tanto; as arquiteturas erram de modo "
            "parecido, o que ele não sabe.",
        ),
    )


def spearman(first: Float[np.ndarray, " model"], second: Float[np.ndarray, " model"]) -> float | None:
    """The correlation of two lists of ranks; None where either has but one."""
    if np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def chance_of(first: Float[np.ndarray, " model"], second: Float[np.ndarray, " model"]) -> float:
    """The share of shuffled orders that agree with the other one at least as well: a one-sided p-value."""
    shuffled = np.random.default_rng(0).permuted(np.tile(second, (_SHUFFLES, 1)), axis=1)
    agree = shuffled @ first >= second @ first - 1e-9  # all else in the correlation stays the same
    return float((1 + np.count_nonzero(agree)) / (1 + _SHUFFLES))


def _ranks(values: Float[np.ndarray, " model"]) -> Float[np.ndarray, " model"]:
    """1 for the lowest; equal ones share the mean of their places."""
    below = (values[:, None] > values).sum(axis=1)
    equal = (values[:, None] == values).sum(axis=1)
    ranked: np.ndarray = below + (equal + 1) / 2
    return ranked


def _meaning(correlation: float, p: float) -> str:
    told = f"Spearman {number(correlation, '+z.2f')}, {words.p_value(p)}"
    if p < _SURPRISING:
        return phrase(
            en=f" Both orders agree more than luck would have it ({told}): the selection says something.",
            pt=f" As duas ordens concordam mais do que a sorte explicaria ({told}): a seleção diz algo.",
        )
    return phrase(
        en=f" Both orders agree no more than luck would have it ({told}): being first on validation says "
        "little.",
        pt=f" As duas ordens não concordam mais do que a sorte explicaria ({told}): ser a primeira na "
        "validação diz pouco.",
    )
