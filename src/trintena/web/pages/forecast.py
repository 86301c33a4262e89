"""The saved models: how each was judged, what it forecasts next, and which one is champion."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from trintena.artifacts.files import KINDS
from trintena.data.words import features, price
from trintena.errors import ArtifactError, NotFoundError, TrintenaError
from trintena.language import phrase
from trintena.report import judgment
from trintena.report import words as report_words
from trintena.report.alarm import alarm
from trintena.web.errors import status_of
from trintena.web.pages import backtest as backtests
from trintena.web.pages import formats, words
from trintena.web.pages.rendering import page
from trintena.web.site import TheSite
from trintena.web.submission import submit_backtest

if TYPE_CHECKING:
    from trintena.domain import ModelVersion
    from trintena.web.site import Site

router = APIRouter(include_in_schema=False)

HISTORY = 90
"""Rows of the series that the chart shows before the forecast."""
SHOWN_LEVELS = ("80", "95")
"""Of the intervals, in percent; files and the API have the one between, too."""
Version = Annotated[int, Query(ge=1, le=2**62)]


@router.get("/custom-model")
def custom_model(
    request: Request,
    site: TheSite,
    version: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    whole: bool = False,
    backtest: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """One saved model, the newest champion if none is named, with the backtest that is asked for.

    Its forecast may wait for a source of prices: a module asks for that part by itself, or, without
    scripts, `whole` has it made with the rest.
    """
    if version is None and not site.registry.versions():
        return page(request, site, "forecast_none.html")
    model = site.registry.version(version) if version else site.services.model()
    about = _forecast(site, model) if whole else None
    return _shown(request, site, model, about=about, looked_at=backtest)


@router.post("/custom-model/{version}/backtest")
def submit(
    request: Request,
    site: TheSite,
    version: int,
    start: Annotated[str, Form(max_length=20)] = "",
    end: Annotated[str, Form(max_length=20)] = "",
    refit_every: Annotated[str, Form(max_length=9)] = "",
    key: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """Queue a backtest of a version and show it; or show the form again, with what is wrong."""
    given = {"start": start.strip(), "end": end.strip(), "refit_every": refit_every.strip()}
    model = site.registry.version(version)
    try:
        submitted = submit_backtest(site, backtests.wanted(given), version=version, key=key or None)
    except TrintenaError as error:
        form = backtests.form_of(given, str(error))
        return _shown(request, site, model, form=form, status=status_of(error))
    return RedirectResponse(backtests.address(site.registry.experiment(submitted.experiment_id)), 303)


def _shown(
    request: Request,
    site: Site,
    model: ModelVersion,
    *,
    about: dict[str, Any] | None = None,
    looked_at: int | None = None,
    form: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page of a model: its forecast if it was made already, a backtest, and the form for one."""
    versions = sorted(site.registry.versions(), key=lambda each: not each.is_winner)
    told, answer = judgment.verdict_of(model), site.services.answer_behind(model)
    return page(
        request,
        site,
        "forecast.html",
        status=about["status"] if about else status,
        model=model,
        measured=(model.measures,),
        versions=[(each, _named(each)) for each in versions],
        sentence=judgment.sentence(told, judgment.better_baselines(answer)),
        alarm=alarm(told),
        ahead=judgment.is_good_news(told, model.model_id),
        twin=model.parameters.get("frozen_twin"),
        judged=_judged(answer),
        figures=_figures(model),
        facts=_facts(model),
        target=report_words.target(model.target, model.measures),
        kinds=[kind for kind in KINDS if kind in model.checksums],
        champion=site.registry.champion(model.symbol, model.target, model.horizon),
        about=about,
        backtest=backtests.of_model(site, model, looked_at),
        backtest_form=form or backtests.form_of(),
    )


@router.get("/custom-model/forecast")
def forecast_part(request: Request, site: TheSite, version: Version) -> HTMLResponse:
    """The next forecast of a model from the newest prices, or why there is none: a part of its page."""
    model = site.registry.version(version)
    about = _forecast(site, model)
    return page(request, site, "forecast_part.html", status=about["status"], model=model, about=about)


@router.get("/custom-model/forecast.csv")
def forecast_table(site: TheSite, version: Version) -> Response:
    """The same for programs: ISO dates and decimal points in every language."""
    answer = site.services.predict(version=version)
    text = StringIO()
    table = csv.writer(text)
    levels = list(answer["forecast"][0]["intervals"])
    bounds = [f"{side}_{level}" for level in levels for side in ("lower", "upper")]
    table.writerow(("symbol", "version", "origin", "last_value", "date", "forecast", "change", *bounds))
    for step in answer["forecast"]:
        table.writerow(
            (
                *(answer[name] for name in ("symbol", "version", "origin", "last_value")),
                *(step[name] for name in ("date", "price", "change")),
                *(bound for level in levels for bound in step["intervals"][level]),
            )
        )
    name = f"forecast-version-{answer['version']}-{answer['origin'][:10]}.csv"
    return PlainTextResponse(
        text.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/custom-model/forecast.json")
def forecast_chart(site: TheSite, version: Version) -> dict[str, Any]:
    """What the chart is drawn from: the last rows of the series, then the forecast."""
    model = site.registry.version(version)
    answer = site.services.predict(version=version)
    return {
        "history": _history(site, model),
        "forecast": [
            {"date": step["date"], "value": step["price"], "intervals": step["intervals"]}
            for step in answer["forecast"]
        ],
        "origin": answer["origin"],
        "last_value": answer["last_value"],
    }


@router.post("/custom-model/{version}/promote")
def promote(site: TheSite, version: int) -> RedirectResponse:
    """Make a version the champion of its series, target and horizon, and show it."""
    site.services.promote(version)
    return RedirectResponse(f"/custom-model?version={version}", 303)


def _forecast(site: Site, model: ModelVersion) -> dict[str, Any]:
    """What the page says of the next steps; a refusal is part of it, with the status that it means."""
    try:
        answer = site.services.predict(version=model.version)
    except TrintenaError as error:
        return {
            "status": status_of(error),
            "refused": error,
            "is_damaged": isinstance(error, ArtifactError),
            "is_gone": isinstance(error, NotFoundError),
        }
    last = answer["last_value"]
    is_money = model.measures == "price" and last > 0  # of which shares mean something
    steps = [
        {**step, "shift": step["price"] - last, "share": step["price"] / last - 1 if is_money else None}
        for step in answer["forecast"]
    ]
    decimals = report_words.decimals_of(last, steps)
    return {
        **answer,
        "status": 200,
        "refused": None,
        "forecast": steps,
        "history": _history(site, model),
        "decimals": decimals,
        "are_days": all("T" not in step["date"] for step in steps),
        "finding": _finding(steps, decimals),
        "levels": [level for level in SHOWN_LEVELS if level in steps[0]["intervals"]],
        "held": _held(model),
        "strings": {
            "actual": phrase(en="actual", pt="real"),
            "model": phrase(en="forecast", pt="previsão"),
            "last_value": report_words.last_value(),
            "download": phrase(en="Save as an image", pt="Salvar como imagem"),
            "no_data": phrase(
                en="The data of this chart did not come. Load the page again.",
                pt="Os dados deste gráfico não vieram. Recarregue a página.",
            ),
        },
    }


def _held(model: ModelVersion) -> str:
    """How many of the values that came on the test segment lay in intervals made the same way."""
    levels = (model.metrics.get("intervals") or {}).get("levels") or {}
    held = {level: formats.percent(levels[level]["coverage"]) for level in SHOWN_LEVELS if level in levels}
    if len(held) < len(SHOWN_LEVELS):
        return ""
    narrow, wide = held.values()
    return phrase(
        en="The bands are meant to hold 80% and 95% of what comes. On the test segment they held "
        f"{narrow} and {wide}.",
        pt="As faixas devem conter 80% e 95% do que vem. No segmento de teste, contiveram "
        f"{narrow} e {wide}.",
    )


def _history(site: Site, model: ModelVersion) -> list[dict[str, Any]]:
    """The last rows of a model's own series, of the prices that its forecast starts from."""
    series = site.services.newest_of(model).series
    last = series.rows(max(len(series) - HISTORY, 0), len(series))
    return [
        {"date": str(date), "value": float(value)} for date, value in zip(last.dates, last.close, strict=True)
    ]


def _finding(steps: list[dict[str, Any]], decimals: int) -> str:
    """What the chart shows, in one sentence."""
    end = steps[-1]
    date = formats.day(end["date"])
    share, shift = end["share"], abs(end["shift"])
    far = formats.like(shift, decimals) if share is None else formats.gain(abs(share)).lstrip("+")
    if end["shift"] >= 0:
        return phrase(
            en=f"On {date} the forecast is {far} above the last value.",
            pt=f"Em {date} a previsão está {far} acima do último valor.",
        )
    return phrase(
        en=f"On {date} the forecast is {far} below the last value.",
        pt=f"Em {date} a previsão está {far} abaixo do último valor.",
    )


def _named(model: ModelVersion) -> str:
    """A model as the select shows it."""
    champion = phrase(en="champion", pt="campeã")
    return " · ".join(
        (
            f"{model.symbol}, {words.steps(model.horizon)}",
            model.model_name,
            phrase(en=f"version {model.version}", pt=f"versão {model.version}"),
            *((champion,) if model.is_winner else ()),
        )
    )


def _judged(answer: dict[str, Any]) -> dict[str, Any] | None:
    """The dates of the test, and how often they were consulted; None where the experiment is gone."""
    test = (answer.get("segments") or {}).get("test")
    times = answer.get("test_consulted")
    return test and {**test, "consulted": report_words.consulted(times) if times else ""}


def _figures(model: ModelVersion) -> list[dict[str, Any]]:
    """Rows of the table: each figure on validation and test; those of the last value stand below."""
    segments = [model.metrics.get(name) or {} for name in ("validation", "test")]
    one, at = price(model.measures), report_words.at_last_step(model.horizon)
    names = {
        "rmse": ("RMSE", "error"),
        "last_value": (phrase(en="RMSE of the last value", pt="RMSE do último valor"), "error"),
        "mae": ("MAE", "error"),
        "price_rmse": (phrase(en=f"RMSE of the {one}", pt=f"RMSE do {one}"), "price"),
        "price_mae": (phrase(en=f"MAE of the {one}", pt=f"MAE do {one}"), "price"),
        "skill": (phrase(en="Skill against the last value", pt="Ganho contra o último valor"), "gain"),
        "skill_against_drift": (
            phrase(en="Skill against drift", pt="Ganho contra a tendência média"),
            "gain",
        ),
        "directional_accuracy": (
            phrase(en="Directional accuracy", pt="Acerto de direção") + at,
            "percent",
        ),
        "majority_share": (
            phrase(en="Always the commoner direction", pt="Sempre a direção mais comum") + at,
            "percent",
        ),
    }
    return [
        {
            "name": name,
            "form": form,
            "is_baseline": key in ("last_value", "majority_share"),
            "values": [_last_value(each) if key == "last_value" else each.get(key) for each in segments],
        }
        for key, (name, form) in names.items()
    ]


def _last_value(figures: dict[str, Any]) -> float | None:
    """The RMSE of the last value: skill is 1 - RMSE / that."""
    rmse, skill = figures.get("rmse"), figures.get("skill")
    return None if rmse is None or skill is None or skill >= 1 else rmse / (1 - skill)


def _facts(model: ModelVersion) -> dict[str, str]:
    """What the model is made of."""
    own = model.parameters
    target = report_words.target(model.target, model.measures)
    read = features(own.get("features", "ohlcv"), model.measures)
    settings = ("learning_rate", "batch_size", "dropout_rate", "epochs", "activation")
    seeds = (model.metrics.get("seeds") or {}).get("rmse") or ()
    facts = {
        phrase(en="Series", pt="Série"): model.symbol,
        phrase(en="Forecasts", pt="Prevê"): f"{target}, {words.steps(model.horizon)}",
        phrase(en="Mode", pt="Modo"): words.mode(model.mode),
        phrase(en="Reads", pt="Lê"): phrase(
            en=f"{own.get('lookback')} rows of {read}",
            pt=f"{own.get('lookback')} linhas de {read}",
        ),
        phrase(en="Hyper-parameters", pt="Hiperparâmetros"): report_words.settings(
            {name: own[name] for name in settings if name in own}
        ),
        phrase(en="Seed", pt="Semente"): str(own.get("seed")),
    }
    if seeds:
        facts[phrase(en="Fits with other seeds", pt="Ajustes com outras sementes")] = "; ".join(
            report_words.rmse(value) for value in seeds
        )
    return facts
