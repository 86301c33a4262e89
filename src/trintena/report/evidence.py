"""What a verdict rests on, one plain sentence for each piece, the name of the test behind it.

Everything is read from the answer of an experiment; a piece that the answer does not hold, because nothing
was judged or because it is of an older version, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trintena.language import number, phrase
from trintena.report import judgment, words
from trintena.report.material import name_of

Answer = Mapping[str, Any]
Piece = tuple[str, str]
"""What it is about, and what is found."""

_BAD = -0.10
"""From such a skill down, nobody would take a forecast for one of the best."""


def evidence(answer: Answer) -> list[Piece]:
    """Every piece that the answer of an experiment holds."""
    return _pieces(answer, _ALL)


def essentials(answer: Answer) -> list[Piece]:
    """The few that say most beside the verdict's own sentence, for where there is little room."""
    return _pieces(answer, (_confidence_set, _luck, _shrinkage, _coverage))


def _pieces(answer: Answer, makers: tuple[Callable[[Answer], Piece | None], ...]) -> list[Piece]:
    return [piece for make in makers if (piece := make(answer)) is not None]


def _told(answer: Answer) -> Mapping[str, Any]:
    return answer.get("verdict") or {}


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    return list(answer.get("all_results") or answer.get("results") or ())


def _horizon(answer: Answer) -> int:
    return int(answer.get("horizon", 1))


def _of_winner(answer: Answer) -> Mapping[str, Any]:
    """Every figure of the winner on the test segment."""
    figures: Mapping[str, Any] = (judgment.winner_of(answer).get("metrics") or {}).get("test") or {}
    return figures


def _against_last_value(answer: Answer) -> Piece | None:
    told = _told(answer)
    label = phrase(en="Against the last value", pt="Contra o último valor")
    return _led(label, told.get("skill"), told.get("dm_p"))


def _against_drift(answer: Answer) -> Piece | None:
    told = _told(answer)
    label = phrase(en="Against drift", pt="Contra a tendência média")
    return _led(label, told.get("skill_against_drift"), told.get("dm_p_against_drift"))


def _led(label: str, skill: float | None, p: float | None) -> Piece | None:
    """How often luck would give a lead, as a Diebold-Mariano test has it."""
    if skill is None or p is None:
        return None
    test = f"Diebold-Mariano, {words.p_value(p)}"
    if skill <= 0.0:
        how = judgment.behind(skill)
        return label, phrase(
            en=f"The error on the test segment is not lower: {how} ({test}).",
            pt=f"O erro no teste não é menor: {how} ({test}).",
        )
    share = number(skill, ".2%")
    often = _by_luck(p)
    return label, phrase(
        en=f"The error on the test segment is {share} lower. Of two equally good forecasts, luck alone would "
        f"put this one so far ahead in {often} ({test}).",
        pt=f"O erro no teste é {share} menor. De duas previsões igualmente boas, só a sorte poria esta tão "
        f"à frente em {often} ({test}).",
    )


def _by_luck(p: float) -> str:
    """A p-value as a share of cases."""
    if p < 0.001:
        return phrase(en="fewer than 1 of 1,000 cases", pt="menos de 1 em 1.000 casos")
    share = number(p, ".1%" if p < 0.1 else ".0%")
    return phrase(en=f"{share} of cases", pt=f"{share} dos casos")


def _over_all(answer: Answer) -> Piece | None:
    told, n = _told(answer), len(_judged(answer))
    label = phrase(en="Best of many", pt="Melhor de muitas")
    if judgment.has_too_few_origins(told) and "spa_p" in told:
        return label, phrase(
            en="Not known: fewer than ten horizons fit into the test segment, too few to tell luck from "
            "skill (Hansen's test of superior predictive ability).",
            pt="Não se sabe: cabem menos de dez horizontes no teste, pouco para distinguir sorte de ganho "
            "(teste de capacidade preditiva superior de Hansen).",
        )
    if (p := told.get("spa_p")) is None or n == 0:
        return None
    often, name = _by_luck(p), words.p_value(p)
    return label, phrase(
        en=f"Were no architecture (of {number(n)}) better than the last value, luck alone would put the best "
        f"of them so far ahead in {often} (Hansen's test of superior predictive ability, {name}).",
        pt=f"Se nenhuma arquitetura (de {number(n)}) fosse melhor que o último valor, só a sorte poria a "
        f"melhor delas tão à frente em {often} (teste de capacidade preditiva superior de Hansen, {name}).",
    )


def _judged(answer: Answer) -> list[Mapping[str, Any]]:
    """The architectures that forecast the test segment."""
    return [row for row in _rows(answer) if row.get("test_rmse") is not None]


def _confidence_set(answer: Answer) -> Piece | None:
    inside = _told(answer).get("confidence_set")
    if not inside:
        return None
    n, of = number(len(inside["model_ids"])), number(len(_judged(answer)))
    level = number(inside["level"], ".0%")
    names = {row["key"]: words.baseline(row["key"], row["name"]) for row in answer.get("baselines") or ()}
    baselines = ", ".join(names.get(key, key) for key in inside["baselines"])
    beside = baselines or phrase(en="none", pt="nenhuma")
    wild = ""
    if _holds_a_bad_one(answer, inside):
        wild = phrase(
            en="; a few wild days can hide how bad a forecast is",
            pt="; poucos dias extremos podem esconder quão ruim é uma previsão",
        )
    return phrase(en="Who may be the best", pt="Quem pode ser o melhor"), phrase(
        en=f"With {level} confidence {n} of {of} architectures cannot be told from the best; of the "
        f"baselines: {beside} (Model Confidence Set{wild}).",
        pt=f"Com {level} de confiança, {n} de {of} arquiteturas não se distinguem do melhor; das "
        f"referências: {beside} (Model Confidence Set{wild}).",
    )


def _holds_a_bad_one(answer: Answer, inside: Mapping[str, Any]) -> bool:
    """Whether the set holds somebody whose error is over a tenth above the last value's."""
    skills = [row.get("skill") for row in _judged(answer) if row["model_id"] in inside["model_ids"]]
    skills += [r.get("skill") for r in answer.get("baselines") or () if r["key"] in inside["baselines"]]
    return any(skill is not None and skill < _BAD for skill in skills)


def _luck(answer: Answer) -> Piece | None:
    told = _told(answer)
    if told.get("validation_skill") is None or "luck_level" not in told:
        return None
    label, n = phrase(en="Luck level", pt="Nível da sorte"), told["n_trials"]
    if told["luck_level"] is None:
        return label, phrase(
            en="Unknown: beside windows this long the validation segment is too short to show what luck "
            "alone would reach. A longer one, or a shorter lookback, would show it.",
            pt="Não se sabe: diante de janelas tão longas, o segmento de validação é curto demais para "
            "mostrar até onde só a sorte chegaria. Um mais longo, ou um lookback menor, o mostraria.",
        )
    level, reached = (number(told[key], words.SIGNED) for key in ("luck_level", "validation_skill"))
    trials = phrase(
        en="1 trial" if n == 1 else f"{number(n)} trials",
        pt="1 tentativa" if n == 1 else f"{number(n)} tentativas",
    )
    below = ""
    if told["validation_skill"] <= told["luck_level"]:
        below = phrase(en="; that is not above it", pt="; isso não o supera")
    return label, phrase(
        en=f"Of {trials} without any skill the luckiest would reach a validation skill of {level} once in "
        f"twenty; the winner reached {reached}{below}.",
        pt=f"De {trials} sem nenhum ganho verdadeiro, a mais sortuda chegaria a um ganho de {level} na "
        f"validação uma vez em vinte; a vencedora chegou a {reached}{below}.",
    )


def _shrinkage(answer: Answer) -> Piece | None:
    told = _told(answer)
    if (lost := told.get("shrinkage")) is None:
        return None
    before, after = (number(told[key], words.SIGNED) for key in ("validation_skill", "skill"))
    points = number(abs(lost) * 100, ".2f")
    change = (
        phrase(en=f"{points} percentage points lost", pt=f"{points} p.p. a menos")
        if lost >= 0
        else phrase(en=f"{points} percentage points gained", pt=f"{points} p.p. a mais")
    )
    return phrase(en="From validation to test", pt="Da validação ao teste"), phrase(
        en=f"Skill {before} where the winner was chosen, {after} on the test: {change}.",
        pt=f"Ganho de {before} onde a vencedora foi escolhida, {after} no teste: {change}.",
    )


def _direction(answer: Answer) -> Piece | None:
    figures = _of_winner(answer)
    right, commoner = figures.get("directional_accuracy"), figures.get("majority_share")
    if right is None or commoner is None:
        return None
    got, base, at = number(right, ".1%"), number(commoner, ".1%"), words.at_last_step(_horizon(answer))
    text = phrase(
        en=f"Right {got} of the time{at}; always naming the commoner one is right {base} of the time.",
        pt=f"Certa em {got} das vezes{at}; dizer sempre a mais comum acerta {base} das vezes.",
    )
    if (p := figures.get("direction_p")) is not None:
        name, often = words.p_value(p), _by_luck(p)
        text += phrase(
            en=f" Forecasts unrelated to what came would do as well in {often} (Pesaran-Timmermann, {name}).",
            pt=f" Previsões sem relação com o que veio iriam tão bem em {often} (Pesaran-Timmermann, "
            f"{name}).",
        )
    return phrase(en="Direction", pt="Direção"), text


def _following(answer: Answer) -> Piece | None:
    """Whether the forecast says anything, or repeats: what the flag of a clone is made of."""
    figures = _of_winner(answer)
    if not (correlation := figures.get("change_correlation")):
        return None
    r, low, high = (number(value, "+z.2f") for value in correlation)
    text = phrase(
        en=f"Forecast and actual changes correlate at {r}; with 95% confidence between {low} and {high}.",
        pt=f"Variações previstas e reais têm correlação {r}; com 95% de confiança, entre {low} e {high}.",
    )
    if (shift := figures.get("best_shift")) is not None:
        at, repeated = number(shift, "d"), number(_horizon(answer), "d")
        text += phrase(
            en=f" The forecast path fits the actual one best at a lag of {at}: only what gets most of a "
            f"change right fits at 0; a weak forecast fits at {repeated}, too, as the last value does.",
            pt=f" O caminho previsto se ajusta melhor ao real com atraso de {at}: só o que acerta a maior "
            f"parte da variação se ajusta em 0; uma previsão fraca se ajusta em {repeated}, como o último "
            "valor.",
        )
    return phrase(en="Does it foresee?", pt="Ela prevê?"), text


def _coverage(answer: Answer) -> Piece | None:
    levels = ((answer.get("intervals") or {}).get("model") or {}).get("levels")
    if not levels:
        return None
    held = [number(figures["coverage"], ".1%") for figures in levels.values()]
    return phrase(en="Intervals", pt="Intervalos"), phrase(
        en=f"The bands of {_list(f'{level}%' for level in levels)} held {_list(held)} of the test segment.",
        pt=f"As bandas de {_list(f'{level}%' for level in levels)} contiveram {_list(held)} do teste.",
    )


def _list(parts: Iterable[str]) -> str:
    *first, last = parts
    return phrase(en=" and ", pt=" e ").join(filter(None, (", ".join(first), last)))


def _consulted(answer: Answer) -> Piece | None:
    n = answer.get("test_consulted")
    if not n or "n_trials" not in _told(answer):  # alone it is no evidence
        return None
    return phrase(en="Looks at the test", pt="Consultas ao teste"), words.consulted(n)


_ALL = (
    _against_last_value,
    _against_drift,
    _over_all,
    _confidence_set,
    _luck,
    _shrinkage,
    _direction,
    _following,
    _coverage,
    _consulted,
)


def names_in_set(answer: Answer) -> list[tuple[str, bool]] | None:
    """Everybody on the board, best on the test first, and whether the confidence set holds them."""
    inside = _told(answer).get("confidence_set")
    if not inside:
        return None
    told = [
        (row["test_rmse"], name_of(row["model_id"]), row["model_id"] in inside["model_ids"])
        for row in _judged(answer)
    ]
    told += [
        (row["test_rmse"], words.baseline(row["key"], row["name"]), row["key"] in inside["baselines"])
        for row in answer.get("baselines") or ()
        if row.get("test_rmse") is not None
    ]
    return [(name, is_in) for _, name, is_in in sorted(told, key=lambda each: each[0])]
