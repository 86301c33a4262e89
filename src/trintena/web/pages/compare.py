"""Two to four experiments side by side: what differs in them first, then their champions and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from trintena.data.words import features
from trintena.experiments import overview
from trintena.language import number, phrase
from trintena.report import judgment
from trintena.report import words as report_words
from trintena.report.alarm import alarm_in_short
from trintena.report.material import selection
from trintena.web.errors import RefusedError
from trintena.web.pages import formats, words
from trintena.web.pages.rendering import page
from trintena.web.site import TheSite

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord
    from trintena.web.site import Site

router = APIRouter(include_in_schema=False)

FEWEST, MOST = 2, 4


@dataclass(frozen=True)
class Line:
    """One thing that experiments are compared by, with what each of them has."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether they are not all the same."""
        return len(set(self.values)) > 1


@router.get("/compare")
def compare(
    request: Request, site: TheSite, experiment: Annotated[list[int] | None, Query()] = None
) -> HTMLResponse:
    """The experiments whose numbers are asked for."""
    chosen = list(dict.fromkeys(experiment or []))
    if not FEWEST <= len(chosen) <= MOST:
        n = len(chosen)
        raise RefusedError(
            422,
            "bad_request",
            phrase(
                en=f"{FEWEST} to {MOST} experiments can be compared, not {n or 'none'}.",
                pt=f"É possível comparar de {FEWEST} a {MOST} experimentos, e não {n or 'nenhum'}.",
            ),
            field="experiment",
            hint=phrase(
                en="Tick them in the table of experiments.", pt="Marque-os na tabela de experimentos."
            ),
        )
    records = [site.registry.experiment(id_) for id_ in chosen]
    settings = [Line(name, tuple(of(record) for record in records)) for name, of in _settings().items()]
    return page(
        request,
        site,
        "compare.html",
        measured={record.spec.measures for record in records},
        heads=[_head(site, record) for record in records],
        incomparable=_incomparable(records),
        differing=[line for line in settings if line.differs],
        same=[line for line in settings if not line.differs],
        figures=[
            Line(name, tuple(of(record) for record in records)) for name, of in _figures(records).items()
        ],
    )


def _head(site: Site, record: ExperimentRecord) -> dict[str, Any]:
    about = overview.described(site.locks, record)
    answer = record.result or {}
    champion = answer.get("serving") or answer.get("champion") or {}
    return {
        "id": record.id,
        "symbol": record.spec.symbol,
        "state": about["state"],
        "told_state": report_words.state(about["state"]),
        "winner": (answer.get("winner") or {}).get("model_name"),
        "version": champion.get("version"),
        "sentence": judgment.of_answer(answer),
        "alarm": alarm_in_short(answer.get("verdict")),
        "ahead": judgment.is_good_news(answer.get("verdict"), judgment.winner_of(answer).get("model_id")),
    }


def _incomparable(records: Sequence[ExperimentRecord]) -> str | None:
    """Why errors of these experiments say nothing about each other; None where they do."""
    if len({record.spec.symbol for record in records}) > 1:
        return phrase(
            en="Different series: errors not comparable.", pt="Séries diferentes: erros não comparáveis."
        )
    judged_on = {
        (
            record.spec.dataset_hash,
            record.spec.target,
            record.spec.horizon,
            str(((record.result or {}).get("segments") or {}).get("test")),
        )
        for record in records
    }
    if len(judged_on) > 1:
        return phrase(
            en="Different data, dates, target or horizon: errors not comparable.",
            pt="Dados, datas, alvo ou horizonte diferentes: erros não comparáveis.",
        )
    return None


Told = Callable[["ExperimentRecord"], str]


def _settings() -> Mapping[str, Told]:
    """What an experiment was asked to do, by what people call it."""
    return {
        phrase(en="Series", pt="Série"): lambda e: e.spec.symbol,
        phrase(en="Dataset", pt="Conjunto de dados"): lambda e: e.spec.dataset_hash[:12],
        phrase(en="First date", pt="Primeira data"): lambda e: formats.day(e.spec.start),
        phrase(en="Last date", pt="Última data"): lambda e: formats.day(e.spec.end),
        phrase(en="Mode", pt="Modo"): lambda e: words.mode(e.spec.mode),
        phrase(en="Strategy", pt="Estratégia"): _strategy,
        phrase(en="Trials per model", pt="Tentativas por modelo"): _trials,
        phrase(en="Budget", pt="Orçamento"): lambda e: formats.span(e.spec.search and e.spec.search.budget_s),
        phrase(en="Pruning", pt="Poda"): lambda e: _yes(e.spec.search and e.spec.search.pruning),
        phrase(en="Hyper-parameters", pt="Hiperparâmetros"): _hyperparameters,
        phrase(en="Search space", pt="Espaço de busca"): _space,
        phrase(en="Architectures", pt="Arquiteturas"): _architectures,
        "Lookback": lambda e: number(e.spec.lookback),
        phrase(en="Horizon", pt="Horizonte"): lambda e: number(e.spec.horizon),
        phrase(en="Target", pt="Alvo"): lambda e: report_words.target(e.spec.target, e.spec.measures),
        phrase(en="Inputs", pt="Entradas"): lambda e: features(e.spec.features, e.spec.measures),
        phrase(en="Split", pt="Divisão"): _split,
        phrase(en="Seed", pt="Semente"): lambda e: str(e.spec.seed),
        phrase(en="Refit on all rows", pt="Ajuste com todas as linhas"): lambda e: _yes(e.spec.refit_all),
    }


def _strategy(record: ExperimentRecord) -> str:
    search = record.spec.search
    return formats.NOTHING if search is None else report_words.strategy(search.strategy)


def _trials(record: ExperimentRecord) -> str:
    search = record.spec.search
    if search is None:
        return formats.NOTHING
    return number(search.n_trials) if search.n_trials else phrase(en="as time allows", pt="conforme o tempo")


def _hyperparameters(record: ExperimentRecord) -> str:
    if record.spec.search is None:
        return report_words.settings(vars(record.spec.hyperparameters))
    return phrase(en="searched", pt="buscados")


def _space(record: ExperimentRecord) -> str:
    """The choices of a search; a name of its own where they are not the specification's."""
    search = record.spec.search
    if search is None:
        return formats.NOTHING
    return "; ".join(
        f"{report_words.parameter(name)} {_choice(of)}" for name, of in vars(search.space).items()
    )


def _choice(of: Any) -> str:
    if isinstance(of, tuple):
        return " / ".join(report_words.plain(value) for value in of)
    return f"{report_words.plain(of.low)}…{report_words.plain(of.high)}"


def _architectures(record: ExperimentRecord) -> str:
    chosen = record.spec.model_ids
    shown = ", ".join(map(str, chosen)) if len(chosen) <= 8 else ", ".join(map(str, chosen[:6])) + ", …"
    return f"{number(len(chosen))} ({shown})"


def _split(record: ExperimentRecord) -> str:
    split = record.spec.split
    if split.dates:
        return "; ".join(formats.day(date) for date in split.dates)
    if split.fractions:
        return "; ".join(formats.percent(share) for share in split.fractions)
    return phrase(en="usual", pt="padrão")


def _yes(value: object) -> str:
    if value is None:
        return formats.NOTHING
    return phrase(en="yes", pt="sim") if value else phrase(en="no", pt="não")


def _figures(records: Sequence[ExperimentRecord]) -> Mapping[str, Told]:
    """What came of an experiment, the last value beside it."""
    at = report_words.at_last_step(max(record.spec.horizon for record in records))
    return {
        phrase(en="Selection (validation RMSE)", pt="Seleção (RMSE de validação)"): lambda e: formats.error(
            _selection(e)
        ),
        phrase(en="Last value, validation RMSE", pt="Último valor, RMSE de validação"): lambda e: (
            formats.error(_last_value(e, "validation_rmse"))
        ),
        phrase(en="Test RMSE", pt="RMSE de teste"): lambda e: formats.error(_leader(e).get("test_rmse")),
        phrase(en="Last value, test RMSE", pt="Último valor, RMSE de teste"): lambda e: formats.error(
            _last_value(e, "test_rmse")
        ),
        phrase(en="Test skill", pt="Ganho no teste"): lambda e: formats.gain(_leader(e).get("skill")),
        phrase(en="Skill against drift", pt="Ganho contra a tendência média"): lambda e: formats.gain(
            _leader(e).get("skill_against_drift")
        ),
        phrase(en="Directional accuracy", pt="Acerto de direção") + at: lambda e: formats.percent(
            _leader(e).get("test_directional_accuracy")
        ),
        phrase(en="Always the commoner direction", pt="Sempre a direção mais comum") + at: lambda e: (
            formats.percent(_leader(e).get("test_majority_share"))
        ),
        phrase(en="Trainings", pt="Treinos"): words.done,
        phrase(en="Failed", pt="Falharam"): lambda e: number(e.n_failed),
        phrase(en="Time", pt="Tempo"): _time,
        phrase(en="Times the test was consulted", pt="Consultas ao teste"): _consulted,
    }


def _leader(record: ExperimentRecord) -> Mapping[str, Any]:
    answer = record.result or {}
    rows = answer.get("all_results") or answer.get("results") or []
    return next((row for row in rows if row.get("rank") == 1), {})


def _selection(record: ExperimentRecord) -> float | None:
    return selection(_leader(record))


def _last_value(record: ExperimentRecord, figure: str) -> float | None:
    rows = (record.result or {}).get("baselines") or []
    return next((row.get(figure) for row in rows if row["key"] == "last_value"), None)


def _time(record: ExperimentRecord) -> str:
    if record.started_at is None or record.finished_at is None:
        return formats.NOTHING
    return formats.span((record.finished_at - record.started_at).total_seconds())


def _consulted(record: ExperimentRecord) -> str:
    times = (record.result or {}).get("test_consulted")
    return formats.NOTHING if times is None else number(times)
