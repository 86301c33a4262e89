"""Saved models as people see them: the list, and one with its figures beside the last value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trintena.cli.board import print_judgment
from trintena.cli.output import screen
from trintena.cli.tables import NOTHING, moment, print_fields, print_table
from trintena.cli.texts import say
from trintena.data.words import features, price
from trintena.language import number, phrase
from trintena.report import judgment, words
from trintena.report.alarm import alarm_in_short
from trintena.services.models_json import figure_of, frozen_twin

if TYPE_CHECKING:
    from trintena.domain import ModelVersion

_SEGMENTS = ("validation", "test")
_BESIDE = ("frozen_twin", "lookback", "features", "measures")
"""Parameters that are said in a line of their own."""


def print_models(versions: Sequence[ModelVersion]) -> None:
    """Print the list of models; a star marks the champions."""
    heads = {
        "version": phrase(en="version", pt="versão"),
        "symbol": phrase(en="symbol", pt="símbolo"),
        "model": phrase(en="model", pt="modelo"),
        "rmse": "RMSE",
        "skill": phrase(en="test skill", pt="ganho no teste"),
        "mode": phrase(en="mode", pt="modo"),
        "target": phrase(en="target", pt="alvo"),
        "ahead": phrase(en="ahead", pt="à frente"),
    }
    print_table(
        list(heads.values()),
        [
            (
                f"{'★ ' if version.is_winner else ''}{version.version}",
                version.symbol,
                f"{version.model_id} {version.model_name}{_mark(version)}",
                number(figure_of(version, "validation", "rmse"), ",.4g"),
                number(figure_of(version, "test", "skill"), "+z.2%"),
                say(version.mode),
                words.target(version.target, version.measures),
                number(version.horizon),
            )
            for version in versions
        ],
        right=[heads[key] for key in ("version", "rmse", "skill", "ahead")],
        folding=[heads[key] for key in ("symbol", "model")],
        optional=[heads[key] for key in ("mode", "target", "ahead")],
    )
    for version in versions:
        if (twin := frozen_twin(version)) is not None:
            screen.print(
                phrase(
                    en=f"* version {version.version} was trained on all rows; its figures are those of "
                    f"version {twin}.",
                    pt=f"* a versão {version.version} foi treinada com todas as linhas; seus números são os "
                    f"da versão {twin}.",
                ),
                soft_wrap=True,
            )
        if (warning := _warning(version)) is not None:
            more = f"trintena models show {version.version}"
            screen.print(
                phrase(
                    en=f"! version {version.version}: {warning} More: {more}",
                    pt=f"! versão {version.version}: {warning} Mais: {more}",
                ),
                soft_wrap=True,
            )


def _mark(model: ModelVersion) -> str:
    twin = "" if frozen_twin(model) is None else " *"
    return twin if _warning(model) is None else f"{twin} !"


def _warning(model: ModelVersion) -> str | None:
    return alarm_in_short(judgment.verdict_of(model))


def print_model(model: ModelVersion, files: list[dict[str, Any]], answer: Mapping[str, Any]) -> None:
    """Print one model: what made it, how it was judged, and the state of its files.

    `answer` is that of the experiment which made it; empty where that is gone.
    """
    champion = phrase(en=", the champion", pt=", a campeã") if model.is_winner else ""
    target = words.target(model.target, model.measures)
    rows = number(model.parameters.get("lookback"))
    read = features(model.parameters.get("features", "ohlcv"), model.measures)
    fields = {
        phrase(en="version", pt="versão"): f"{model.version}{champion}",
        phrase(en="model", pt="modelo"): f"{model.model_id}  {model.model_name}",
        phrase(en="forecasts", pt="prevê"): phrase(
            en=f"{model.symbol}, {target}, {number(model.horizon)} ahead",
            pt=f"{model.symbol}, {target}, {number(model.horizon)} à frente",
        ),
        phrase(en="reads", pt="lê"): phrase(en=f"{rows} rows of {read}", pt=f"{rows} linhas de {read}"),
        phrase(en="trained by", pt="treinado por"): _trained_by(model),
        phrase(en="created", pt="criado"): moment(model.created_at),
        phrase(en="parameters", pt="parâmetros"): ", ".join(
            f"{name} {_plain(value)}"
            for name, value in model.parameters.items()
            if name not in _BESIDE and value is not None
        ),
        phrase(en="versions", pt="versões"): ", ".join(f"{k} {v}" for k, v in model.versions.items()),
    }
    print_fields(fields | _search_fields(model) | _serving_fields(model))
    screen.print()
    told = judgment.verdict_of(model)
    print_judgment(judgment.sentence(told, judgment.better_baselines(answer)), told)
    screen.print()
    _print_figures(model)
    screen.print()
    heads = (phrase(en="file", pt="arquivo"), phrase(en="condition", pt="estado"))
    conditions = {
        "whole": phrase(en="whole", pt="inteiro"),
        "missing": phrase(en="missing", pt="ausente"),
        "changed": phrase(en="changed", pt="alterado"),
        "unreadable": phrase(en="unreadable", pt="ilegível"),
    }
    print_table(heads, [(file["path"], conditions[file["condition"]]) for file in files], folding=heads[:1])


def _trained_by(model: ModelVersion) -> str:
    if model.experiment_id is None:
        experiment = phrase(en="a deleted experiment", pt="um experimento apagado")
    else:
        experiment = phrase(en="experiment", pt="experimento") + f" {model.experiment_id}"
    return phrase(
        en=f"{experiment}, {say(model.mode)} mode, dataset {model.dataset_hash[:12]}",
        pt=f"{experiment}, modo {say(model.mode)}, conjunto de dados {model.dataset_hash[:12]}",
    )


def _search_fields(model: ModelVersion) -> dict[str, str]:
    """What a search knew of the model's setting: the fits with other seeds, and its own trial."""
    seeds, trial = model.metrics.get("seeds"), model.metrics.get("trial_rmse")
    if not seeds or not seeds["rmse"]:
        return {}
    each = "; ".join(number(value, ".6g") for value in seeds["rmse"])
    mean, saved, n = number(seeds["mean"], ".6g"), seeds["saved_seed"], number(len(seeds["rmse"]))
    fields = {
        phrase(en="fits", pt="ajustes"): phrase(
            en=f"validation RMSE {mean} on average over {n} seeds ({each}); saved is that of seed {saved}",
            pt=f"RMSE de validação {mean} em média com {n} sementes ({each}); foi salvo o da semente {saved}",
        )
    }
    n_trials = number(model.metrics.get("n_trials"))
    if trial is not None:
        fields[phrase(en="in the search", pt="na busca")] = phrase(
            en=f"validation RMSE {number(trial, '.6g')}, the best of {n_trials} trials with one seed: "
            "it tends to flatter",
            pt=f"RMSE de validação {number(trial, '.6g')}, a melhor de {n_trials} tentativas com uma só "
            "semente: tende a ser otimista",
        )
    return fields


def _serving_fields(model: ModelVersion) -> dict[str, str]:
    twin = frozen_twin(model)
    if twin is None:
        return {}
    return {
        phrase(en="trained on", pt="treinado com"): phrase(
            en=f"all rows, to serve: the figures below are those of version {twin}, its frozen twin",
            pt=f"todas as linhas, para servir: os números abaixo são os da versão {twin}, sua gêmea "
            "congelada",
        )
    }


def _print_figures(model: ModelVersion) -> None:
    one, at = price(model.measures), words.at_last_step(model.horizon)
    named = {
        "rmse": ("RMSE", ",.6g"),
        "mae": ("MAE", ",.6g"),
        "price_rmse": (phrase(en=f"RMSE of the {one}", pt=f"RMSE do {one}"), ",.6g"),
        "price_mae": (phrase(en=f"MAE of the {one}", pt=f"MAE do {one}"), ",.6g"),
        "skill": (
            phrase(en="skill against the last value", pt="ganho contra o último valor"),
            "+z.2%",
        ),
        "skill_against_drift": (
            phrase(en="skill against drift", pt="ganho contra a tendência média"),
            "+z.2%",
        ),
        "directional_accuracy": (
            phrase(en="directional accuracy", pt="acerto de direção") + at,
            ".1%",
        ),
        "majority_share": (
            phrase(en="share of the commoner direction", pt="parcela da direção mais comum") + at,
            ".1%",
        ),
    }
    rows = [
        (title, *(number(figure_of(model, segment, name), pattern) for segment in _SEGMENTS))
        for name, (title, pattern) in named.items()
    ]
    last_value = [
        _last_value(figure_of(model, segment, "rmse"), figure_of(model, segment, "skill"))
        for segment in _SEGMENTS
    ]
    title = phrase(en="RMSE of the last value", pt="RMSE do último valor")
    rows.insert(1, (title, *(number(value, ",.6g") for value in last_value)))
    clone = [model.metrics.get(segment, {}).get("persistence_clone") for segment in _SEGMENTS]
    answers = {True: phrase(en="yes", pt="sim"), False: phrase(en="no", pt="não"), None: NOTHING}
    noise = phrase(
        en="what it adds to the last value cannot be told from noise",
        pt="o que acrescenta ao último valor não se distingue de ruído",
    )
    rows.append((noise, *(answers[value] for value in clone)))
    heads = (
        phrase(en="figure", pt="medida"),
        phrase(en="validation", pt="validação"),
        phrase(en="test", pt="teste"),
    )
    print_table(heads, rows, right=heads[1:], folding=heads[:1])


def _plain(value: Any) -> str:
    """A parameter as readers write it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return number(value, ".12g") if is_number else str(value)


def _last_value(rmse: float | None, skill: float | None) -> float | None:
    """The RMSE of the last value: skill is 1 - RMSE / that."""
    return None if rmse is None or skill is None or skill >= 1.0 else rmse / (1.0 - skill)
