"""The web application: its routes and what surrounds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from trintena.bootstrap import application
from trintena.settings import Settings
from trintena.web.api import (
    backtest,
    catalog,
    datasets,
    events,
    experiments,
    health,
    models,
    predict,
    reference,
    results,
    training,
)
from trintena.web.errors import answer_errors
from trintena.web.languages import SpeakTheLanguage
from trintena.web.live import open_hub
from trintena.web.metrics import endpoint as metrics_endpoint
from trintena.web.options import WebOptions
from trintena.web.pages import backtest as backtest_page
from trintena.web.pages import compare, forecast, home, login, plotly_files, preferences
from trintena.web.pages.refused import ShowRefusals
from trintena.web.pages.static_files import mount_static
from trintena.web.pages.training import routes as training_page
from trintena.web.security import SendHeaders, describe_token, keep_out
from trintena.web.site import Site


def create_app(options: WebOptions | None = None, settings: Settings | None = None) -> FastAPI:
    """The application of one web process; the database is opened when it starts to serve."""
    options = options or WebOptions()

    @asynccontextmanager
    async def open_and_close(app: FastAPI) -> AsyncIterator[None]:
        with application(settings) as opened:
            app.state.site = Site(opened, options)
            if opened.registry.newest_champion() is not None:
                opened.services.inference.start()  # it loads meanwhile: the first forecast need not wait
            async with open_hub(app.state.site) as app.state.hub:
                yield

    app = FastAPI(
        title="Trintena",
        description=reference.DESCRIPTION,
        version=version("trintena"),
        lifespan=open_and_close,
        docs_url=None,
        redoc_url=None,
        responses=reference.REFUSALS,
        dependencies=describe_token(options),
    )
    keep_out(app, options)
    answer_errors(app)
    for room in (health, reference, login, home, compare, forecast, backtest_page, plotly_files):
        app.include_router(room.router)
    for room in (catalog, models, predict, datasets):
        app.include_router(room.router)
    for room in (training, backtest, experiments, events, results):
        app.include_router(room.router)
    app.include_router(preferences.router)
    app.include_router(training_page.router)
    app.include_router(metrics_endpoint.router)
    mount_static(app)
    app.add_middleware(ShowRefusals)
    app.add_middleware(SpeakTheLanguage)
    app.add_middleware(SendHeaders)
    metrics_endpoint.count_requests(app)  # last: the outermost counts what the others refuse, too
    return app
