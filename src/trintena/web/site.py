"""What every answer is made from: the application, the options, and who may need them."""

from __future__ import annotations

from asyncio import Semaphore
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from trintena.bootstrap import Application
from trintena.jobs.holders import Locks
from trintena.registry import Registry
from trintena.services import Services
from trintena.settings import Settings
from trintena.web.options import WebOptions

_FORECASTS_AT_ONCE = 16
"""Of the forty threads that answer."""


@dataclass(frozen=True)
class Site:
    """One web process."""

    application: Application
    options: WebOptions
    forecast_places: Semaphore = field(default_factory=lambda: Semaphore(_FORECASTS_AT_ONCE))
    """Threads that may wait for a forecast: while a model loads, pages and health need some, too."""

    @property
    def settings(self) -> Settings:
        """Where things live."""
        return self.application.settings

    @property
    def registry(self) -> Registry:
        """The database."""
        return self.application.registry

    @property
    def locks(self) -> Locks:
        """Who runs what."""
        return self.application.locks

    @property
    def services(self) -> Services:
        """Prices, forecasts, model versions."""
        return self.application.services


def _site(connection: HTTPConnection) -> Site:
    return cast("Site", connection.app.state.site)


TheSite = Annotated[Site, Depends(_site)]
"""Annotate a parameter with it to be given the `Site`."""
