"""Asking Yahoo for the history of a symbol: through yfinance, patiently, and with a reason when it fails."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from trintena.data.sources.patience import Trouble, ask_patiently
from trintena.errors import SourceError
from trintena.language import number, phrase

LIMITED_WAITS_S = (5.0, 10.0, 20.0)
"""Before each further try while Yahoo limits requests."""
BROKEN_WAITS_S = (1.0, 3.0)
"""The same, where the connection broke or Yahoo's server failed."""
SILENT_WAITS_S = (1.0,)
"""The same, where no answer came in time: each try then takes long enough."""
TIMEOUT_S = 15.0
"""For one request of prices, to its last byte."""
COOKIE_TIMEOUT_S = 5.0
"""For a request of what prices can be had without; yfinance would wait 30 s for it."""
LIMIT_S = 90.0
"""For all tries and waits together."""

_NOWHERE = logging.NullHandler()
_TIMEOUTS = frozenset({"Timeout", "ReadTimeout", "ConnectTimeout"})
"""Names that both of the HTTP libraries which yfinance may use have for a request that took too long."""
_COULD_NOT_CONNECT = 7
"""Of libcurl: nobody listens there, or there is no network."""


class Ticker(Protocol):
    """What is used of `yfinance.Ticker`."""

    @property
    def history_metadata(self) -> Mapping[str, Any]:
        """What Yahoo says about the exchange; after `history`, at no cost."""
        ...

    def history(self, *, period: str, auto_adjust: bool, timeout: float) -> Any:
        """A pandas frame of daily bars, indexed by midnights in the exchange's time zone."""
        ...


class ServerError(Exception):
    """Yahoo's server answered that it cannot answer now (HTTP 500 to 599)."""


class UnknownSymbolError(Exception):
    """Yahoo knows no such symbol (HTTP 404)."""


def ask_yahoo(symbol: str) -> tuple[Any, Mapping[str, Any]]:
    """What Yahoo answers: a pandas frame of all daily bars, and what it says about their exchange.

    While Yahoo limits requests it waits and asks again, and logs a warning before each wait.

    Raises:
        SourceError: Yahoo did not answer, answered nonsense, or knows no such symbol.
    """

    def ask() -> tuple[Any, Mapping[str, Any]]:
        ticker = _open(symbol)
        frame = ticker.history(period="max", auto_adjust=True, timeout=TIMEOUT_S)
        return frame, ticker.history_metadata

    with warnings.catch_warnings():
        try:
            import yfinance  # noqa: F401 - which puts a filter of its own before those that it finds

            warnings.simplefilter("ignore", DeprecationWarning)  # it uses what pandas 3 has deprecated
            return ask_patiently(ask, _trouble, LIMIT_S)
        except Exception as error:  # of yfinance, of its HTTP library, or of a change in Yahoo's answer
            raise _unavailable(symbol, error) from error


def _open(symbol: str) -> Ticker:
    """yfinance's ticker, made to raise what goes wrong, to print nothing and to write nothing."""
    logger = logging.getLogger("yfinance")
    logger.addHandler(_NOWHERE)  # or it would print for want of a handler
    logger.propagate = False  # what it logs stands, shorter, in our own message
    import yfinance

    yfinance.config.debug.hide_exceptions = False
    # It keeps time zones and pickled cookies in the user's cache folder. A folder that cannot be made
    # turns these caches off, at the price of one more request.
    yfinance.set_tz_cache_location(str(Path(os.devnull, "yfinance")))
    # It keeps some answers for as long as the process lives, bad ones too.
    yfinance.data.YfData.cache_get.cache_clear()
    ticker: Ticker = yfinance.Ticker(symbol, session=_watched_session())
    return ticker


@lru_cache(maxsize=1)
def _watched_session() -> Any:
    """The HTTP session that yfinance makes for itself, with time limits and statuses that are heeded.

    yfinance tries to read the page of a server that failed as prices, and calls it nonsense.
    """
    import yfinance

    session = yfinance.Ticker("NVDA").session

    def request(method: str, url: str, **options: Any) -> Any:
        wants_prices = "/chart/" in url
        options["timeout"] = TIMEOUT_S if wants_prices else COOKIE_TIMEOUT_S
        response = type(session).request(session, method, url, **options)
        if wants_prices and response.status_code == 404:
            raise UnknownSymbolError
        if wants_prices and response.status_code >= 500:
            raise ServerError(f"HTTP {response.status_code}")
        return response

    session.request = request
    return session


def _trouble(error: Exception) -> Trouble | None:
    """How long to wait before Yahoo is asked again; None where that would be in vain."""
    if type(error).__name__ == "YFRateLimitError":
        reason = phrase(en="Yahoo limits requests", pt="O Yahoo está limitando as consultas")
        return Trouble(reason, LIMITED_WAITS_S)
    if isinstance(error, ServerError):
        reason = phrase(en=f"Yahoo's server fails ({error})", pt=f"O servidor do Yahoo falhou ({error})")
        return Trouble(reason, BROKEN_WAITS_S)
    if isinstance(error, TimeoutError) or not isinstance(error, OSError):
        return None  # our own limit is reached; or the answer came, and makes no sense
    if type(error).__name__ in _TIMEOUTS:
        reason = phrase(en="Yahoo does not answer", pt="O Yahoo não responde")
        return Trouble(reason, SILENT_WAITS_S)
    if type(error).__name__ in ("ConnectionError", "IncompleteRead", "ChunkedEncodingError") and (
        getattr(error, "code", None) != _COULD_NOT_CONNECT
    ):
        reason = phrase(en="The connection to Yahoo broke", pt="A conexão com o Yahoo caiu")
        return Trouble(reason, BROKEN_WAITS_S)
    return None


def _unavailable(symbol: str, error: Exception) -> SourceError:
    """What the user is told of a failure."""
    words = str(error).split(" See http")[0].strip().rstrip(".")
    named = f"{type(error).__name__}: {words}" if words else type(error).__name__
    if isinstance(error, UnknownSymbolError):
        return no_prices(symbol)
    if type(error).__name__ == "YFRateLimitError":
        reason = phrase(
            en="it refuses further requests for a while (rate limit)",
            pt="está recusando novas consultas por algum tempo (limite de consultas)",
        )
    elif isinstance(error, ServerError):
        reason = phrase(en=f"its server fails ({error})", pt=f"o servidor falhou ({error})")
    elif type(error).__name__ in _TIMEOUTS:
        reason = phrase(
            en=f"it did not answer within {number(TIMEOUT_S, '.0f')} s",
            pt=f"não respondeu em {number(TIMEOUT_S, '.0f')} s",
        )
    elif isinstance(error, TimeoutError):
        reason = words
    elif isinstance(error, ValueError | LookupError | AttributeError | TypeError):
        return nonsense(symbol, named)
    else:
        reason = named
    return SourceError(
        phrase(
            en=f"Yahoo did not deliver prices for {symbol!r}: {reason}.",
            pt=f"O Yahoo não entregou preços de {symbol!r}: {reason}.",
        ),
        field="symbol",
        hint=way_out(symbol),
    )


def no_prices(symbol: str) -> SourceError:
    """Yahoo answered, and has nothing."""
    return SourceError(
        phrase(en=f"Yahoo has no prices for {symbol!r}.", pt=f"O Yahoo não tem preços de {symbol!r}."),
        field="symbol",
        hint=way_out(symbol),
    )


def nonsense(symbol: str, found: str) -> SourceError:
    """Yahoo answered something else than daily prices; `found` says what."""
    return SourceError(
        phrase(
            en=f"Yahoo's answer for {symbol!r} is not what daily prices look like: {found}.",
            pt=f"A resposta do Yahoo para {symbol!r} não tem a forma de preços diários: {found}.",
        ),
        field="symbol",
        hint=way_out(symbol),
    )


def way_out(symbol: str) -> str:
    """What to do when Yahoo does not deliver."""
    return phrase(
        en="Check the symbol and the network and try again; or import a file with "
        f"`trintena data import FILE --name {symbol}`; or use sample:nasdaq, which needs no network.",
        pt="Confira o símbolo e a rede e tente de novo; ou importe um arquivo com "
        f"`trintena data import FILE --name {symbol}`; ou use sample:nasdaq, que dispensa a rede.",
    )
