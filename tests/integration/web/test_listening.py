"""The socket that the server listens on."""

from __future__ import annotations

import asyncio
import socket

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
