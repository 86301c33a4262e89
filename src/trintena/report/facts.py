"""The words of a report around its figures: verdict, champion, and what was run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trintena.domain import Range
from trintena.language import number, phrase
from trintena.report import words
from trintena.report.markup import Markup, details, element, joined, table
from trintena.report.material import selection

if TYPE_CHECKING:
    from trintena.report.material import Report

_STEPS_SHOWN = 5


def verdict_banner(report: Report) -> Markup:
    """The verdict, first of all, with what limits it."""
    told = report.answer.get("verdict")
    ahead = (told or {}).get("code") == "ahead_on_test"
    sentences = [words.notice()]
    if n := report.answer.get("test_consulted"):
        sentences.insert(0, words.consulted(n))
    return element(
        "section",
        element("p", words.verdict(told)),
        element("p", " ".join(sentences), class_="note"),
        class_="card verdict ahead" if ahead else "card verdict",
    )


def champion_card(report: Report) -> Markup:
    """The winner with its setting and its figures, the last value beside them; nothing if there is none."""
    row = report.winner
    if row is None:
        return Markup("")
    champion = report.answer.get("champion")
    settings = row.get("best_params") or vars(report.spec.hyperparameters)
    facts = {
        phrase(en="Hyper-parameters", pt="Hiperparâmetros"): _settings(settings),
        phrase(en="Selection (validation RMSE)", pt="Seleção (RMSE de validação)"): phrase(
            en=f"{words.rmse(selection(row))}; last value {words.rmse(report.last_value_rmse)}",
            pt=f"{words.rmse(selection(row))}; último valor {words.rmse(report.last_value_rmse)}",
        ),
        phrase(en="Over seeds", pt="Entre sementes"): _seeds(row),
        phrase(en="Test skill", pt="Ganho no teste"): _skill(row),
        phrase(en="Direction", pt="Direção"): _direction(row),
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
    if forecast := report.answer.get("forecast"):
        facts[phrase(en="Next forecast", pt="Próxima previsão")] = _forecast(forecast)
    return element("section", element("h2", title), _list(facts), class_="card")


def what_was_run(report: Report) -> Markup:
    """Everything that decided the numbers."""
    spec, search = report.spec, report.spec.search
    mark, state = words.state(report.state)
    total = report.answer.get("total_time")
    facts = {
        phrase(en="Experiment", pt="Experimento"): f"{report.experiment_id} · {mark} {state}",
        phrase(en="Series", pt="Série"): phrase(
            en=f"{spec.symbol}: {number(report.n_rows)} rows, {words.day(spec.start)} to "
            f"{words.day(spec.end)}",
            pt=f"{spec.symbol}: {number(report.n_rows)} linhas, {words.day(spec.start)} a "
            f"{words.day(spec.end)}",
        ),
        phrase(en="Mode", pt="Modo"): _mode(report),
        phrase(en="Architectures", pt="Arquiteturas"): number(len(spec.model_ids)),
        phrase(en="Forecast", pt="Previsão"): _task(report),
        phrase(en="Seed", pt="Semente"): str(spec.seed),
        phrase(en="Begun", pt="Início"): f"{words.day(report.created_at)} UTC",
        phrase(en="Time", pt="Tempo"): "" if total is None else words.span(total),
        phrase(en="Dataset", pt="Dados"): f"SHA-256 {spec.dataset_hash[:12]}",
    }
    parts = [
        element("h2", phrase(en="What was run", pt="O que foi executado")),
        _list(facts),
        _segments(report),
    ]
    if search is not None:
        rows = [(words.parameter(name), _choice(choice)) for name, choice in vars(search.space).items()]
        headings = (phrase(en="Hyper-parameter", pt="Hiperparâmetro"), phrase(en="Choices", pt="Opções"))
        title = phrase(en="Search space", pt="Espaço de busca")
        parts.append(details(title, table(title, headings, rows, text=(0, 1))))
    return element("section", *parts, class_="card")


def _list(facts: Mapping[str, str]) -> Markup:
    pairs = [joined((element("dt", name), element("dd", value))) for name, value in facts.items() if value]
    return element("dl", *pairs)


def _settings(settings: Mapping[str, Any]) -> str:
    return "; ".join(f"{words.parameter(name)} {words.plain(value)}" for name, value in settings.items())


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


def _direction(row: Mapping[str, Any]) -> str:
    right, commoner = row.get("test_directional_accuracy"), row.get("test_majority_share")
    if right is None or commoner is None:
        return ""
    return phrase(
        en=f"right {number(right, '.1%')} of the time; always the commoner one {number(commoner, '.1%')}",
        pt=f"certa em {number(right, '.1%')} das vezes; sempre a mais comum, {number(commoner, '.1%')}",
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
    steps = forecast["forecast"]
    shown = "; ".join(
        f"{words.day(step['date'])}: {number(step['price'], ',.2f')}" for step in steps[:_STEPS_SHOWN]
    )
    more = "; …" if len(steps) > _STEPS_SHOWN else ""
    last, origin = number(forecast["last_value"], ",.2f"), words.day(forecast["origin"])
    return phrase(
        en=f"{shown}{more}. Last value, {origin}: {last}", pt=f"{shown}{more}. Último valor, {origin}: {last}"
    )


def _mode(report: Report) -> str:
    spec, search = report.spec, report.spec.search
    if search is None:
        fixed = _settings(vars(spec.hyperparameters))
        return phrase(en=f"fast, fixed parameters: {fixed}", pt=f"rápido, parâmetros fixos: {fixed}")
    name = words.strategy(search.strategy)
    each = phrase(
        en=f"{number(report.n_trials)} trials for each architecture",
        pt=f"{number(report.n_trials)} tentativas por arquitetura",
    )
    pruned = (
        phrase(en="hopeless trials pruned", pt="tentativas sem chance podadas")
        if search.pruning
        else phrase(en="no pruning", pt="sem poda")
    )
    told = phrase(en=f"optimized: {name}, {each}, {pruned}", pt=f"otimizado: {name}, {each}, {pruned}")
    if search.budget_s is not None:
        told += phrase(
            en=f", within {words.span(search.budget_s)}", pt=f", dentro de {words.span(search.budget_s)}"
        )
    return told


def _task(report: Report) -> str:
    spec = report.spec
    target = {
        "log_return": phrase(en="log return", pt="retorno logarítmico"),
        "difference": phrase(en="difference", pt="diferença"),
    }[spec.target]
    return phrase(
        en=f"{target}, {number(spec.horizon)} ahead, from windows of {number(spec.lookback)} "
        f"({spec.features})",
        pt=f"{target}, {number(spec.horizon)} à frente, de janelas de {number(spec.lookback)} "
        f"({spec.features})",
    )


def _segments(report: Report) -> Markup:
    segments = report.answer.get("segments") or {}
    if not segments:
        return Markup("")
    rows = [
        (words.segment(name), words.day(told["first"]), words.day(told["last"]), number(told["origins"]))
        for name, told in segments.items()
    ]
    headings = (
        phrase(en="Segment", pt="Segmento"),
        phrase(en="First", pt="Primeira"),
        phrase(en="Last", pt="Última"),
        phrase(en="Forecasts", pt="Previsões"),
    )
    caption = phrase(en="Dates that are forecast", pt="Datas que são previstas")
    return table(caption, headings, rows, text=(0, 1, 2))


def _choice(choice: object) -> str:
    if not isinstance(choice, Range):
        values: tuple[float | str, ...] = choice  # type: ignore[assignment]
        return ", ".join(map(words.plain, values))
    low, high = words.plain(choice.low), words.plain(choice.high)
    if choice.step is not None:
        step = words.plain(choice.step)
        return phrase(en=f"{low} to {high}, {step} apart", pt=f"{low} a {high}, de {step} em {step}")
    if choice.log:
        return phrase(en=f"{low} to {high}, logarithmic", pt=f"{low} a {high}, em logaritmo")
    return phrase(en=f"{low} to {high}", pt=f"{low} a {high}")
