"""The numbers of a model card: the model beside every baseline, and how often its intervals held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trintena.language import number, phrase
from trintena.report import judgment, words
from trintena.report.markdown import escaped, table

Figures = Mapping[str, Any]


def judged(
    name: str, figures: Figures, baselines: Sequence[Figures], segment: str, horizon: int
) -> list[str]:
    """The paragraphs about one judged segment: what it is good for, the table, and what is not in it.

    Args:
        name: of the model.
        figures: of the model, those of the segment.
        baselines: rows of the board.
        segment: `validation` or `test`.
        horizon: how many steps are forecast.
    """
    title = words.segment(segment).capitalize()
    remark = {
        "validation": phrase(
            en="selection scores. The model was chosen by them, so they flatter.",
            pt="números de seleção. O modelo foi escolhido por eles, por isso são otimistas.",
        ),
        "test": phrase(
            en="rows that this choice did not look at.",
            pt="linhas que esta escolha não olhou.",
        ),
    }
    rows = [(words.baseline(row["key"], row["name"]), row["metrics"].get(segment) or {}) for row in baselines]
    named = [(f"**{escaped(name)}**", figures), *((escaped(each), found) for each, found in rows)]
    columns = _columns(horizon) if segment == "test" else _columns(horizon)[:-1]
    heads = [phrase(en="Forecast", pt="Previsão"), *(head for head, _, _ in columns)]
    lines = [[who, *(_written(found.get(key), form) for _, key, form in columns)] for who, found in named]
    commoner, at = number(figures.get("majority_share"), ".1%"), words.at_last_step(horizon)
    return [
        f"**{title}**: {remark[segment]}",
        table(heads, lines),
        phrase(
            en=f"Always naming the commoner direction{at} is right {commoner} of the time.",
            pt=f"Dizer sempre a direção mais comum{at} acerta {commoner} das vezes.",
        ),
    ]


def better(figures: Figures, baselines: Sequence[Figures]) -> str:
    """Which baselines have a lower error on the test segment; nothing where none has."""
    names = judgment.names_below(figures["rmse"], baselines, "test_rmse")
    return judgment.better_sentence([escaped(name) for name in names])


def not_fitted(baselines: Sequence[Figures]) -> list[str]:
    """A sentence for each baseline that has no figures."""
    return [
        phrase(
            en=f"{escaped(row['name'])} could not be fitted: {escaped(row['reason'])}",
            pt=f"Não foi possível ajustar {escaped(row['name'])}: {escaped(row['reason'])}",
        )
        for row in baselines
        if row.get("reason")
    ]


def legend(is_long: bool) -> str:
    """What the columns mean; `is_long`: several steps are forecast."""
    pooled = phrase(en=", over all steps taken together", pt=", de todos os passos em conjunto")
    of = pooled if is_long else ""
    last = phrase(en=" of the last step", pt=" do último passo") if is_long else ""
    return phrase(
        en=f"RMSE and MAE are in units of the target{of}. Skill is 1 - RMSE / RMSE of the last value, or of "
        "drift, on the same origins. R² is out of sample, against the mean of the training part. MASE counts "
        f"in one-step changes of the training part. Direction is that{last or ' of the change'}, with the "
        "one-sided p-value of Pesaran and Timmermann; — where there is none.",
        pt=f"RMSE e MAE estão em unidades do alvo{of}. Ganho é 1 - RMSE / RMSE do último valor, ou da "
        "tendência média, nas mesmas origens. O R² é fora da amostra, contra a média do treino. O MASE conta "
        f"em variações de um passo do treino. A direção é a{last or ' da variação'}, com o valor-p "
        "unilateral de Pesaran e Timmermann; — onde não há.",
    )


def coverage(intervals: Figures) -> str:
    """The table of the intervals on the test segment."""
    heads = (
        phrase(en="Interval", pt="Intervalo"),
        phrase(en="Held on the test", pt="Conteve no teste"),
        phrase(en="Mean width", pt="Largura média"),
    )
    rows = [
        (f"{level}%", number(found["coverage"], ".1%"), words.rmse(found["mean_width"]))
        for level, found in intervals["levels"].items()
    ]
    return table(heads, rows)


def _columns(horizon: int) -> list[tuple[str, str, str]]:
    """Head, key and form of each figure; the p-value, which only the test has, comes last."""
    return [
        ("RMSE", "rmse", "error"),
        ("MAE", "mae", "error"),
        (phrase(en="Skill", pt="Ganho"), "skill", words.SIGNED),
        (phrase(en="Against drift", pt="Contra a tendência"), "skill_against_drift", words.SIGNED),
        ("R²", "r2", words.SIGNED),
        ("MASE", "mase", ".4f"),
        (words.direction(horizon), "directional_accuracy", ".1%"),
        ("p", "direction_p", "p"),
    ]


def _written(value: float | None, form: str) -> str:
    if form == "error":
        return words.rmse(value)
    if form == "p":
        return words.p_in_a_cell(value)
    return number(value, form)
