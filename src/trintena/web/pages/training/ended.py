"""An experiment that no process runs any more: what came of it, as the page shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trintena.experiments.answer import partial_answer
from trintena.experiments.case import Case
from trintena.experiments.judged import judged_forecast
from trintena.language import number, phrase
from trintena.report import Report, judgment, reasons, words
from trintena.report.alarm import alarm
from trintena.report.evidence import evidence
from trintena.report.figure import Figure
from trintena.report.judged import error_saved, price_path
from trintena.report.learning import learning_curves
from trintena.report.material import selection
from trintena.web.pages import backtest
from trintena.web.pages.training import telling
from trintena.web.pages.training.ranking import ranking
from trintena.web.pages.words import n_trainings

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord, Registry

KINDS = ("test-gain", "price-path", "learning-curves")
"""The charts of an experiment, in the order in which they are shown."""
_MOST_REASONS = 5


def report_of(registry: Registry, record: ExperimentRecord, *, curves: bool = False) -> Report:
    """What there is to show of an experiment, as a report takes it; nothing is judged anew.

    `curves` asks for the learning curves, too.
    """
    if record.spec.backtest is not None:
        return backtest.report_of(registry, record)
    case = Case.load(registry, record)
    answer = record.result if record.finished_at is not None else None
    judged = answer is not None and answer.get("status") == "success"
    if judged:
        trials = registry.trials(record.id, purpose="search" if case.spec.search is None else "refit")
    else:
        trials = registry.trials(record.id)
    if curves and judged and case.spec.search is not None:
        trials = [*trials, *registry.trials(record.id, purpose="search", forecasts=False)]
    answer = answer or partial_answer(case, trials, registry.baselines(record.id))
    return Report(
        experiment_id=record.id,
        state=record.state,
        spec=case.spec,
        answer=answer,
        n_rows=len(case.series),
        created_at=record.created_at,
        trials=tuple(trials),
        test=judged_forecast(case, answer, trials) if judged else None,
    )


def figure(report: Report, kind: str) -> Figure | str:
    """What is said about a chart and its data; a sentence where there is nothing to draw."""
    makers = {"test-gain": error_saved, "price-path": price_path, "learning-curves": learning_curves}
    return makers[kind](report)


def ended(registry: Registry, record: ExperimentRecord, state: str) -> dict[str, Any]:
    """What the template of an ended experiment needs; `state` as `overview.described` gives it."""
    report = report_of(registry, record)
    told = report.answer.get("verdict")
    board = ranking(report)
    whole = state == "succeeded"
    return {
        "verdict": judgment.of_answer(report.answer) if whole else None,
        "alarm": alarm(told),
        "evidence": evidence(report.answer) if whole else [],
        "ahead": whole and judgment.is_good_news(told, (report.winner or {}).get("model_id")),
        "in_short": judgment.in_short(told) if whole else phrase(en="Not judged", pt="Sem veredito"),
        "consulted": words.consulted(n) if (n := report.answer.get("test_consulted")) else "",
        "notice": words.notice(record.spec.measures),
        "sentence": None if whole else _why(record, state),
        "reasons": _reasons(report) if not board["n_models"] else [],
        "remedy": telling.remedy(report.spec, [row.get("reason") for row in report.rows]),
        "partial": not whole,
        "champion": _champion(report),
        "board": board,
        "figures": _figures(report) if board["n_models"] else [],
        "took": report.answer.get("total_time"),
    }


def _why(record: ExperimentRecord, state: str) -> str:
    """Why it has no verdict, and that nothing was lost."""
    done, total = number(record.n_finished + record.n_failed), number(n_trainings(record.spec))
    kept = phrase(en="Nothing finished was lost.", pt="Nada concluído se perdeu.")
    if state == "cancelled":
        return phrase(
            en=f"Cancelled after {done} of {total}. {kept}", pt=f"Cancelado após {done} de {total}. {kept}"
        )
    if state == "interrupted":
        return phrase(
            en=f"Cut off after {done} of {total}. {kept}", pt=f"Interrompido após {done} de {total}. {kept}"
        )
    if message := reasons.told(record.message or "").rstrip("."):
        return phrase(
            en=f"Stopped after {done} of {total}: {message}. {kept}",
            pt=f"Parou após {done} de {total}: {message}. {kept}",
        )
    return phrase(
        en=f"None of the {total} trainings ended with a model.",
        pt=f"Nenhum dos {total} treinos terminou com um modelo.",
    )


def _reasons(report: Report) -> list[tuple[str, int]]:
    """Why trials failed, the commonest reason first."""
    failed = (reasons.told(trial.reason or "") for trial in report.trials if trial.state == "FAIL")
    return Counter(failed).most_common(_MOST_REASONS)


def _champion(report: Report) -> dict[str, Any] | None:
    """The winner with its figures, the last value beside them; None where nothing has a result."""
    row = report.winner
    if row is None:
        return None
    champion = report.answer.get("champion")
    serving = report.answer.get("serving")
    seeds: Mapping[str, Any] = row.get("seeds") or {}
    return {
        "model_id": row["model_id"],
        "name": f"{row['model_id']} {row['model_name']}",
        "version": champion["version"] if champion else None,
        "kinds": [file.rpartition(".")[2] for file in (champion or {}).get("files") or ()],
        "serves": (serving or champion or {}).get("version"),
        "is_winner": bool(champion and champion["is_winner"]),
        "incumbent": words.title_kept(champion) if champion else "",
        "serving": serving,
        "serving_failure": report.answer.get("serving_failure"),
        "settings": words.settings(row.get("best_params") or vars(report.spec.hyperparameters)),
        "selection": selection(row),
        "last_value": report.last_value_rmse,
        "skill": row.get("skill"),
        "skill_against_drift": row.get("skill_against_drift"),
        "direction": words.direction(report.spec.horizon),
        "right": row.get("test_directional_accuracy"),
        "commoner": row.get("test_majority_share"),
        "seeds": seeds if seeds.get("mean") is not None else None,
        "n_seeds": len(seeds.get("rmse") or ()),
        "parameters": row.get("parameters"),
        "test": (report.answer.get("segments") or {}).get("test"),
        "consulted": report.answer.get("test_consulted"),
    }


def _figures(report: Report) -> list[dict[str, Any]]:
    """The charts that there is something for, with their one sentence; the data comes when asked for."""
    kinds = KINDS[:2] if report.test is not None else ()
    found = [(kind, figure(report, kind)) for kind in kinds]
    shown = [
        {"kind": kind, "finding": each.finding, "note": each.note}
        for kind, each in found
        if isinstance(each, Figure)
    ]
    shown.append({"kind": KINDS[2], "finding": _best_epoch(report), "note": ""})
    return shown


def _best_epoch(report: Report) -> str:
    row = report.winner or {}
    best, last = words.rmse(selection(row)), words.rmse(report.last_value_rmse)
    name, epoch = f"{row.get('model_id')} {row.get('model_name')}", row.get("epochs_trained")
    if epoch is None:
        return phrase(en=f"{name}: {best}; last value {last}.", pt=f"{name}: {best}; último valor {last}.")
    best = words.rmse(row.get("best_rmse"))
    return phrase(
        en=f"{name} was best after epoch {epoch}: {best}; last value {last}.",
        pt=f"{name} esteve melhor após a época {epoch}: {best}; último valor {last}.",
    )
