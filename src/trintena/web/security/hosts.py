"""Under which names we answer.

A page of evil.example may have its name point to 127.0.0.1 a moment after it was loaded (DNS rebinding);
the browser then takes this server for evil.example's and lets the page read everything. Its requests still
say `Host: evil.example`. An address in figures needs no name, so it cannot be pointed elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from trintena.language import phrase
from trintena.web.errors import refusal

PORT_OF = {"http": 80, "https": 443}

_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Authority:
    """The `host:port` of an address: in small letters, IPv6 in its shortest form, the port filled in."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str, scheme: str) -> Authority | None:
        """What a Host header or the middle of an Origin says; None where it is malformed."""
        found = _AUTHORITY.fullmatch(text)
        if found is None or scheme not in PORT_OF:
            return None
        host, port = found["host"].lower(), int(found["port"] or PORT_OF[scheme])
        if host.startswith("["):
            try:
                host = str(ipaddress.IPv6Address(host[1:-1]))
            except ValueError:
                return None
        return cls(host, port) if 0 < port < 2**16 else None

    @property
    def is_plain_address(self) -> bool:
        """Whether it is an IP address in figures."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


def asked_host(request: Request) -> Authority | None:
    """Whom a request takes us for; None where its Host header is missing or malformed."""
    return Authority.read(request.headers.get("host", ""), request.scope["scheme"])


def own_names() -> set[str]:
    """This machine's own name, with and without its domain."""
    name = socket.gethostname().lower()
    return {name, name.partition(".")[0]}


class HostCheck:
    """Refuses requests that take this server for another."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._names = {"localhost", *own_names(), *(name.lower() for name in allowed)}

    async def __call__(self, request: Request) -> Response | None:
        """Answers 400 to a malformed Host header, 421 to a foreign one."""
        authority = asked_host(request)
        if authority is None:
            return refusal(
                400,
                "bad_host",
                phrase(
                    en="The Host header must be a name or an address, with a port or without.",
                    pt="O cabeçalho Host deve ser um nome ou um endereço, com ou sem porta.",
                ),
                field="Host",
            )
        if authority.is_plain_address or authority.host in self._names:
            return None
        return refusal(
            421,
            "foreign_host",
            phrase(
                en=f"This server does not answer under the name {authority.host}.",
                pt=f"Este servidor não atende pelo nome {authority.host}.",
            ),
            field="Host",
            hint=phrase(
                en=f"If the name is yours: `trintena serve --allowed-host {authority.host}`.",
                pt=f"Se o nome for seu: `trintena serve --allowed-host {authority.host}`.",
            ),
        )
