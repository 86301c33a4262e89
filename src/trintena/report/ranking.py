"""The board of a report: models and baselines in one ranking, what has no result below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trintena.language import number, phrase
from trintena.report import reasons, words
from trintena.report.markup import Markup, element, joined, table
from trintena.report.material import selection

if TYPE_CHECKING:
    from trintena.report.material import Report

_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
_COUNTED = ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING")
_Column = tuple[str, Any]


def board(report: Report) -> Markup:
    """The ranked table, then each baseline and each architecture without a result, with the reason."""
    ranked = [row for row in report.rows if row.get("rank") is not None]
    others = [row for row in report.rows if row.get("rank") is None]
    parts = []
    if ranked:
        parts.append(_ranking(report, ranked))
        parts.append(element("p", _legend(report), class_="note"))
    else:
        parts.append(
            element(
                "p",
                phrase(
                    en="No architecture has ended with a model.",
                    pt="Nenhuma arquitetura terminou com um modelo.",
                ),
            )
        )
    parts += [_no_baseline(row) for row in report.answer.get("baselines") or () if row.get("reason")]
    if others:
        parts.append(_without_result(others))
        if remedy := reasons.remedy(report.spec, [row.get("reason") for row in others]):
            parts.append(element("p", remedy, class_="note"))
    return joined(parts)


def _ranking(report: Report, ranked: list[Mapping[str, Any]]) -> Markup:
    baselines = [
        row for row in report.answer.get("baselines") or () if row.get("validation_rmse") is not None
    ]
    columns = _columns(report, [*ranked, *baselines])
    lines = [_of_model(row, columns) for row in sorted(ranked, key=lambda row: row["rank"])]
    scores = [selection(row) or 0.0 for row in sorted(ranked, key=lambda row: row["rank"])]
    for row in sorted(baselines, key=lambda row: row["validation_rmse"]):
        # Ranks are not ours to change: a baseline goes before the first model that is worse.
        at = next((i for i, score in enumerate(scores) if score > row["validation_rmse"]), len(scores))
        lines.insert(at, _of_baseline(row, columns))
        scores.insert(at, row["validation_rmse"])
    headings = ("#", phrase(en="Model", pt="Modelo"), *(title for title, _ in columns))
    return table(
        phrase(en="Ranking: lower is better", pt="Classificação: menor é melhor"),
        headings,
        [cells for _, cells in lines],
        classes=[kind for kind, _ in lines],
        text=(1, *(2 + i for i, (_, cell) in enumerate(columns) if cell is _trials)),
        folding=[2 + i for i, (_, cell) in enumerate(columns) if cell in (_trials, _seed_range)],
        sticky=1,
    )


def _of_model(row: Mapping[str, Any], columns: list[_Column]) -> tuple[str, list[str]]:
    named = [_place(row["rank"]), f"{row['model_id']} {row['model_name']}"]
    return "", [*named, *(cell(row) for _, cell in columns)]


def _of_baseline(row: Mapping[str, Any], columns: list[_Column]) -> tuple[str, list[str]]:
    """No number and no medal: it cannot win."""
    kind = element("small", " ", phrase(en="baseline", pt="referência"))
    name = joined((words.baseline(str(row.get("key")), str(row.get("name"))), kind))
    scored = {**row, "rmse": row["validation_rmse"]}
    return "baseline", ["·", name, *(cell(scored) for _, cell in columns)]


def _place(rank: int) -> str:
    """The rank, with its medal for the first three."""
    if rank not in _MEDALS:
        return str(rank)
    return joined((element("span", _MEDALS[rank], aria_hidden="true"), f" {rank}"))


def _columns(report: Report, rows: list[Mapping[str, Any]]) -> list[_Column]:
    """Headings and what stands under them, as far as any row has it."""
    present = {key for row in rows for key, value in row.items() if value is not None}
    seeds = "seeds" in present
    columns: list[tuple[str, bool, Any]] = [
        (phrase(en="Selection (validation RMSE)", pt="Seleção (RMSE de validação)"), True, _selection),
        (phrase(en="Seeds: lowest to highest", pt="Sementes: do menor ao maior"), seeds, _seed_range),
        (
            phrase(en="Test RMSE", pt="RMSE de teste"),
            "test_rmse" in present,
            lambda row: words.rmse(row.get("test_rmse")),
        ),
        (phrase(en="Test skill", pt="Ganho no teste"), "skill" in present, lambda row: _share(row, "skill")),
        (
            phrase(en="against drift", pt="contra a tendência"),
            "skill_against_drift" in present,
            lambda row: _share(row, "skill_against_drift"),
        ),
        (
            words.direction(report.spec.horizon),
            "test_directional_accuracy" in present,
            lambda row: number(row.get("test_directional_accuracy"), ".1%"),
        ),
        (
            phrase(en="Parameters", pt="Parâmetros"),
            "parameters" in present,
            lambda row: _counted(row.get("parameters")),
        ),
        (phrase(en="Trials", pt="Tentativas"), "trial_counts" in present, _trials),
        (
            phrase(en="Time", pt="Tempo"),
            "elapsed_time" in present,
            lambda row: _span(row.get("elapsed_time")),
        ),
    ]
    return [(title, cell) for title, shown, cell in columns if shown]


def _selection(row: Mapping[str, Any]) -> str:
    return words.rmse(selection(row))


def _seed_range(row: Mapping[str, Any]) -> str:
    seeds = row.get("seeds") or {}
    if seeds.get("min") is None or seeds.get("max") is None:
        return ""
    return f"{words.rmse(seeds['min'])}\N{NO-BREAK SPACE}… {words.rmse(seeds['max'])}"


def _share(row: Mapping[str, Any], key: str) -> str:
    return number(row.get(key), words.SIGNED)


def _counted(value: int | None) -> str:
    return "" if value is None else number(value)


def _span(value: float | None) -> str:
    return "" if value is None else words.span(value)


def _trials(row: Mapping[str, Any]) -> str:
    return counted(row.get("trial_counts"))


def counted(counts: Mapping[str, int] | None) -> str:
    """How many trials are in each state, zeros left out."""
    counts = counts or {}
    told = (f"{number(counts[state])} {trial_state(state)}" for state in _COUNTED if counts.get(state))
    return ", ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in told)


def trial_state(code: str) -> str:
    """The state of a trial for readers."""
    names = {
        "WAITING": phrase(en="waiting", pt="à espera"),
        "RUNNING": phrase(en="begun", pt="iniciadas"),
        "COMPLETE": phrase(en="complete", pt="completas"),
        "PRUNED": phrase(en="pruned", pt="podadas"),
        "FAIL": phrase(en="failed", pt="com falha"),
    }
    return names.get(code, code)


def _legend(report: Report) -> str:
    told = phrase(
        en="Ranked by the selection score, on the validation segment; test figures decide nothing: "
        "they were looked at after all training. Baselines are ranked too, and cannot win.",
        pt="Ordem pelo critério de seleção, no segmento de validação; os números de teste não decidem nada: "
        "foram vistos depois de todo o treino. As referências também entram na ordem e não podem vencer.",
    )
    shares = {row.get("test_majority_share") for row in report.rows} - {None}
    if len(shares) == 1:
        base, at = number(shares.pop(), ".1%"), words.at_last_step(report.spec.horizon)
        told += phrase(
            en=f" Always naming the commoner direction{at} is right {base} of the time.",
            pt=f" Dizer sempre a direção mais comum{at} acerta {base} das vezes.",
        )
    refitted = [row.get("seeds") is not None for row in report.rows if row.get("rank") is not None]
    if any(refitted):
        told += phrase(
            en=" The selection score is the mean of refits with other seeds.",
            pt=" O critério de seleção é a média de novos treinos com outras sementes.",
        )
    if any(refitted) and not all(refitted):
        told += phrase(
            en=" Architectures that were not fitted again yet stand behind those that were.",
            pt=" Arquiteturas ainda sem novos treinos ficam atrás das que já os têm.",
        )
    return told


def _no_baseline(row: Mapping[str, Any]) -> Markup:
    name, reason = words.baseline(row["key"], row["name"]), reasons.told(row["reason"])
    told = phrase(en=f"Without the baseline {name}: {reason}", pt=f"Sem a referência {name}: {reason}")
    return element("p", told, class_="note")


def _without_result(rows: list[Mapping[str, Any]]) -> Markup:
    failed = sum(row.get("state") == "FAIL" for row in rows)
    title = (
        phrase(en=f"Failed ({failed})", pt=f"Falharam ({failed})")
        if failed == len(rows)
        else phrase(en=f"Without a result ({len(rows)})", pt=f"Sem resultado ({len(rows)})")
    )
    items = [
        element("li", element("strong", f"{row.get('model_id')} {row.get('model_name')}"), f": {_why(row)}")
        for row in rows
    ]
    kind = "failed" if failed == len(rows) else ""
    return element("section", element("h3", title), element("ul", *items), class_=kind)


def _why(row: Mapping[str, Any]) -> str:
    """The reason, with how many trials came to what; before there is a reason, that alone."""
    told = [reasons.told(row.get("reason") or ""), _trials(row)]
    return "; ".join(filter(None, told)) or trial_state(str(row.get("state")))
