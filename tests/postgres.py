"""A real PostgreSQL server for tests, on a free port of this machine, which ends with the test process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

USER, PASSWORD = "trintena", "not-to-be-shown"
_PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
_PATIENCE_S = 60.0

_UNTIL_WE_END = 'postgres=$1; shift; "$postgres" "$@" & read end; kill -QUIT $!; wait'
"""The server ends when its input is closed, as it is also by the end of a test process that was killed."""

_FAST = ("fsync=off", "full_page_writes=off", "max_connections=200")
"""What is committed outlives the server, though not the machine: more than that no test asks for."""


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, of the newest version; None where there is none."""
    if (found := shutil.which("initdb")) is not None and shutil.which("postgres") is not None:
        return Path(found).resolve().parent
    folders = [folder for place in _PLACES for folder in Path("/").glob(place[1:])]
    whole = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return max(whole, key=_version, default=None)


def _version(folder: Path) -> float:
    digits = "".join(letter for letter in str(folder) if letter.isdigit() or letter == ".")
    try:
        return float(digits)
    except ValueError:
        return 0.0


class Server:
    """A server with a folder of its own. It refuses to run as root, so root has it run as `postgres`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._data, self._folder = programs, folder / "data", folder
        self._user = "postgres" if os.getuid() == 0 else None
        self._keeper: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    def create(self) -> None:
        """Make its folder of data."""
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        command = [self._programs / "initdb", "--pgdata", self._data, "--username", USER]
        command += ["--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd="/")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1"]
        options += [f"unix_socket_directories={self._folder}", *_FAST]
        command = ["sh", "-c", _UNTIL_WE_END, "sh", str(self._programs / "postgres"), "-D", str(self._data)]
        with (self._folder.parent / f"{self._folder.name}.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [*command, *(word for option in options for word in ("-c", option))],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
                start_new_session=True,  # an interrupt of the tests is not for it
            )
        deadline = time.monotonic() + _PATIENCE_S
        while not self._answers():
            assert self._keeper.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, as a crash would: what is connected is cut off, what was committed stays."""
        assert self._keeper is not None
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(_PATIENCE_S)
        self._keeper = None

    @property
    def pid(self) -> int:
        """The number of the first of its processes."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """It stands still: answers nobody and ends no connection, for as long as the context lasts."""
        first = psutil.Process(self.pid)
        processes = [first, *first.children()]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def log(self) -> str:
        """What it said."""
        return (self._folder.parent / f"{self._folder.name}.log").read_text("utf-8", "replace")

    def url(self, database: str) -> str:
        """The address of a database; the password is there to be hidden, the server asks for none."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What a statement answers."""
        with psycopg.connect(self._plain(database), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database and give its address."""
        ((version,),) = self.run("SHOW server_version_num")
        # From version 15 on, copying files is no longer what it does by itself; here it is the faster way.
        how = "STRATEGY FILE_COPY" if int(str(version)) >= 150000 else ""
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {how}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _plain(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} dbname={database} connect_timeout=5"

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running() -> Iterator[Server]:
    """A server that runs, and is gone afterwards, with its folder."""
    found = programs()
    assert found is not None, MISSING
    # Not under pytest's own folder: nobody but who runs the tests may look into that.
    folder = Path(tempfile.mkdtemp(prefix="trintena-postgres-"))
    server = Server(found, folder)
    try:
        server.create()
        server.start()
        yield server
    finally:
        if server._keeper is not None:
            server.stop()
        shutil.rmtree(folder)
        folder.with_name(f"{folder.name}.log").unlink(missing_ok=True)


MISSING = "there is no PostgreSQL: install Debian's package postgresql, or postgresql of Homebrew"
