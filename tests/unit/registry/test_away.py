"""A server that is away: what is said, who waits for it, and that nothing is written twice or lost."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg.errors
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from trintena.errors import BusyError, UnavailableError, UsageError
from trintena.registry import Registry, database, postgresql
from trintena.registry.database import make_engine
from trintena.registry.patience import PatientRegistry
from wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trintena.domain import PriceSeries
    from trintena.registry.session_locks import SessionLock


@pytest.fixture
def wire(on_server: str) -> Iterator[Wire]:
    """To the server, for those whose connection is to be cut."""
    port = make_url(on_server).port
    assert port is not None
    wire = Wire(port)
    yield wire
    wire.close()


@pytest.fixture
def over_wire(on_server: str, wire: Wire) -> str:
    return make_url(on_server).set(port=wire.port).render_as_string(hide_password=False)


@pytest.fixture
def registry(on_server: str) -> Iterator[Registry]:
    """Straight to the server: what really happened."""
    with Registry.open(on_server) as opened:
        yield opened


@pytest.fixture
def patient(over_wire: str) -> Iterator[PatientRegistry]:
    returned: list[float] = []
    opened = PatientRegistry(make_engine(over_wire), on_return=returned.append)
    opened.returned = returned  # type: ignore[attr-defined]
    yield opened
    opened.close()


@contextmanager
def back_after(seconds: float, wire: Wire) -> Iterator[None]:
    """The server is away from now on, and comes back in the meantime."""
    with wire.down():
        ready = threading.Event()
        back = threading.Timer(seconds, ready.set)
        back.start()

        def lift() -> None:
            ready.wait()
            wire._is_down = False

        lifter = threading.Thread(target=lift)
        lifter.start()
        yield
        lifter.join()


def kinds(registry: Registry, experiment: int) -> list[str]:
    return [event.kind for event in registry.events(experiment)]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_what_was_being_committed_when_the_wire_was_cut_is_there_once(
    wire: Wire, patient: PatientRegistry, registry: Registry, experiment: int, cut: Any
) -> None:
    wire.cut_at(b"COMMIT", cut)
    number = patient.add_event(experiment, "stopped")
    assert wire._word is None, "it was cut"
    (event,) = registry.events(experiment)
    assert (event.id, event.kind) == (number, "stopped")


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_version_whose_registration_was_cut_off_is_registered_once(
    wire: Wire,
    patient: PatientRegistry,
    registry: Registry,
    version_fields: Callable[..., dict[str, Any]],
    cut: Any,
) -> None:
    wire.cut_at(b"COMMIT", cut)
    version = patient.register_version(**version_fields(is_winner=True))
    assert registry.versions() == [version]
    assert registry.champion("NVDA", "log_return", 1) == version


def test_who_does_not_wait_still_learns_whether_a_commit_took_effect(
    wire: Wire, over_wire: str, registry: Registry, experiment: int
) -> None:
    with Registry.open(over_wire) as impatient:
        wire.cut_at(b"COMMIT", "after")
        impatient.add_event(experiment, "kept")
        wire.cut_at(b"COMMIT", "before")
        with pytest.raises(UnavailableError):
            impatient.add_event(experiment, "lost")
        impatient.add_event(experiment, "kept")
    assert kinds(registry, experiment) == ["kept", "kept"]


def test_a_run_waits_says_so_and_goes_on(
    wire: Wire,
    patient: PatientRegistry,
    registry: Registry,
    experiment: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patient.add_event(experiment, "running")
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, "trintena"), back_after(0.7, wire):
        patient.add_event(experiment, "trial")
    assert time.monotonic() - began >= 0.7
    assert kinds(registry, experiment) == ["running", "trial"]
    waits, goes_on = caplog.messages
    assert "does not answer" in waits
    assert "Waiting for it, for up to 10 min." in waits
    assert "not-to-be-shown" not in waits
    assert goes_on.startswith("The database can be used again, after 1 s")
    (seconds,) = patient.returned  # type: ignore[attr-defined]
    assert 0.7 <= seconds < 10


def test_a_connection_that_broke_is_made_anew_without_a_word(
    wire: Wire,
    patient: PatientRegistry,
    registry: Registry,
    experiment: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patient.add_event(experiment, "running")
    wire.cut()
    patient.add_event(experiment, "trial")
    assert kinds(registry, experiment) == ["running", "trial"]
    assert (caplog.messages, patient.returned) == ([], [])  # type: ignore[attr-defined]


def test_patience_has_an_end_and_begins_anew(wire: Wire, over_wire: str) -> None:
    patient = PatientRegistry(make_engine(over_wire), limit_s=0.5)
    with wire.down():
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            patient.n_waiting()
        assert 0.5 <= time.monotonic() - began < 10
        with pytest.raises(UnavailableError):  # at once: it has been away for long enough
            patient.n_waiting()
    assert patient.n_waiting() == 0
    patient.close()


def test_who_is_interrupted_while_it_waits_waits_no_more(wire: Wire, patient: PatientRegistry) -> None:
    interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    with wire.down():
        with pytest.raises(KeyboardInterrupt):
            patient.n_waiting()
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            patient.n_waiting()
        assert time.monotonic() - began < 5


def test_a_server_that_refuses_is_told_from_an_address_that_makes_no_sense(
    wire: Wire, over_wire: str, on_server: str
) -> None:
    with wire.down(), pytest.raises(UnavailableError) as caught:
        Registry.open(over_wire)
    assert "not-to-be-shown" not in str(caught.value)
    assert ":***@127.0.0.1" in str(caught.value)
    with pytest.raises(UsageError, match='"no_such_database" does not exist'):
        Registry.open(make_url(on_server).set(database="no_such_database").render_as_string(False))


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (psycopg.errors.DiskFull("no space left"), True),
        (psycopg.errors.TooManyConnections("no room"), True),
        (psycopg.errors.ReadOnlySqlTransaction("a standby"), True),
        (psycopg.errors.CannotConnectNow("it starts"), True),
        (psycopg.OperationalError("Connection refused"), True),
        (psycopg.OperationalError("FATAL:  the database system is starting up"), True),
        (psycopg.OperationalError('FATAL:  password authentication failed for user "ana"'), False),
        (psycopg.errors.LockNotAvailable("somebody has it"), False),
        (psycopg.errors.UniqueViolation("twice"), False),
        (psycopg.ProgrammingError("a fault of ours"), False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_may_be_over_soon_is_told_from_what_stays(error: psycopg.Error, is_away: bool) -> None:
    assert postgresql.is_away(DBAPIError("SELECT 1", None, error)) == is_away


# The lock of who runs an experiment


def busy(name: str) -> BusyError:
    return BusyError(f"taken by {name.split(' ')[0]}")


@pytest.fixture
def lock(over_wire: str) -> Iterator[SessionLock]:
    with Registry.open(over_wire) as asking:
        lock = asking.session_lock("experiment", 7, busy)
    lock.take()
    yield lock
    lock.release()


@pytest.mark.parametrize("server_notices", [True, False])
def test_a_holder_whose_session_broke_takes_its_lock_anew_before_it_writes(
    wire: Wire, lock: SessionLock, registry: Registry, experiment: int, server_notices: bool
) -> None:
    """Also where the server takes the former session for alive, which then is in its own way."""
    writer = PatientRegistry(lock.engine)
    writer.add_event(experiment, "running")
    wire.cut(server_notices=server_notices)
    writer.add_event(experiment, "trial")
    assert list(registry.lock_holders("experiment")) == [7]
    assert kinds(registry, experiment) == ["running", "trial"]


def test_a_lock_has_its_own_name_whatever_the_address_calls_its_connections(on_server: str) -> None:
    with Registry.open(f"{on_server}?application_name=ours&connect_timeout=7") as registry:
        lock = registry.session_lock("experiment", 7, busy)
        lock.take()
        (name,) = registry.lock_holders("experiment").values()
        lock.release()
    assert name.startswith(f"trintena {os.getpid()} ")


def test_a_holder_that_lost_its_lock_to_somebody_else_writes_nothing_more(
    wire: Wire, lock: SessionLock, registry: Registry, experiment: int
) -> None:
    writer = PatientRegistry(lock.engine)
    with wire.down():
        other = registry.session_lock("experiment", 7, busy)
        deadline = time.monotonic() + 20
        while registry.lock_holders("experiment"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        other.take()
    with pytest.raises(BusyError, match="taken by trintena"):
        writer.add_event(experiment, "trial")
    assert registry.events(experiment) == []
    other.release()
    writer.add_event(experiment, "trial")  # it is free again
    assert kinds(registry, experiment) == ["trial"]


def test_a_lock_that_was_given_back_is_not_taken_again_by_chance(
    lock: SessionLock, registry: Registry, experiment: int
) -> None:
    writer = PatientRegistry(lock.engine)
    lock.release()
    assert registry.lock_holders("experiment") == {}
    with pytest.raises(RuntimeError, match="given back"):
        writer.add_event(experiment, "trial")
    assert registry.lock_holders("experiment") == {}
    assert registry.events(experiment) == []


# Writers follow one another, readers see one state


def test_versions_registered_at_once_have_numbers_without_a_gap_and_one_champion(
    on_server: str, registry: Registry, version_fields: Callable[..., dict[str, Any]]
) -> None:
    fields = [version_fields(is_winner=True) for _ in range(12)]

    def register(part: list[dict[str, Any]]) -> None:
        with Registry.open(on_server) as own:
            for each in part:
                own.register_version(**each)

    writers = [threading.Thread(target=register, args=(fields[i::4],)) for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    versions = registry.versions()
    assert sorted(version.version for version in versions) == list(range(1, 13))
    assert [version.version for version in versions if version.is_winner] == [12]


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(registry: Registry, experiment: int) -> None:
    query = text("SELECT count(*) FROM events")
    with registry._reading() as session:
        assert session.scalar(query) == 0
        registry.add_event(experiment, "trial")
        assert session.scalar(query) == 0
    assert len(registry.events(experiment)) == 1


def test_a_writer_that_never_gets_its_turn_says_so(
    on_server: str, registry: Registry, experiment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    with registry._writing(), Registry.open(on_server) as other:
        assert other.events(experiment) == []  # readers do not wait
        with pytest.raises(BusyError, match="Another process has held the database"):
            other.add_event(experiment, "trial")


@pytest.mark.parametrize("symbol", ["N\0L", "N" * 300])
def test_a_value_that_the_server_refuses_is_bad_usage(
    registry: Registry, series: Callable[..., PriceSeries], symbol: str
) -> None:
    with pytest.raises(UsageError, match="cannot keep such a value"):
        registry.save_dataset(series(symbol))
