"""The foot of a report: everything that decided its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trintena.data.words import features
from trintena.domain import Range
from trintena.language import number, phrase
from trintena.report import words
from trintena.report.markup import Markup, details, element, facts_list, table
from trintena.report.ranking import counted

if TYPE_CHECKING:
    from trintena.report.material import Report


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
        phrase(en="Trials", pt="Tentativas"): counted(report.answer.get("trial_counts")),
        phrase(en="Forecast", pt="Previsão"): _task(report),
        phrase(en="Seed", pt="Semente"): str(spec.seed),
        phrase(en="Begun", pt="Início"): f"{words.day(report.created_at)} UTC",
        phrase(en="Time", pt="Tempo"): "" if total is None else words.span(total),
        phrase(en="Dataset", pt="Dados"): f"SHA-256 {spec.dataset_hash[:12]}",
    }
    parts = [
        element("h2", phrase(en="What was run", pt="O que foi executado")),
        facts_list(facts),
        _segments(report),
    ]
    if search is not None:
        rows = [(words.parameter(name), _choice(choice)) for name, choice in vars(search.space).items()]
        headings = (phrase(en="Hyper-parameter", pt="Hiperparâmetro"), phrase(en="Choices", pt="Opções"))
        title = phrase(en="Search space", pt="Espaço de busca")
        parts.append(details(title, table(title, headings, rows, text=(0, 1))))
    return element("section", *parts, class_="card")


def _mode(report: Report) -> str:
    spec, search = report.spec, report.spec.search
    if search is None:
        fixed = words.settings(vars(spec.hyperparameters))
        return phrase(en=f"fast, fixed parameters: {fixed}", pt=f"rápido, parâmetros fixos: {fixed}")
    name = words.strategy(search.strategy)
    each = phrase(
        en=f"{number(report.n_trials)} trials for each architecture",
        pt=f"{number(report.n_trials)} tentativas por arquitetura",
    )
    if held := report.answer.get("n_combinations"):
        each += phrase(en=f" of {number(held)} combinations", pt=f" de {number(held)} combinações")
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
    target, read = words.target(spec.target, spec.measures), features(spec.features, spec.measures)
    ahead, rows = number(spec.horizon), number(spec.lookback)
    return phrase(
        en=f"{target}, {ahead} ahead, from windows of {rows} rows of {read}",
        pt=f"{target}, {ahead} à frente, de janelas de {rows} linhas de {read}",
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
