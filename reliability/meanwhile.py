"""Something done now and then, beside whatever else goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(do: Callable[[], None], every_s: float) -> Iterator[None]:
    """Have a thread do it every so many seconds, for as long as the context lasts."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(every_s):
            do()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
