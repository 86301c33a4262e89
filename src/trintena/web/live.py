"""Who watches an experiment: one look at the database for all of them, told to each.

While anybody watches an experiment, one task of this process reads how it stands and what happened since,
about twice a second. What is new is put into words once, and every stream sends the same bytes (`messages`).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from types import FrameType
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from trintena.errors import UnavailableError
from trintena.web.messages import Look, Message
from trintena.web.site import Site

POLL_S = 0.5
PING_S = 15.0


class _Listener:
    """What one watcher has yet to be told."""

    def __init__(self) -> None:
        self.pending: list[Message] = []
        self.is_ended = False
        self.error: Exception | None = None
        self._news = asyncio.Event()

    def put(self, message: Message) -> None:
        if message.kind == "progress":  # whoever reads slowly is spared what is out of date
            self.pending = [each for each in self.pending if each.kind != "progress"]
        self.pending.append(message)
        self._news.set()

    def end(self, error: Exception | None = None) -> None:
        self.is_ended, self.error = True, error
        self._news.set()

    async def take(self) -> list[Message]:
        """What is new, as soon as there is any; nothing if that takes too long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), PING_S)
        self._news.clear()
        taken, self.pending = self.pending, []
        return taken


class _Watch:
    """One experiment that somebody watches."""

    def __init__(self, site: Site, experiment_id: int) -> None:
        self.site, self.experiment_id = site, experiment_id
        self.listeners: set[_Listener] = set()
        self.position = 0
        """The number of the last event that was seen."""
        self.has_looked = asyncio.Event()
        self.is_done = False
        self._standing: dict[str, Any] = {}

    async def look(self, after: int) -> Look:
        return await asyncio.to_thread(Look.at, self.site, self.experiment_id, after)

    async def run(self) -> None:
        """Look, and tell what is new, until nobody listens or the experiment is over."""
        error = None
        try:
            first = await self.look(0)  # whoever joins is told of it by a look of its own
            self._note(first)
            self.has_looked.set()
            is_over = first.is_over
            while self.listeners and not is_over:
                await asyncio.sleep(POLL_S)
                # What is watched waits for a database that is away, and so do those who watch.
                with suppress(UnavailableError):
                    found = await self.look(self.position)
                    self._tell(found)
                    is_over = found.is_over
        except Exception as raised:  # every listener raises it
            error = raised
        finally:
            self.is_done = True
            self.has_looked.set()
            for listener in self.listeners:
                listener.end(error)

    def _note(self, found: Look) -> None:
        self._standing = found.standing
        self.position = max((event.id for event in found.events), default=self.position)

    def _tell(self, found: Look) -> None:
        before, now = self._standing, found.standing
        messages = found.messages()
        if all(message.kind != "state" for message in messages):
            if {**before, "progress": None} != {**now, "progress": None}:
                messages.append(Message("state", now))
            elif before["progress"] != now["progress"] and now["progress"] is not None:
                messages.append(Message("progress", now["progress"]))
        self._note(found)
        for listener in self.listeners:
            for message in messages:
                listener.put(message)


class Hub:
    """Everybody who watches an experiment through this process. Belongs to one event loop."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._watches: dict[int, _Watch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_closed = False

    async def listen(self, experiment_id: int, after: int = 0) -> AsyncGenerator[list[Message]]:
        """How an experiment stands, what happened after an event, then what happens, until it is over.

        An empty list comes where nothing happens for a while. It also ends when the hub is closed.

        Raises:
            NotFoundError: there is no such experiment (any more).
        """
        listener = _Listener()
        if self.is_closed:
            return
        watch = self._join(experiment_id, listener)
        try:
            # First the watch looks, then the listener: what happens in between reaches it twice, not never.
            await watch.has_looked.wait()
            if listener.error is not None:
                raise listener.error
            last = min(after, watch.position)
            found = await watch.look(last)
            last = max((event.id for event in found.events), default=last)
            yield [Message("state", found.standing), *found.messages()]
            is_over = found.is_over
            while not is_over:
                news = await listener.take()
                yield [each for each in news if each.number is None or each.number > last]
                is_over = any(message.is_last for message in news) or (
                    listener.is_ended and not listener.pending
                )
            if listener.error is not None:
                raise listener.error
        finally:
            watch.listeners.discard(listener)

    async def until_over(self, experiment_id: int) -> bool:
        """Wait for an experiment's end; False where the hub was closed before.

        Raises:
            NotFoundError: there is no such experiment (any more).
        """
        async with aclosing(self.listen(experiment_id)) as messages:
            async for news in messages:
                if any(message.is_last for message in news):
                    return True
        return False

    def _join(self, experiment_id: int, listener: _Listener) -> _Watch:
        watch = self._watches.get(experiment_id)
        if watch is not None and not watch.is_done:
            watch.listeners.add(listener)
            return watch
        watch = self._watches[experiment_id] = _Watch(self._site, experiment_id)
        watch.listeners.add(listener)
        task = asyncio.get_running_loop().create_task(watch.run())
        self._tasks.add(task)

        def forget(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            if self._watches.get(experiment_id) is watch:
                del self._watches[experiment_id]

        task.add_done_callback(forget)
        return watch

    def close(self) -> None:
        """End every stream at once."""
        self.is_closed = True
        for task in self._tasks:
            task.cancel()

    async def ended(self) -> None:
        """Wait until every task has ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def open_hub(site: Site) -> AsyncIterator[Hub]:
    """A hub that is closed as soon as this process is told to end: a server waits for its streams before."""
    hub = Hub(site)
    loop = asyncio.get_running_loop()
    with _told_to_end(lambda: loop.call_soon_threadsafe(hub.close)):
        try:
            yield hub
        finally:
            hub.close()
            await hub.ended()


@contextmanager
def _told_to_end(close: Callable[[], object]) -> Iterator[None]:
    """Close, then do what the server does, on SIGTERM and SIGINT."""
    former = {}
    if threading.current_thread() is threading.main_thread():
        former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def end(number: int, frame: FrameType | None) -> None:
        close()
        handler = former[signal.Signals(number)]
        assert callable(handler)
        handler(number, frame)

    replaced = [number for number, handler in former.items() if callable(handler)]
    for number in replaced:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in replaced:
            if signal.getsignal(number) is end:
                signal.signal(number, former[number])


def _hub(connection: HTTPConnection) -> Hub:
    return cast("Hub", connection.app.state.hub)


TheHub = Annotated[Hub, Depends(_hub)]
"""Annotate a parameter with it to be given the `Hub`."""
