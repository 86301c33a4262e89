"""What a PostgreSQL server is asked for by every connection, and which of its errors mean that it is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from psycopg import Connection as Session
    from sqlalchemy import URL
    from sqlalchemy.exc import DBAPIError

DIALECT = "postgresql"
DRIVERS = (DIALECT, f"{DIALECT}+psycopg")
"""The ways to write the beginning of an address: both mean psycopg 3."""

_ASKED_OF_LIBPQ: dict[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
"""A server that vanished without a word is noticed within half a minute, not after hours."""

_REFUSALS = ("does not exist", "authentication failed", "pg_hba.conf", "permission denied")

_TURN = 0x7472696E7464  # "trintd": any number that others are unlikely to take


def connect_args(address: URL, name: str | None) -> dict[str, Any]:
    """What libpq is told; the address has the last word, but on a `name` for the lists of the server."""
    wanted = _ASKED_OF_LIBPQ | {"application_name": "trintena"}
    told = {key: value for key, value in wanted.items() if key not in address.query}
    return told if name is None else told | {"application_name": name}


def set_up(session: Session, busy_timeout_s: float) -> None:
    """Have the server give up on a client that vanished or stands still, as the client does on it.

    Only what this server knows is set: `idle_session_timeout` came with version 14.
    """
    settings = {
        "lock_timeout": f"{busy_timeout_s * 1000:.0f}ms",
        "idle_in_transaction_session_timeout": "60s",  # who stands still in mid-write holds up all others
        "idle_session_timeout": "0",  # a lock lives as long as its session
        "tcp_keepalives_idle": "15",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "30s",
    }
    rows = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    session.execute(
        f"SELECT set_config(name, value, false) FROM (VALUES {rows}) AS wanted (name, value) "
        "WHERE current_setting(name, true) IS NOT NULL"
    )
    session.commit()


def take_turn(connection: Connection) -> str:
    """Wait until no other transaction writes, and give this transaction's number.

    Writers follow one another, as SQLite has them do: what was read before a write is still so when it is
    written, and numbers of events rise in the order in which readers come to see them. A write of ours takes
    milliseconds.
    """
    number: str = connection.execute(
        text(f"SELECT pg_current_xact_id()::text FROM (SELECT pg_advisory_xact_lock({_TURN})) AS turn")
    ).scalar_one()
    return number


def status_of(connection: Connection, transaction: str) -> str | None:
    """`committed`, `aborted` or `in progress`: what became of a transaction whose session was lost."""
    query = text("SELECT pg_xact_status(CAST(:number AS xid8))")
    status: str | None = connection.execute(query, {"number": transaction}).scalar()
    return status


def is_away(error: DBAPIError) -> bool:
    """Whether the server, or the way to it, is at fault: it may answer again, whatever was asked.

    Class 08 are connections that fail, class 53 is a lack of room: on its disk, or for one more session.
    57P01 to 57P03: it is being shut down, has crashed, starts; 57P05 and 25P03: it ended an idle session;
    25006: it only reads, as one does that is yet to take over from another. An error that it did not send has
    no code.
    """
    code = getattr(error.orig, "sqlstate", None)
    if code is None:  # said by the driver: it lost the server, did not find it, or was not let in
        if error.connection_invalidated:
            return True
        return type(error.orig).__name__ == "OperationalError" and not _names_a_fault(str(error.orig))
    return code.startswith(("08", "53")) or code in ("57P01", "57P02", "57P03", "57P05", "25P03", "25006")


def wait_at_most(connection: Connection, seconds: float) -> None:
    """How long the session waits for what others hold, from now on."""
    connection.exec_driver_sql(f"SET lock_timeout = {seconds * 1000:.0f}")


def _names_a_fault(reason: str) -> bool:
    """Whether a server that was found refuses for good; the driver passes on no more than its words."""
    return "FATAL" in reason and any(words in reason for words in _REFUSALS)


def is_forbidden(error: DBAPIError) -> bool:
    """Whether the user may not do it."""
    return getattr(error.orig, "sqlstate", None) == "42501"


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether somebody else held what was asked for, for as long as we wait."""
    return getattr(error.orig, "sqlstate", None) == "55P03"
