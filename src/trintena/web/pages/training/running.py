"""An experiment that waits or runs, as the page shows it: from what its runner writes down every second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trintena.language import number, phrase
from trintena.report import reasons, words
from trintena.web.pages.training.telling import MEDALS, trial_state

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord, Standing

_ORDER = ("done", "running", "waiting", "failed")


def running(record: ExperimentRecord, standing: Standing) -> dict[str, Any]:
    """What the template of a waiting or running experiment needs."""
    progress = standing.progress
    return {
        "position": standing.position,
        "cancelling": standing.cancel_requested,
        "progress": progress,
        "now": [] if progress is None else [_now(progress, run) for run in progress["running"]],
        "models": [] if progress is None else _models(progress),
        "leader": None if progress is None else _leader(progress),
        "n_of": {} if progress is None else _counts(progress),
        "announcement": _announcement(record, standing),
        "n_ended": record.n_finished + record.n_failed if progress is None else progress["n_ended"],
    }


def _now(progress: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """What a worker trains: which architecture, which of its trials, how far."""
    study = next(each for each in progress["models"] if each["model_id"] == run["model_id"])
    at = run["number"] + 1
    if run["purpose"] == "refit":
        which = phrase(en=f"refit {at}/{study['n_refits']}", pt=f"novo treino {at}/{study['n_refits']}")
    elif study["n_trials"] > 1:
        which = number(at) if progress["has_budget"] else f"{number(at)}/{number(study['n_trials'])}"
    else:
        which = ""
    epoch = phrase(en=f"epoch {run['epoch']}", pt=f"época {run['epoch']}") if run["epoch"] else ""
    return {"name": run["model_name"], "which": which, "epoch": epoch, "curve": run["curve"]}


def _models(progress: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the live ranking: by place, then what is to come, then failures."""
    last = progress["last_value_rmse"]
    rows = [
        {
            "id": each["model_id"],
            "name": f"{each['model_id']} {each['model_name']}",
            "state": each["state"],
            "told_state": trial_state(each["state"]),
            "place": each["place"],
            "medal": MEDALS.get(each["place"] or 0, ""),
            "score": each["score"],
            "gain": 1 - each["score"] / last if each["score"] is not None and last else None,
            "trials": _trials(progress, each),
            "share": _share(each),
            "reason": reasons.told(each["reason"]) if each["state"] == "failed" else "",
            "n_failed": each["n_failed"],
        }
        for each in progress["models"]
    ]
    return sorted(
        rows, key=lambda row: (row["place"] is None, row["place"] or _ORDER.index(row["state"]), row["id"])
    )


def _trials(progress: dict[str, Any], study: dict[str, Any]) -> str:
    """How many trials of an architecture have ended; unless time is the limit, of how many."""
    done = number(study["n_ended"])
    if not progress["has_budget"]:
        done += f"/{number(study['n_trials'])}"
    if study["n_refitted"]:
        done += f" + {study['n_refitted']}/{study['n_refits']}"
    return done


def _share(study: dict[str, Any]) -> float:
    total = study["n_trials"] + study["n_refits"]
    return (study["n_ended"] + study["n_refitted"]) / total if total else 0.0


def _leader(progress: dict[str, Any]) -> dict[str, Any] | None:
    first = next((each for each in progress["models"] if each["place"] == 1), None)
    if first is None:
        return None
    return {"name": first["model_name"], "score": first["score"], "last_value": progress["last_value_rmse"]}


def _counts(progress: dict[str, Any]) -> dict[str, int]:
    states = [each["state"] for each in progress["models"]]
    return {"all": len(states), "running": states.count("running"), "failed": states.count("failed")}


def _announcement(record: ExperimentRecord, standing: Standing) -> str:
    """What a screen reader is told; it changes with the state, with the leader and every 10 %."""
    if standing.cancel_requested:
        return phrase(en="Cancelling…", pt="Cancelando…")
    if standing.position is not None:
        n = standing.position
        return phrase(en=f"In the queue, position {n}.", pt=f"Na fila, posição {n}.")
    if standing.progress is None:
        return phrase(en="Starting.", pt="Iniciando.")
    tenth = number(int(standing.progress["share"] * 10) / 10, ".0%")
    told = phrase(en=f"Training, {tenth} done.", pt=f"Treinando, {tenth} concluído.")
    if leader := _leader(standing.progress):
        name = leader["name"]
        told += phrase(en=f" {name} leads so far.", pt=f" {name} lidera por enquanto.")
    return told


def ended_announcement(state: str, told: str | None) -> str:
    """The same, once it has ended."""
    _, word = words.state(state)
    return f"{word.capitalize()}. {told or ''}".strip()
