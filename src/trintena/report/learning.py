"""Learning curves: what each epoch brought, beside the last value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trintena.language import phrase
from trintena.report import words
from trintena.report.figure import RMSE_TICKS, Figure, layout, line, of_model, reference, view
from trintena.report.markup import table
from trintena.report.material import name_of

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.report.markup import Markup
    from trintena.report.material import Report


def learning_curves(report: Report) -> Figure | str:
    """The validation RMSE after each epoch, for the best search trial of each architecture."""
    trials = [trial for trial in report.best_trials() if len(trial.validation_curve) > 1]
    if not trials:
        return _no_curve(report, any(trial.validation_curve for trial in report.best_trials()))
    leader, last = _leader(report, trials), report.last_value_rmse
    longest = max(len(trial.validation_curve) for trial in trials)
    traces = [
        of_model(_curve(trial, trial.validation_curve), trial.model_id, leads=trial is leader)
        for trial in trials
    ]
    values = [value for trial in trials for value in trial.validation_curve]
    y = {
        "title": phrase(en="validation RMSE", pt="RMSE de validação"),
        "tickformat": RMSE_TICKS,
        "range": view(values, whole=[*leader.validation_curve, last]),
    }
    best = words.rmse(leader.validation_rmse)
    name, epoch, epochs = name_of(leader.model_id), leader.best_epoch, len(leader.validation_curve)
    return Figure(
        key="learning",
        finding=phrase(
            en=f"{name} was best after epoch {epoch} of {epochs}: {best}; last value {words.rmse(last)}.",
            pt=f"{name} esteve melhor após a época {epoch} de {epochs}: {best}; último valor "
            f"{words.rmse(last)}.",
        ),
        data=[*traces, *reference([1, longest], last)],
        layout=layout(_epochs(), y, hovermode="closest"),
        note=phrase(
            en="The best search trial of each architecture. Weights are those of the lowest point, which was "
            "chosen on these very dates: it is a selection score, not a result.",
            pt="A melhor tentativa de busca de cada arquitetura. Os pesos são os do ponto mais baixo, "
            "escolhido nestas mesmas datas: é um critério de seleção, não um resultado.",
        ),
        table=_table(trials),
        selectable=True,
    )


def training_losses(report: Report) -> Figure | str:
    """The mean training loss of each epoch, for the same trials."""
    trials = [trial for trial in report.best_trials() if len(trial.train_losses) > 1]
    if not trials:
        return phrase(
            en="No trial with a training loss for more than one epoch.",
            pt="Nenhuma tentativa tem perda de treino por mais de uma época.",
        )
    leader = _leader(report, trials)
    losses = [loss for trial in trials for loss in trial.train_losses]
    y = {
        "title": phrase(en="training loss", pt="perda de treino"),
        "tickformat": RMSE_TICKS,
        "range": view(losses, whole=leader.train_losses),
    }
    first, final = (words.rmse(leader.train_losses[at]) for at in (0, -1))
    return Figure(
        key="loss",
        finding=phrase(
            en=f"Training loss of {name_of(leader.model_id)}: {first} in its first epoch, {final} in its "
            "last.",
            pt=f"Perda de treino de {name_of(leader.model_id)}: {first} na primeira época, {final} na "
            "última.",
        ),
        data=[
            of_model(_curve(trial, trial.train_losses), trial.model_id, leads=trial is leader)
            for trial in trials
        ],
        layout=layout(_epochs(), y, hovermode="closest"),
        note=phrase(
            en="Mean squared error in units of the step size of each window, with dropout: not to be "
            "compared with the validation RMSE.",
            pt="Erro quadrático médio em unidades do tamanho do passo de cada janela, com dropout: não "
            "comparável ao RMSE de validação.",
        ),
        selectable=True,
    )


def _no_curve(report: Report, was_trained: bool) -> str:
    if not report.best_trials():
        return phrase(
            en="No trial has ended yet with a curve.", pt="Nenhuma tentativa terminou com uma curva."
        )
    if was_trained or (report.spec.mode == "fast" and report.spec.hyperparameters.epochs == 1):
        return phrase(
            en="Every network was trained for one epoch: that is a point, not a curve.",
            pt="Cada rede foi treinada por uma época: isso é um ponto, não uma curva.",
        )
    return phrase(
        en="The epochs of these trials were not recorded.",
        pt="As épocas destas tentativas não foram registradas.",
    )


def _leader(report: Report, trials: list[TrialResult]) -> TrialResult:
    """The board's leader, or the best of those that are there."""
    winner = (report.winner or {}).get("model_id")
    return next((trial for trial in trials if trial.model_id == winner), trials[0])


def _curve(trial: TrialResult, values: tuple[float, ...]) -> dict[str, object]:
    epoch = phrase(en="epoch", pt="época")
    return line(
        range(1, len(values) + 1),
        values,
        name_of(trial.model_id),
        "",
        hovertemplate=f"%{{fullData.name}}<br>{epoch} %{{x}}: %{{y:,.6~g}}<extra></extra>",
    )


def _epochs() -> dict[str, object]:
    return {"title": phrase(en="epoch", pt="época"), "tickformat": ",d", "rangemode": "tozero"}


def _table(trials: list[TrialResult]) -> Markup:
    headings = (
        phrase(en="Architecture", pt="Arquitetura"),
        phrase(en="Best epoch", pt="Melhor época"),
        phrase(en="Epochs", pt="Épocas"),
        phrase(en="Validation RMSE", pt="RMSE de validação"),
        phrase(en="Last training loss", pt="Última perda de treino"),
        phrase(en="Last learning rate", pt="Última taxa de aprendizado"),
    )
    rows = [
        (
            name_of(trial.model_id),
            str(trial.best_epoch),
            str(len(trial.validation_curve)),
            words.rmse(trial.validation_rmse),
            words.rmse(trial.train_losses[-1] if trial.train_losses else math.nan),
            words.plain(trial.learning_rates[-1] if trial.learning_rates else math.nan),
        )
        for trial in trials
    ]
    return table(
        phrase(en="Best trial of each architecture", pt="Melhor tentativa de cada arquitetura"),
        headings,
        rows,
    )
