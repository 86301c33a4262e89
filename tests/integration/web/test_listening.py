"""The socket that the server listens on."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from integration.web.conftest import Serving
from trintena.errors import NotFoundError
from trintena.services import Services
from trintena.web.options import WebOptions
from trintena.web.server import listening


def test_small_answers_are_sent_at_once_and_wait_for_no_acknowledgement() -> None:
    sends_at_once: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        sends_at_once.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    async def ask() -> None:
        with listening(WebOptions(port=0)) as listener:
            server = await asyncio.start_server(answer, sock=listener)
            async with server:
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                await reader.read()
                writer.close()
                await writer.wait_closed()

    asyncio.run(ask())
    assert sends_at_once == [1]


def test_forecasts_that_wait_for_a_model_leave_threads_to_everybody_else(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eighty of them, twice as many as there are threads: the health of the server is told meanwhile."""
    loaded = threading.Event()

    def slow(services: Services, *which: Any) -> dict[str, Any]:
        assert loaded.wait(30)
        raise NotFoundError("No model is there.")

    monkeypatch.setattr(Services, "predict", slow)
    with ThreadPoolExecutor(80) as pool:
        asked = [
            pool.submit(httpx.post, f"{served.base}/api/predict", json={}, timeout=60) for _ in range(80)
        ]
        try:
            time.sleep(1.0)
            assert served.http.get("/healthz", timeout=5).status_code == 200
            assert not any(each.done() for each in asked)
        finally:
            loaded.set()
        assert {each.result().status_code for each in asked} == {404}
