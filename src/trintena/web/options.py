"""How a server was asked to serve: plain values, made once from the command line."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

DEFAULT_PORT = 5000
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class WebOptions:
    """Address, access and limits of a server."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: str | None = None
    """What every request has to show; None: everybody who reaches this machine's loopback may ask."""
    allowed_hosts: tuple[str, ...] = ()
    """Names, beside this machine's own and plain addresses, under which it is asked for."""
    queue_limit: int = 20
    """Experiments that may wait at once."""
    maximum_trainings: int = 100_800
    """Of one experiment: thirty architectures with every combination of the specification's space."""
    maximum_json_bytes: int = 64 * 1024
    maximum_upload_bytes: int = 20 * 1024 * 1024
    blocking_limit_s: float | None = None
    """How long a plain POST waits for its result; None: as long as it takes."""

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
