"""The route that Prometheus asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client.core import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from trintena.web.metrics.processes import ProcessMetrics
from trintena.web.metrics.requests import CountRequests, RequestMetrics
from trintena.web.metrics.stored import StoredMetrics
from trintena.web.site import TheSite

router = APIRouter(tags=["server"])

_EXAMPLE = 'trintena_experiments{mode="fast",state="succeeded"} 3.0\n'
_TEXT = {"schema": {"type": "string"}, "example": _EXAMPLE}


def count_requests(app: FastAPI) -> None:
    """Have an application count its requests. Added last, it stands outermost."""
    app.state.request_metrics = RequestMetrics()
    app.add_middleware(CountRequests, metrics=app.state.request_metrics)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "The text format that is asked for: Prometheus's own, or OpenMetrics.",
            "content": {"text/plain": _TEXT, "application/openmetrics-text": _TEXT},
        }
    },
)
def metrics(request: Request, site: TheSite) -> Response:
    """Experiments, trials, champions, processes and requests, as they are now."""
    scrape = CollectorRegistry()
    scrape.register(StoredMetrics(site.locks, site.registry))
    scrape.register(ProcessMetrics(site.locks))
    scrape.register(cast("RequestMetrics", request.app.state.request_metrics).collector())
    encode, content_type = _encoder(request.headers.get("accept", ""))
    return Response(encode(scrape), media_type=content_type)


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """The format that is asked for; Prometheus's plain one where no version can be read."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        return choose_encoder("")
