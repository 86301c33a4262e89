"""The way to a Ray cluster: start the process that speaks Ray, order, hear what became of it."""

from __future__ import annotations

import importlib.util
import os
import pickle
import socket
import subprocess
from typing import TYPE_CHECKING, TypeVar

from trintena.errors import ClusterError
from trintena.jobs.cluster.messages import Capacity, Command, Connect, Loaded, News, Refused, Silent
from trintena.jobs.cluster.refusals import (
    lost,
    no_answer,
    not_installed,
    place_of,
    refused,
    silent_for,
    unreachable,
)
from trintena.jobs.failures import PICKLE_PROTOCOL, WorkerDied
from trintena.jobs.launch import Launched, launch

if TYPE_CHECKING:
    from collections.abc import Iterator

REACH_S = 3.0
"""Until whoever listens at an address must have said that it speaks as Ray does."""
_LOAD_S, _CONNECT_S, _AUTO_CONNECT_S = 60.0, 30.0, 10.0
"""Until Ray must be imported, and until the cluster must have let us in after that."""
_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # How long Ray looks for a node on this machine, where there is none; its own is a minute.
    "RAY_gcs_server_request_timeout_seconds": "8",
}
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""Of HTTP/2, which gRPC is: the preface and an empty frame of settings (RFC 9113, 3.4)."""
_SETTINGS = 4
"""The type of the frame that answers it, in its fourth byte."""

N = TypeVar("N", Loaded, Capacity)


class Link:
    """A process that is connected to the cluster at an address: `auto`, `HOST:PORT` or `ray://HOST:PORT`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._launched: Launched | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process that speaks Ray; None where there is none."""
        return None if self._launched is None else self._launched.popen.pid

    def open(self, told: Connect) -> int:
        """Connect; gives the workers that have room in the cluster.

        Raises:
            UsageError: Ray is not installed, or the address is none.
            ClusterError: there is no cluster, or none that can be used from here.
        """
        place = place_of(self._address)
        if importlib.util.find_spec("ray") is None:
            raise not_installed()
        if place is not None:
            self._greet(place)
        self.close()
        try:
            self._launched = launch(None, _RAY, program="trintena.jobs.cluster.driver")
        except WorkerDied as death:
            raise lost(self._address, death.reason) from death
        try:
            self._write(told)
            self._expect(Loaded, _LOAD_S)
            capacity = self._expect(Capacity, _AUTO_CONNECT_S if place is None else _CONNECT_S)
        except BaseException:
            self.close(0.0)
            raise
        return capacity.n_workers

    def order(self, command: Command) -> None:
        """Have something done.

        Raises:
            ClusterError: the connection is gone.
        """
        self._write(command)

    def news(self, timeout_s: float | None) -> Iterator[News]:
        """What has happened: waits for the first of it, takes what else is there.

        Raises:
            ClusterError: the connection is gone.
        """
        connection = self._present().connection
        while connection.poll(timeout_s):
            yield self._read()
            timeout_s = 0.0

    def close(self, grace_s: float = 2.0) -> None:
        """End the process, and with it every worker. Closing twice does no harm."""
        if (launched := self._launched) is None:
            return
        self._launched = None
        launched.connection.close()  # that is how it is told
        try:
            launched.popen.wait(grace_s)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when a second Ctrl-C cuts it short; the cluster ends the actors by itself then
            launched.popen.kill()
            launched.popen.wait()
            launched.log.close()

    def _greet(self, place: tuple[str, int]) -> None:
        """Refuse at once what Ray itself would knock at for long: nobody, or somebody else.

        Raises:
            ClusterError: either of them.
        """
        try:
            knocking = socket.create_connection(place, REACH_S)
        except OSError as error:
            raise unreachable(self._address, error) from error
        with knocking:
            if os.environ.get("RAY_USE_TLS", "0") != "0":  # it answers nobody who does not begin so
                return
            try:
                knocking.sendall(_GREETING)
                answer = knocking.recv(9, socket.MSG_WAITALL)
            except OSError as error:
                raise no_answer(self._address) from error
        if answer[3:4] != bytes([_SETTINGS]):
            raise no_answer(self._address)

    def _present(self) -> Launched:
        if self._launched is None:
            raise lost(self._address, "")
        return self._launched

    def _write(self, message: Connect | Command) -> None:
        try:
            self._present().connection.send_bytes(pickle.dumps(message, PICKLE_PROTOCOL))
        except OSError as error:
            raise self._broken() from error

    def _read(self) -> News:
        try:
            news: News = pickle.loads(self._present().connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise self._broken() from error
        if isinstance(news, Silent):
            raise lost(self._address, silent_for(news.seconds))
        return news

    def _broken(self) -> ClusterError:
        """What became of a process that closed its end."""
        launched = self._present()
        try:
            launched.popen.wait(1.0)
        except subprocess.TimeoutExpired:
            launched.popen.kill()
        lines = [line.strip() for line in launched.log_end().splitlines() if line.strip()]
        return lost(self._address, lines[-1] if lines else "")

    def _expect(self, kind: type[N], timeout_s: float) -> N:
        if not self._present().connection.poll(timeout_s):
            raise no_answer(self._address)
        news = self._read()
        if isinstance(news, Refused):
            raise refused(self._address, news.reason)
        assert isinstance(news, kind)
        return news
