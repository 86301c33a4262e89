"""What a backtest found, in plain sentences, and what its table shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trintena.language import number, phrase
from trintena.report import judgment, words
from trintena.report.alarm import alarm

Answer = Mapping[str, Any]

COLUMNS = ("rmse", "mae", "skill", "r2", "directional_accuracy", "majority_share", "direction_p")
"""The figures of the table, in their order."""


def column(key: str, horizon: int) -> str:
    """The heading of a figure."""
    names = {
        "rmse": "RMSE",
        "mae": "MAE",
        "skill": phrase(en="Skill", pt="Ganho"),
        "r2": "R²",
        "directional_accuracy": words.direction(horizon),
        "majority_share": phrase(en="Commoner one", pt="A mais comum"),
        "direction_p": "p",
    }
    return names[key]


def cell(key: str, value: float | None) -> str:
    """A figure of the table."""
    if key in ("rmse", "mae"):
        return words.rmse(value)
    if key == "direction_p":
        return words.p_in_a_cell(value)
    patterns = {"skill": words.SIGNED, "r2": words.SIGNED}
    return number(value, patterns.get(key, ".1%"))


def legend(horizon: int) -> str:
    """What the headings mean."""
    at = words.at_last_step(horizon)
    return phrase(
        en="Errors in units of the target: lower is better. Skill: error saved over the last value. R²: "
        f"against the training mean. Direction{at} beside always naming the commoner one; p of Pesaran and "
        "Timmermann.",
        pt="Erros em unidades do alvo: menor é melhor. Ganho: erro poupado em relação ao último valor. R²: "
        f"contra a média do treino. Direção{at} ao lado de dizer sempre a mais comum; p de Pesaran e "
        "Timmermann.",
    )


def sentences(answer: Answer) -> list[str]:
    """The verdict, and whatever a reader must know to take it for what it is."""
    if answer["partial"]:
        return [
            phrase(
                en="No verdict: the backtest was stopped before its end.",
                pt="Sem veredito: o teste retroativo foi interrompido antes do fim.",
            )
        ]
    told = answer["verdict"]
    return [
        f"{_opening(answer)} {_found(answer)}",
        *filter(
            None,
            (
                _seen(answer),
                judgment.clone(told),
                alarm(told),
                _no_intervals(answer),
                _consulted(answer),
            ),
        ),
    ]


def _opening(answer: Answer) -> str:
    """What was forecast, and with which weights."""
    judged = answer["judged"]
    first, last = words.day(judged["first"]), words.day(judged["last"])
    n, every = number(judged["origins"]), answer["refit_every"]
    told = phrase(
        en=f"{n} forecasts, {first} to {last}, by version {answer['version']}",
        pt=f"{n} previsões, de {first} a {last}, pela versão {answer['version']}",
    )
    if every is None:
        return told + phrase(en=" with its weights as saved.", pt=" com os pesos como foram salvos.")
    n_refits, rows = number(answer["n_refits"]), number(every)
    return told + phrase(
        en=f", its setting fitted anew every {rows} {'row' if every == 1 else 'rows'} (refits: {n_refits}).",
        pt=f", com a configuração ajustada de novo a cada {rows} {'linha' if every == 1 else 'linhas'} "
        f"(ajustes: {n_refits}).",
    )


def _found(answer: Answer) -> str:
    told = answer["verdict"]
    skill, drift = (number(told[key], words.SIGNED) for key in ("skill", "skill_against_drift"))
    proof = "".join(f"; {words.p_value(p)}" for p in [told["dm_p"]] if p is not None)
    figures = phrase(
        en=f"skill {skill}, against drift {drift}{proof}",
        pt=f"ganho {skill}, contra a tendência {drift}{proof}",
    )
    if told["code"] == "beats_last_value":
        won = phrase(
            en=f"They beat repeating the last value by more than luck explains ({figures}).",
            pt=f"Superam repetir o último valor por mais do que a sorte explica ({figures}).",
        )
        better = judgment.names_below(answer["model"]["rmse"], answer["baselines"], "rmse")
        return " ".join(filter(None, (won, judgment.better_sentence(better))))
    if told["reason"] == "board_disagrees":
        return phrase(
            en=f"They are ahead of the last value ({figures}), but on days of the test segment on which all "
            "architectures together had no proven lead: that stays the verdict. Later days, or a refit, can "
            "show more.",
            pt=f"Ficam à frente do último valor ({figures}), mas em dias do segmento de teste no qual todas "
            "as arquiteturas juntas não tinham vantagem provada: esse continua sendo o veredito. Dias "
            "posteriores, ou um novo ajuste, podem mostrar mais.",
        )
    if judgment.is_worse(told):
        how = judgment.behind(told["skill"])
        return phrase(
            en=f"They are worse than repeating the last value: their error is {how} ({figures}).",
            pt=f"São piores do que repetir o último valor: seu erro é {how} ({figures}).",
        )
    if told["code"] == "not_distinguishable":
        no_better = phrase(
            en=f"Not distinguishable from repeating the last value ({figures}).",
            pt=f"Não se distinguem de repetir o último valor ({figures}).",
        )
        if not judgment.is_undecidable(told):
            return no_better
        return no_better + phrase(
            en=" So long a horizon cannot be judged on so few forecasts: take a longer stretch.",
            pt=" Um horizonte tão longo não pode ser julgado com tão poucas previsões: use um trecho mais "
            "longo.",
        )
    if told["reason"] == "in_sample":
        n, of = number(answer["n_in_sample"]), number(answer["n_origins"])
        which = (
            phrase(en="All of them", pt="Todas") if n == of else phrase(en=f"{n} of {of}", pt=f"{n} de {of}")
        )
        return phrase(
            en=f"{which} are of rows that the version was trained, selected or calibrated on. That is no "
            f"test, and nothing is judged ({figures}).",
            pt=f"{which} são de linhas com que a versão foi treinada, selecionada ou calibrada. Isso não é "
            f"teste, e nada é julgado ({figures}).",
        )
    return phrase(
        en=f"They are ahead of the last value, but nothing is judged: rows among them chose the setting "
        f"({figures}).",
        pt=f"Ficam à frente do último valor, mas nada é julgado: há entre elas linhas que escolheram a "
        f"configuração ({figures}).",
    )


def _seen(answer: Answer) -> str | None:
    """What the version, or its setting, knew of the stretch."""
    selected_to = words.day(answer["selected_to"])
    if answer["refit_every"] is not None:
        told = phrase(
            en=f"No refit has seen what it forecasts. The setting was chosen on rows up to {selected_to}",
            pt=f"Nenhum ajuste viu o que prevê. A configuração foi escolhida com linhas até {selected_to}",
        )
        if "setting_seen" not in answer["warnings"]:
            return f"{told}."
        return told + phrase(
            en=": up to there the figures flatter.", pt=": até essa data os números são otimistas."
        )
    if not answer["n_in_sample"] or answer["verdict"].get("reason") == "in_sample":
        return None
    n, made_to = number(answer["n_in_sample"]), words.day(answer["calibrated_to"])
    return phrase(
        en=f"{n} more forecasts of the stretch are of rows up to {made_to}, on which the version was "
        "trained, selected or calibrated: no figure here counts them.",
        pt=f"Outras {n} previsões do trecho são de linhas até {made_to}, com que a versão foi treinada, "
        "selecionada ou calibrada: nenhum número aqui as conta.",
    )


def _no_intervals(answer: Answer) -> str | None:
    """How the 90 % bands did, or why there are none."""
    intervals = answer["intervals"]
    if intervals is None:
        return phrase(
            en="The stretch is too short, beside the horizon, to calibrate intervals and to judge them.",
            pt="O trecho é curto demais, diante do horizonte, para calibrar intervalos e julgá-los.",
        )
    own = intervals["model"]["levels"]["90"]
    held, n, first = (
        number(own["coverage"], ".1%"),
        number(intervals["n_judged"]),
        number(intervals["n_calibrating"]),
    )
    return phrase(
        en=f"Its 90% intervals, calibrated on the first {first} forecasts, held {held} of the {n} last ones.",
        pt=f"Seus intervalos de 90%, calibrados nas primeiras {first} previsões, contiveram {held} das {n} "
        "últimas.",
    )


def _consulted(answer: Answer) -> str | None:
    n = answer["test_consulted"]
    return None if n is None else words.consulted(n)
