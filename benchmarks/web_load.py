"""Load: requests one after the other, requests on a schedule, and event streams that stay open."""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from web_server import LANGUAGE, Server

_GIVEN_S = 30.0
_KEPT_S = 3.0
"""An idle connection is used again for that long; servers close it after five seconds."""


@dataclass(frozen=True)
class Latencies:
    """How long answers took, in seconds."""

    seconds: tuple[float, ...]

    def to_json(self) -> dict[str, float | int]:
        ordered = sorted(self.seconds)
        return {
            "n": len(ordered),
            "median_s": statistics.median(ordered),
            "p95_s": ordered[-(-95 * len(ordered) // 100) - 1],  # the nearest rank
            "max_s": ordered[-1],
        }


def one_after_the_other(server: Server, path: str, n: int, n_warm: int = 20) -> Latencies:
    """Requests on one connection, each when the former has been answered; the first ones do not count."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_GIVEN_S)
    seconds = []
    for _ in range(n_warm + n):
        began = time.perf_counter()
        connection.request("GET", path, headers=LANGUAGE)
        answer = connection.getresponse()
        content = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"GET {path} was answered with {answer.status}: {content.decode()[:500]}")
    connection.close()
    return Latencies(tuple(seconds[n_warm:]))


def on_schedule(server: Server, method: str, path: str, body: Any, *, per_second: float, n: int) -> Latencies:
    """Requests sent at their time, whether or not the earlier ones have been answered.

    Each is timed from the moment it was due: one that has to wait for a slow one counts its waiting.
    """
    return asyncio.run(_on_schedule(server.port, _request(server.port, method, path, body), per_second, n))


async def _on_schedule(port: int, request: bytes, per_second: float, n: int) -> Latencies:
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = []
    began = time.perf_counter() + 0.1

    async def one(number: int) -> float:
        due = began + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while idle and time.perf_counter() - idle[-1][2] > _KEPT_S:
            idle.pop()[1].close()
        reader, writer, _ = idle.pop() if idle else (*await asyncio.open_connection("127.0.0.1", port), 0.0)
        writer.write(request)
        status, _ = await _answer(reader)
        seconds = time.perf_counter() - due
        if status != 200:
            raise RuntimeError(f"a request of the load was answered with {status}")
        idle.append((reader, writer, time.perf_counter()))
        return seconds

    seconds = await asyncio.gather(*(one(number) for number in range(n)))
    for _, writer, _ in idle:
        writer.close()
    return Latencies(tuple(seconds))


def _request(port: int, method: str, path: str, body: Any = None, accept: str = "*/*") -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Accept: {accept}"]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _GIVEN_S)).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    return int(first.split()[1]), headers


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    status, headers = await _head(reader)
    if "content-length" in headers:
        return status, await reader.readexactly(int(headers["content-length"]))
    content = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        content += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, content


def event_streams(server: Server, path: str, n: int, seconds: float) -> dict[str, float]:
    """Open streams, let them all begin, then watch the processor time of the server for a while.

    Raises:
        RuntimeError: a stream was refused, or one had no event in that while: it was not alive.
    """
    return asyncio.run(_event_streams(server, path, n, seconds))


async def _event_streams(server: Server, path: str, n: int, seconds: float) -> dict[str, float]:
    n_events = [0] * n
    request = _request(server.port, "GET", path, accept="text/event-stream")

    async def read(number: int, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            n_events[number] += line.startswith(b"data:")

    writers, readers = [], []
    for _ in range(n):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        writers.append(writer)
        readers.append(reader)
    for reader in readers:
        status, headers = await _head(reader)
        if status != 200 or not headers.get("content-type", "").startswith("text/event-stream"):
            raise RuntimeError(f"{path} was answered with {status}, {headers.get('content-type')}")
    tasks = [asyncio.create_task(read(number, reader)) for number, reader in enumerate(readers)]
    await asyncio.sleep(2.0)  # what is told to each that comes new
    before, began, cpu = list(n_events), time.perf_counter(), server.cpu_seconds()
    await asyncio.sleep(seconds)
    cpu, wall = server.cpu_seconds() - cpu, time.perf_counter() - began
    told = [after - earlier for after, earlier in zip(n_events, before, strict=True)]
    for task in tasks:
        task.cancel()
    for writer in writers:
        writer.close()
    if min(told) == 0:
        raise RuntimeError(f"{sum(count == 0 for count in told)} of {n} streams had no event in {wall:.0f} s")
    return {
        "streams": n,
        "cpu_share": cpu / wall,
        "wall_s": wall,
        "events_per_stream_s": sum(told) / n / wall,
    }


def p95(measured: dict[str, Any]) -> float:
    value: float = measured["p95_s"]
    return value


def medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """Each figure's median over some runs."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}
