"""The top of a report: the verdict, what it rests on, and the champion with its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trintena.language import number, phrase
from trintena.report import judgment, words
from trintena.report.alarm import alarm
from trintena.report.evidence import evidence, names_in_set
from trintena.report.markup import Markup, element, facts_list, joined
from trintena.report.material import selection

if TYPE_CHECKING:
    from trintena.report.material import Report

_STEPS_SHOWN = 5


def verdict_banner(report: Report) -> Markup:
    """The verdict, first of all, with what limits it."""
    told = report.answer.get("verdict")
    good = judgment.is_good_news(told, (report.winner or {}).get("model_id"))
    warning = alarm(told)
    sentences = [words.notice(report.spec.measures)]
    if n := report.answer.get("test_consulted"):
        sentences.insert(0, words.consulted(n))
    return element(
        "section",
        element("p", judgment.of_answer(report.answer)),
        Markup("") if warning is None else element("p", warning, class_="alarm", role="alert"),
        element("p", " ".join(sentences), class_="note"),
        class_="card verdict ahead" if good else "card verdict",
    )


def verdict_evidence(report: Report) -> Markup:
    """Every piece that the verdict rests on, and who cannot be told from the best."""
    pieces = evidence(report.answer)
    if not pieces:
        return element(
            "p",
            phrase(
                en="There is no evidence: nothing was judged, or by an older version that kept none.",
                pt="Não há evidências: nada foi julgado, ou o foi por uma versão antiga, sem elas.",
            ),
            class_="note",
        )
    return joined((facts_list(dict(pieces)), _confidence_set(report)))


def _confidence_set(report: Report) -> Markup:
    """Everybody by test RMSE, with a mark on those who may be the best."""
    named = names_in_set(report.answer)
    if named is None:
        return Markup("")
    title = phrase(en="Who cannot be told from the best", pt="Quem não se distingue do melhor")
    marks = {
        True: ("●", phrase(en="in the set", pt="no conjunto")),
        False: ("○", phrase(en="outside", pt="fora")),
    }
    items = [
        element(
            "li",
            element("span", marks[inside][0], role="img", aria_label=marks[inside][1]),
            f" {name}",
            class_="" if inside else "outside",
        )
        for name, inside in named
    ]
    note = phrase(
        en="● may be the best of all, ○ is not, with 90% confidence (Model Confidence Set of Hansen, Lunde "
        "and Nason); by test RMSE, the lowest first. A large set: the test cannot tell its members apart.",
        pt="● pode ser o melhor de todos, ○ não é, com 90% de confiança (Model Confidence Set de Hansen, "
        "Lunde e Nason); pelo RMSE de teste, do menor ao maior. Conjunto grande: o teste não os distingue.",
    )
    return joined(
        (element("h3", title), element("ol", *items, class_="set"), element("p", note, class_="note"))
    )


def champion_card(report: Report) -> Markup:
    """The winner with its setting and its figures, the last value beside them; nothing if there is none."""
    row = report.winner
    if row is None:
        return Markup("")
    champion = report.answer.get("champion")
    settings = row.get("best_params") or vars(report.spec.hyperparameters)
    facts = {
        phrase(en="Hyper-parameters", pt="Hiperparâmetros"): words.settings(settings),
        phrase(en="Selection (validation RMSE)", pt="Seleção (RMSE de validação)"): phrase(
            en=f"{words.rmse(selection(row))}; last value {words.rmse(report.last_value_rmse)}",
            pt=f"{words.rmse(selection(row))}; último valor {words.rmse(report.last_value_rmse)}",
        ),
        phrase(en="Over seeds", pt="Entre sementes"): _seeds(row),
        phrase(en="Test skill", pt="Ganho no teste"): _skill(row),
        phrase(en="Direction", pt="Direção"): _direction(row, report.spec.horizon),
    }
    name = f"{row.get('model_id')} {row.get('model_name')}"
    if champion is None:
        title = phrase(en=f"Best so far (provisional): {name}", pt=f"Melhor até agora (provisório): {name}")
    else:
        version = champion["version"]
        title = phrase(
            en=f"{'Champion' if champion['is_winner'] else 'Leader'}: {name}, version {version}",
            pt=f"{'Campeão' if champion['is_winner'] else 'Líder'}: {name}, versão {version}",
        )
        facts[phrase(en="Files", pt="Arquivos")] = ", ".join(champion.get("files") or ())
        facts[phrase(en="Title", pt="Título")] = _title(champion)
    if serving := report.answer.get("serving"):
        version, twin = serving["version"], serving["frozen_twin"]
        facts[phrase(en="Serving", pt="Em uso")] = phrase(
            en=f"version {version}, trained on all rows; judged by the figures of version {twin}, which saw "
            "none of the test",
            pt=f"versão {version}, treinada em todas as linhas; julgada pelos números da versão {twin}, que "
            "não viu o teste",
        )
    if failure := report.answer.get("serving_failure"):
        facts[phrase(en="Serving", pt="Em uso")] = failure
    if forecast := report.answer.get("forecast"):
        facts[phrase(en="Next forecast", pt="Próxima previsão")] = _forecast(forecast)
    return element("section", element("h2", title), facts_list(facts), class_="card")


def _seeds(row: Mapping[str, Any]) -> str:
    seeds = row.get("seeds") or {}
    if seeds.get("mean") is None:
        return ""
    n = len(seeds.get("rmse") or ())
    mean, low, high = (words.rmse(seeds.get(key)) for key in ("mean", "min", "max"))
    told = phrase(
        en=f"mean {mean}, lowest {low}, highest {high}, of {n} fits",
        pt=f"média {mean}, menor {low}, maior {high}, de {n} treinos",
    )
    if (own := row.get("trial_rmse")) is not None:
        told += phrase(
            en=f"; the search trial itself {words.rmse(own)}",
            pt=f"; a própria tentativa da busca {words.rmse(own)}",
        )
    return told


def _skill(row: Mapping[str, Any]) -> str:
    if row.get("skill") is None:
        return ""
    skill, drift = (number(row.get(key), words.SIGNED) for key in ("skill", "skill_against_drift"))
    told = phrase(
        en=f"{skill} against the last value, {drift} against drift",
        pt=f"{skill} contra o último valor, {drift} contra a tendência média",
    )
    if len(fits := (row.get("seeds") or {}).get("skill") or ()) > 1:
        each = "; ".join(number(value, words.SIGNED) for value in fits)
        told += phrase(
            en=f"; of each fit against the last value: {each}",
            pt=f"; de cada treino contra o último valor: {each}",
        )
    return told


def _direction(row: Mapping[str, Any], horizon: int) -> str:
    right, commoner = row.get("test_directional_accuracy"), row.get("test_majority_share")
    if right is None or commoner is None:
        return ""
    got, base, at = number(right, ".1%"), number(commoner, ".1%"), words.at_last_step(horizon)
    return phrase(
        en=f"right {got} of the time{at}; always the commoner one {base}",
        pt=f"certa em {got} das vezes{at}; sempre a mais comum, {base}",
    )


def _title(champion: Mapping[str, Any]) -> str:
    title = champion.get("title") or {}
    if champion["is_winner"] or title.get("incumbent") is None:
        return ""
    name, version = title.get("incumbent_model_name"), title["incumbent"]
    return phrase(
        en=f"The champion stays {name} (version {version}); this model is registered beside it.",
        pt=f"O campeão continua sendo {name} (versão {version}); este modelo foi registrado ao lado.",
    )


def _forecast(forecast: Mapping[str, Any]) -> str:
    steps, last_value = forecast["forecast"], forecast["last_value"]
    pattern = f",.{words.decimals_of(last_value, steps, ())}f"
    shown = "; ".join(
        f"{words.day(step['date'])}: {number(step['price'], pattern)}" for step in steps[:_STEPS_SHOWN]
    )
    more = "; …" if len(steps) > _STEPS_SHOWN else ""
    last, origin = number(last_value, pattern), words.day(forecast["origin"])
    return phrase(
        en=f"{shown}{more}. Last value, {origin}: {last}", pt=f"{shown}{more}. Último valor, {origin}: {last}"
    )
