"""Requests and forecasts: counted, and timed, in the web process that answers them.

Several web processes add up by way of files, Prometheus's own multi-process mode: it is on where
`PROMETHEUS_MULTIPROC_DIR` was set before `prometheus_client` was first imported.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER_OF_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
# A second series for each, of when it was first counted: nothing shows it.
disable_created_metrics()  # type: ignore[no-untyped-call]

FORECAST = ("POST", "/api/predict")
UNMATCHED = "unmatched"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)
"""Upper edges in seconds: a page takes milliseconds, a training that is waited for takes minutes."""
_FORECASTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def folder_of_processes() -> Path | None:
    """Where several web processes keep their counts; None: this one is alone."""
    return Path(os.environ[FOLDER_OF_COUNTS]) if FOLDER_OF_COUNTS in os.environ else None


class RequestMetrics:
    """The instruments of one web process."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self.requests = Counter(
            "trintena_http_requests",
            "Requests answered, by the template of their path.",
            ("method", "route", "status"),
            registry=self._own,
        )
        self.seconds = Histogram(
            "trintena_http_request_duration_seconds",
            "Time until a request's answer begins, so that an open event stream counts like any other.",
            ("method", "route"),
            buckets=_EDGES,
            registry=self._own,
        )
        self.open = Gauge(
            "trintena_http_requests_in_progress",
            "Requests that are being answered now, open event streams among them.",
            registry=self._own,
            multiprocess_mode="livesum",
        )
        self.forecasts = Histogram(
            "trintena_forecast_duration_seconds",
            "Time that a forecast took, of those that were given.",
            buckets=_FORECASTS,
            registry=self._own,
        )

    def collector(self) -> Collector:
        """What to read the instruments from: those of this process, or of all web processes together."""
        folder = folder_of_processes()
        if folder is None:
            return self._own
        _mark_dead(folder)
        return MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]


def _mark_dead(folder: Path) -> None:
    """Forget what a process that died, however it did, was in the middle of; its counts stay."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


class CountRequests:
    """Middleware: counts and times every request. The outermost, so that refusals count too."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._note(scope, message["status"], time.perf_counter() - began)
            await send(message)

        with self._metrics.open.track_inprogress():
            try:
                await self._app(scope, receive, send_noted)
            except BaseException:
                if not begun:  # a fault: the answer is given further out
                    self._note(scope, 500, time.perf_counter() - began)
                raise

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = route_of(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        if (method, route) == FORECAST and status == 200:
            self._metrics.forecasts.observe(seconds)


def route_of(scope: Scope) -> str:
    """The template of the path that a request was routed to: one of a limited number of words.

    Of what is mounted, its first step (`/static`); of what no route fits, `unmatched`.
    """
    template = getattr(scope.get("route"), "path_format", None)
    if isinstance(template, str):
        return template
    if "endpoint" not in scope:
        return UNMATCHED
    if root := str(scope.get("root_path", "")):
        return "/" + root.split("/")[1]
    return UNMATCHED if scope.get("path_params") else str(scope["path"])
