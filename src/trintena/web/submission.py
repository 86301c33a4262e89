"""Handing a training or a backtest to the queue: for the API and for the forms of the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from trintena.data.sources import csv_file
from trintena.errors import UsageError
from trintena.experiments.backtest import BacktestRequest, plan_backtest
from trintena.experiments.plan import plan
from trintena.jobs.executors import ExecutorName, refuse_unusable
from trintena.language import number, phrase
from trintena.search import total_trials
from trintena.services import Delivery
from trintena.web.errors import RefusedError
from trintena.web.site import Site
from trintena.web.training_request import TrainingRequest
from trintena.zoo import choose

__all__ = ["Submitted", "TrainingRequest", "refuse_when_full", "submit", "submit_backtest"]

_RETRY_AFTER_S = 60

_one_submission = threading.Lock()
"""Held between counting the queue and joining it, so that requests of one moment do not overfill it."""


@dataclass(frozen=True)
class Submitted:
    """An experiment that was handed in, now or under the same key before."""

    experiment_id: int
    position: int | None
    """Its place among those that wait; None: it does not wait any more."""
    remarks: tuple[str, ...] = ()
    """What there is to say about the prices, in the reader's language."""


def submit(site: Site, request: TrainingRequest, key: str | None = None) -> Submitted:
    """Hand a training to the queue; a second time under one key gives the first experiment again.

    Args:
        site: where.
        request: what to train.
        key: of the submission, at most 64 printable characters; None: each is one of its own.

    Raises:
        RefusedError: the queue is full.
        UsageError: the request makes no sense, is of more trainings than this server allows, its key is a
            backtest's, or Ray is asked for where it is not installed.
        NotFoundError: no such dataset.
        SourceError, DataError: there are no prices, or they cannot be used.
    """
    if (known := _submitted(site, key, of_backtest=False)) is not None:
        return known
    refuse_when_full(site)
    refuse_unusable(request.executor)
    _refuse_too_many(site, request)
    wanted = request.to_plan()
    delivery = _prices(site, request)
    return _enqueued(
        site,
        key,
        delivery,
        lambda: plan(
            wanted,
            delivery.series,
            site.registry,
            enqueued=True,
            submission_key=key,
            executor=request.executor,
        ),
        of_backtest=False,
    )


def submit_backtest(
    site: Site,
    wanted: BacktestRequest,
    *,
    symbol: str | None = None,
    version: int | None = None,
    key: str | None = None,
    executor: ExecutorName = "local",
) -> Submitted:
    """Hand a backtest to the queue; a second time under one key gives the first experiment again.

    Args:
        site: where.
        wanted: over which dates, refitted how often.
        symbol: whose champion; None: the newest of all.
        version: which version, instead.
        key: as `submit`.
        executor: where it is refitted.

    Raises:
        RefusedError: the queue is full.
        UsageError: the stretch is too short, the refits make no sense, or its key is a training's.
        NotFoundError: no such version, or its prices are no longer stored.
        ArtifactError: its files are not whole.
        SourceError, DataError: there are no prices, or they cannot be used.
    """
    if (known := _submitted(site, key, of_backtest=True)) is not None:
        return known
    refuse_when_full(site)
    refuse_unusable(executor)
    saved, delivery = site.services.to_backtest(symbol, version)
    return _enqueued(
        site,
        key,
        delivery,
        lambda: plan_backtest(
            wanted,
            saved,
            delivery.series,
            site.registry,
            enqueued=True,
            submission_key=key,
            executor=executor,
        ),
        of_backtest=True,
    )


def _enqueued(
    site: Site, key: str | None, delivery: Delivery, planned: Callable[[], int], *, of_backtest: bool
) -> Submitted:
    """Plan an experiment and have it join the queue, unless its key or the queue forbids it by now."""
    with _one_submission:
        if (known := _submitted(site, key, of_backtest=of_backtest)) is not None:
            return known
        refuse_when_full(site)
        experiment_id = planned()
        site.registry.add_event(experiment_id, "queued")
    return Submitted(experiment_id, site.registry.standing(experiment_id).position, delivery.remarks)


def refuse_when_full(site: Site) -> None:
    """Refuse what would wait beyond the limit of the queue.

    Raises:
        RefusedError: as many wait as may.
    """
    limit = site.options.queue_limit
    if site.registry.n_waiting() >= limit:
        raise RefusedError(
            429,
            "queue_full",
            phrase(
                en=f"The queue is full: {number(limit)} experiments wait.",
                pt=f"A fila está cheia: {number(limit)} experimentos esperam.",
            ),
            hint=phrase(
                en="Wait until one has ended, or cancel one that waits.",
                pt="Espere que um termine ou cancele um dos que esperam.",
            ),
            headers={"Retry-After": str(_RETRY_AFTER_S)},
        )


def _submitted(site: Site, key: str | None, *, of_backtest: bool) -> Submitted | None:
    """The experiment of a key; a training is no answer to who asks for a backtest, and the reverse."""
    known = None if key is None else site.registry.submitted(key)
    if known is None:
        return None
    if (site.registry.experiment(known).spec.backtest is not None) != of_backtest:
        raise UsageError(
            phrase(
                en=f"Another request was made under this key: it is experiment {known}.",
                pt=f"Outro pedido foi feito com esta chave: é o experimento {known}.",
            ),
            field="Idempotency-Key",
            hint=phrase(en="Take a new key for each request.", pt="Use uma chave nova para cada pedido."),
        )
    return Submitted(known, site.registry.standing(known).position)


def _refuse_too_many(site: Site, request: TrainingRequest) -> None:
    """Refuse more trainings than the server allows, also where a space would not hold as many."""
    search = request.search()
    if request.mode == "fast" or search is None:
        return
    n_models = len(choose(request.model_ids))
    most = max(site.options.maximum_trainings // n_models, 1)
    if search.n_trials is None:
        # With a budget alone time is the limit.
        asked = 1 if search.budget_s is not None else total_trials(search)
    else:
        asked = search.n_trials
    if not 1 <= asked <= most:
        raise UsageError(
            phrase(
                en=f"Trials: enter a number from 1 to {number(most)}.",
                pt=f"Tentativas: digite um número de 1 a {number(most)}.",
            ),
            field="n_trials",
        )


def _prices(site: Site, request: TrainingRequest) -> Delivery:
    """The series to train on: nothing that a client names is ever opened as a file."""
    registry, symbol = site.registry, request.symbol
    if request.dataset is not None:
        if symbol is not None:
            raise UsageError(
                phrase(
                    en="Name a symbol or a dataset, not both.",
                    pt="Informe um símbolo ou um conjunto de dados, e não os dois.",
                ),
                field="dataset",
            )
        return Delivery(registry.load_dataset(registry.find_dataset(request.dataset).content_hash))
    if symbol is not None and csv_file.claims(symbol):
        if (stored := registry.latest_dataset(symbol)) is not None:
            return Delivery(registry.load_dataset(stored))
        raise UsageError(
            phrase(
                en=f"{symbol!r} names a file; the server opens none by its name.",
                pt=f"{symbol!r} indica um arquivo; o servidor não abre nenhum pelo nome.",
            ),
            field="symbol",
            hint=phrase(
                en="Upload it, then name the dataset.", pt="Envie o arquivo e informe o conjunto de dados."
            ),
        )
    return site.services.series_to_train(symbol)
