"""A wire to a server that can be cut: at a message, for a while, or so that the server does not notice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

_PATIENCE_S = 20.0


@dataclass(eq=False)
class _Pair:
    """The two ends of one connection."""

    client: socket.socket
    server: socket.socket
    is_muted: bool = False
    """Whether the client is to hear nothing more."""


class Wire:
    """Passes on what comes to a port of its own, in both directions, until it is cut."""

    def __init__(self, port: int) -> None:
        self._there = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[_Pair] = []
        self._sockets: list[socket.socket] = []
        self._unnoticed: list[socket.socket] = []
        self._is_down = self._is_closed = False
        self._word: bytes | None = None
        self._cut: Literal["before", "after"] = "before"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut_at(self, word: bytes, cut: Literal["before", "after"]) -> None:
        """Cut once, before a message with a word arrives, or after it has, so that its answer is lost."""
        self._word, self._cut = word, cut

    def cut(self, *, server_notices: bool = True) -> None:
        """Cut every connection; a server that does not notice keeps its session."""
        for pair in self._pairs:
            if not server_notices:
                self._unnoticed.append(pair.server)
            _hang_up(pair.client)
            if server_notices:
                _hang_up(pair.server)
        self._pairs = []

    @contextmanager
    def down(self) -> Iterator[None]:
        """Every connection is cut and none is made, for as long as the context lasts."""
        self._is_down = True
        self.cut()
        try:
            yield
        finally:
            self._is_down = False

    def close(self) -> None:
        """Cut all, for good."""
        self._is_closed = True
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes who waits for one
        self._threads[0].join(_PATIENCE_S)
        self._listener.close()
        self.cut()
        for end in self._sockets:
            _hang_up(end)
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        for end in self._sockets:
            end.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._is_closed or self._is_down:
                client.close()
                if self._is_closed:
                    return
                continue
            pair = _Pair(client, socket.create_connection(("127.0.0.1", self._there)))
            self._pairs.append(pair)
            self._sockets += [pair.client, pair.server]
            for passing in (self._to_server, self._to_client):
                self._threads.append(threading.Thread(target=passing, args=(pair,), daemon=True))
                self._threads[-1].start()

    def _to_server(self, pair: _Pair) -> None:
        while data := _received(pair.client):
            if self._word is not None and self._word in data:
                self._word = None
                if self._cut == "before":
                    break
                pair.is_muted = True
            with suppress(OSError):
                pair.server.sendall(data)
        _hang_up(pair.client)
        if pair.server not in self._unnoticed:
            _hang_up(pair.server)

    def _to_client(self, pair: _Pair) -> None:
        while (data := _received(pair.server)) and not pair.is_muted:
            with suppress(OSError):
                pair.client.sendall(data)
        if pair.server not in self._unnoticed:
            _hang_up(pair.client)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _hang_up(end: socket.socket) -> None:
    """End a connection for both sides; it is closed later: a thread may be about to read from its number."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
