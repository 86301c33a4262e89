"""A small Yahoo on this machine: an HTTP server that answers a chart request in Yahoo's shape, or badly.

The real yfinance talks to it through its real HTTP client; only the address of every request is
rewritten to this server, so that nothing leaves the machine.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import numpy as np
from curl_cffi import requests

SEND = requests.Session.request


@dataclass(frozen=True)
class Reply:
    """What the server does with one request of a chart."""

    body: bytes | dict[str, Any] = b""
    status: int = 200
    delay_s: float = 0.0
    hang_up: bool = False
    """Close the connection without a word."""
    promised: int = 0
    """Bytes announced beyond those that come: an answer cut short."""


def weekdays(first: str, count: int) -> list[str]:
    days = np.busday_offset(first, np.arange(count), roll="forward")
    return [str(day) for day in days]


def chart(
    days: Sequence[str],
    close: Sequence[float | None],
    *,
    adjusted: Sequence[float | None] | None = None,
    volume: Sequence[int | None] | None = None,
    symbol: str = "NVDA",
    zone: str = "America/New_York",
    opens: str = "09:30",
    closes: str = "16:00",
    session: str | None = None,
    stamps: Sequence[int] | None = None,
    events: dict[str, Any] | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """A chart as Yahoo sends it.

    `adjusted` is the close adjusted for dividends, as is `close` for splits; `session` is the day of
    the current trading period, by default the last of `days`; `stamps` replace the bars' own times.
    """
    bars = [_moment(day, opens, zone) for day in days]
    ends = _moment(session or days[-1], closes, zone)
    if closes <= opens:
        ends += 86_400
    period = {"start": _moment(session or days[-1], opens, zone), "end": ends}
    period |= {"timezone": "EST", "gmtoffset": -18_000}
    volumes = list(volume) if volume is not None else [1_000_000 + 10 * n for n in range(len(days))]
    quote = {name: list(close) for name in ("open", "high", "low", "close")} | {"volume": volumes}
    result = {
        "meta": {
            "currency": "USD",
            "symbol": symbol,
            "exchangeName": "NMS",
            "instrumentType": "EQUITY",
            "firstTradeDate": bars[0],
            "regularMarketTime": bars[-1],
            "exchangeTimezoneName": zone,
            "timezone": "EST",
            "gmtoffset": -18_000,
            "currentTradingPeriod": {name: dict(period) for name in ("pre", "regular", "post")},
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "1y", "10y", "max"],
            **meta,
        },
        "timestamp": list(stamps) if stamps is not None else bars,
        "events": events or {},
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": list(adjusted or close)}]},
    }
    return {"chart": {"result": [result], "error": None}}


def _moment(day: str, time: str, zone: str) -> int:
    return int(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone)).timestamp())


def failed(code: str = "Not Found", description: str = "No data found, symbol may be delisted") -> bytes:
    """The body of a chart request that Yahoo refuses."""
    error = {"code": code, "description": description}
    return json.dumps({"chart": {"result": None, "error": error}}).encode()


@dataclass
class Yahoo:
    """What the server answers to chart requests, one reply after the other; the last one for ever."""

    address: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Host and path of every request, cookies and crumbs included."""

    def answers(self, *replies: Reply | dict[str, Any] | bytes) -> None:
        """From now on: these replies; a plain chart or body stands for a good one."""
        self.replies = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]
        self.asked.clear()

    @property
    def n_charts(self) -> int:
        return sum("/chart/" in path for path in self.asked)

    def take(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serving() -> Iterator[Yahoo]:
    """The server on a port of its own; it ends with the context, also while a reply is being delayed."""
    leaving = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: in two, the second waits 40 ms to be sent
        yahoo: ClassVar[Yahoo]

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            self.yahoo.asked.append(path)
            if "/chart/" in path:
                self._reply(self.yahoo.take())
            elif path.endswith("/getcrumb"):
                self._reply(Reply(b"crumb"))
            elif "quoteSummary" in path:
                self._reply(Reply(b'{"quoteSummary": {"result": null, "error": "none"}}', 404))
            else:
                self._reply(Reply(b"<html></html>", 404))

        do_POST = do_GET  # noqa: N815 - a name of http.server

        def _reply(self, reply: Reply) -> None:
            leaving.wait(reply.delay_s)
            if reply.hang_up:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(body) + reply.promised))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # who asked has given up
                self.close_connection = True
            if reply.promised:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.yahoo = Yahoo(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Handler.yahoo
    finally:
        leaving.set()
        server.shutdown()
        server.server_close()
        thread.join()


def program(address: str, **constants: object) -> str:
    """`trintena` for `python -c`: the server in place of Yahoo, other `constants` of `yahoo_requests`."""
    return f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from curl_cffi import requests
from integration.yahoo.server import redirected
from trintena.data.sources import yahoo_requests
requests.Session.request = redirected({address!r})
vars(yahoo_requests).update({constants!r})
from trintena.cli import main
main()
"""


def redirected(address: str) -> Callable[..., Any]:
    """`curl_cffi.requests.Session.request`, with every address turned into one of the server's.

    What would go to `https://host/path` goes to `http://127.0.0.1:port/host/path`.
    """

    def request(self: Any, method: str, url: str, **options: Any) -> Any:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return SEND(self, method, f"{address}/{parts.netloc}{parts.path}{query}", **options)

    return request
