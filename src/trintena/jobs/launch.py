"""How a worker process comes into being: its command line, its environment, its only connection.

The child is a program of its own (`child.py`), not a copy of the parent: an unguarded script, a
notebook or the prompt is never imported a second time, and nothing of the parent is inherited but
one end of a socket. `docs/adr/0004-worker-processes.md` tells why.
"""

from __future__ import annotations

import multiprocessing.connection
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from trintena.jobs.failures import WorkerDied

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    (
        "NPROC",  # XLA's thread pools, where the system has no affinity
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)
"""Read by the numerical libraries when they load, so set before the child starts."""

_LOG_BYTES = 4096


@dataclass(eq=False)
class Launched:
    """What exists only while there is a process."""

    popen: subprocess.Popen[bytes]
    connection: Connection
    log: IO[bytes]
    is_ready: bool = False
    """Warmed up, and reading requests."""
    log_start: int = 0
    """Where the present call's part of the log begins, in bytes."""

    def mark_log(self) -> None:
        """What is written from here on belongs to the call that begins."""
        self.log_start = os.fstat(self.log.fileno()).st_size

    def log_end(self) -> str:
        """The last that the process wrote to its standard output and error during the present call."""
        descriptor = self.log.fileno()
        start = max(self.log_start, os.fstat(descriptor).st_size - _LOG_BYTES)
        # pread, for seeking would move the place at which the child writes on.
        return os.pread(descriptor, _LOG_BYTES, start).decode(errors="replace")

    def resident_bytes(self) -> int:
        """Memory that the process holds now; 0 when it has ended."""
        if self.popen.poll() is not None:
            return 0
        statm = Path(f"/proc/{self.popen.pid}/statm")
        if statm.exists():
            return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        command = ["ps", "-o", "rss=", "-p", str(self.popen.pid)]
        answer = subprocess.run(command, capture_output=True, text=True)
        return int(answer.stdout.strip() or 0) * 1024

    def release(self) -> None:
        """Give the descriptors back, once the process has been reaped."""
        self.connection.close()
        self.log.close()


CHILD = "trintena.jobs.child"


def launch(
    core: int | None, environment: Mapping[str, str], warm: str | None = None, *, program: str = CHILD
) -> Launched:
    """Start a child, or another program of ours that takes a descriptor, and return at once.

    Raises:
        WorkerDied: the system gave no further process.
    """
    ours, theirs = multiprocessing.connection.Pipe()
    # A file and no pipe: nobody has to drain it, so a talkative library never stands still. It has no
    # name and is gone with the last of the two processes.
    log = tempfile.TemporaryFile(prefix="trintena-worker-")  # noqa: SIM115
    try:
        popen = subprocess.Popen(
            _command(program, theirs.fileno(), core, warm),
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": _import_path(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(theirs.fileno(),),
            process_group=0,  # Ctrl-C in the terminal reaches the parent alone
        )
    except OSError as error:
        ours.close()
        log.close()
        raise WorkerDied(f"the worker process could not be started: {error}") from error
    finally:
        theirs.close()
    return Launched(popen, ours, log)


def _command(program: str, descriptor: int, core: int | None, warm: str | None) -> list[str]:
    # -u: what was printed before a crash is in the log. -P: the working directory is no place to import
    # from, unless it is one for the parent.
    command = [sys.executable, "-u", "-P", "-m", program, str(descriptor)]
    command += ["--parent", str(os.getpid())]
    if core is not None:
        command += ["--core", str(core)]
    if warm is not None:
        command += ["--warm", warm]
    return command


def _import_path() -> str:
    """The child finds modules where this process does, wherever its `sys.path` came from."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
