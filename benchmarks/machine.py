"""What this machine can do, and what a command takes of it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from trintena.settings import usable_cores

_WATCH_S = 0.2
_SGEMM = """
import time, numpy as np
a, b = (np.random.default_rng(0).standard_normal((2, 1536, 1536)).astype(np.float32))
a @ b
best = 1e9
for _ in range(8):
    began = time.perf_counter(); a @ b; best = min(best, time.perf_counter() - began)
print(2 * 1536**3 / best / 1e9)
"""


@dataclass(frozen=True)
class Usage:
    """What one command took: wall-clock seconds, and the most memory of all its processes together.

    The memory is a sum of resident sizes: what processes share counts once for each, so that it is
    an upper bound.
    """

    seconds: float
    peak_bytes: int


def run(command: list[str], environment: dict[str, str], log: Path) -> Usage:
    """Run a command to its end and watch it and its children.

    Raises:
        RuntimeError: it failed; the message holds the end of what it printed.
    """
    with log.open("w") as output:
        began = time.perf_counter()
        process = psutil.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        peak, ended = 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not ended.wait(_WATCH_S):
                peak = max(peak, resident(process))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        code = process.wait()
        seconds = time.perf_counter() - began
        ended.set()
        watcher.join()
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{log.read_text()[-3000:]}")
    return Usage(seconds, peak)


def resident(process: psutil.Process) -> int:
    """Resident bytes of a process and of all that it started, together."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:  # it ended while we asked
            continue
    return total


def sgemm_gflops() -> float:
    """What single-precision matrix products reach with every core busy, in GFLOP/s, all cores together."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen([sys.executable, "-c", _SGEMM], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in usable_cores()
    ]
    return sum(float(process.communicate()[0]) for process in running)


def commit() -> str:
    """What was measured; `+` when the checkout held more than its commit."""
    words = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    here = Path(__file__).parent
    return subprocess.run(words, cwd=here, capture_output=True, text=True, check=True).stdout.strip()


def description() -> dict[str, str | int]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cores": len(usable_cores()),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
    }
