"""Ten thousand requests that Schemathesis makes up, against a running server: no fault, all as described.

    make fuzz                                                # with ten thousand files
    python -m reliability.fuzz_api --requests 2000 --seed 3

A real `trintena serve` with its worker, over a home with finished experiments, models and prices, asked
over HTTP. All checks of Schemathesis are on, and it knows numbers and names that are really there.
Trainings that it asks for are run, small ones to their end, the others for a few seconds. Afterwards
every process of the start must be alive, the queue must empty itself, and a training must succeed. Writes
`reliability/fuzz_api.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from reliability import record
from reliability.api.configuration import dictionaries, written
from reliability.api.hooks import NOTES
from reliability.api.janitor import cleaning, under_way
from reliability.homes import SMALL, fill
from reliability.progress import Progress
from reliability.serving import Served, serving

NAME = "fuzz_api"
PACKAGES = ("schemathesis", "hypothesis", "fastapi", "uvicorn")
NOBODY = "http://127.0.0.1:9"
"""Where requests to the world outside go: nothing answers there."""
OTHER_METHODS = "other methods"
"""What is asked of an address that has no such method counts together."""
_EMPTY_WITHIN_S, _TRAINED_WITHIN_S = 90.0, 180.0
_EXAMPLES = 40
"""Of each operation in one pass; passes go on until there are enough requests."""


def run(home: Path, folder: Path, seed: int, n_requests: int, n_examples: int = _EXAMPLES) -> dict[str, Any]:
    """Ask until there are so many answers; gives what was counted and what was found."""
    os.environ |= {"HTTP_PROXY": NOBODY, "HTTPS_PROXY": NOBODY, "NO_PROXY": "127.0.0.1"}
    notes, faults, n_passes = folder / "notes.jsonl", list[str](), 0
    notes.touch()
    progress = Progress("requests", n_requests)
    with serving(home, "--workers", 1) as server:
        began = {process.pid: process.name() for process in _lasting(server)}
        routes = _routes(server.address)
        configuration = written(folder, dictionaries(server.address), "reliability.api.hooks")
        with cleaning(server.address) as cancelled:
            while len(asked := _noted(notes)) < n_requests and not faults:
                faults += _one_pass(
                    server, folder, configuration, notes, seed + 1000 * n_passes, n_examples, progress
                )
                n_passes += 1
        faults += afterwards(server, began)
    by_route: dict[str, Counter[str]] = {}
    for note in asked:
        route = note["route"] if note["route"] in routes else OTHER_METHODS
        by_route.setdefault(route, Counter())[_status_class(note["status"])] += 1
    return {
        "n": len(asked),
        "passes": n_passes,
        "cancelled": cancelled.n,
        "routes": {route: dict(sorted(counts.items())) for route, counts in sorted(by_route.items())},
        "slowest_s": max((note["seconds"] for note in asked), default=0.0),
        "n_faults": len(faults),
        "faults": faults,
    }


def _one_pass(
    server: Served,
    folder: Path,
    configuration: Path,
    notes: Path,
    seed: int,
    n_examples: int,
    progress: Progress,
) -> list[str]:
    """One run of Schemathesis over every operation; what it complains of."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{server.address}/openapi.json", "--checks", "all", "--no-color"),
        *("--max-examples", str(n_examples), "--seed", str(seed), "--request-timeout", "60"),
        *("--suppress-health-check", "all", "--no-shrink"),
    ]
    root = Path(__file__).parents[1]
    told = {NOTES: str(notes), "PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore"}
    told["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "examples")
    log = folder / f"schemathesis-{seed}.log"
    with log.open("w") as shown:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | told, stdout=shown, stderr=shown)
        while process.poll() is None:
            time.sleep(1)
            progress.at(len(notes.read_bytes().splitlines()))
    text = log.read_text("utf-8")
    if process.returncode == 0:
        return []
    _, _, failures = text.partition("= FAILURES =")
    return [f"Schemathesis, seed {seed}, ended with {process.returncode}:\n{failures or text}"]


def _routes(address: str) -> set[str]:
    """Every method and address of the description."""
    paths = httpx.get(f"{address}/openapi.json", timeout=60).json()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def _noted(notes: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in notes.read_text("utf-8").splitlines()]


def _status_class(status: int) -> str:
    return f"{status // 100}xx" if status else "no answer"


def _lasting(server: Served) -> list[psutil.Process]:
    """The server, its worker and its process for forecasts: those that are to live as long as it does."""
    wanted = 3
    deadline = time.monotonic() + 60
    while len(found := [server.process, *server.process.children()]) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"after a minute {len(found)} processes of {wanted}: {found}")
        time.sleep(0.5)
    return found


def afterwards(server: Served, began: dict[int, str]) -> Iterator[str]:
    """What is wrong with a server after all that."""
    alive = {process.pid for process in server.processes() if process.is_running()}
    for pid, name in began.items():
        if pid not in alive:
            yield f"process {pid} ({name}) of the start is dead"
    with httpx.Client(base_url=server.address, timeout=60) as ask:
        for number, _ in under_way(ask):
            ask.post(f"/api/experiments/{number}/cancel")
        deadline = time.monotonic() + _EMPTY_WITHIN_S
        while left := under_way(ask):
            if time.monotonic() > deadline:
                yield f"after {_EMPTY_WITHIN_S:.0f} s the queue still holds {left}"
                break
            time.sleep(0.5)
        for path in ("/healthz", "/", "/metrics"):
            if (status := ask.get(path).status_code) != 200:
                yield f"GET {path} is answered with {status}"
        answer = ask.post("/api/train-advanced", json=SMALL, timeout=_TRAINED_WITHIN_S)
        if answer.status_code != 200 or answer.json()["status"] != "success":
            yield f"a training afterwards is answered with {answer.status_code}: {answer.text[:500]}"
    log = server.log.read_text("utf-8", "replace")
    if "Traceback" in log:
        yield f"the server has printed a traceback:\n{log[log.index('Traceback') - 300 :][:3000]}"


def main() -> int:
    """Ask, record what was counted; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000, help="at least so many (default 10,000)")
    record.add_options(parser, "the requests")
    options = parser.parse_args()
    about = record.about(options.seed, PACKAGES)
    folder = Path(tempfile.mkdtemp(prefix=f"trintena-{NAME}-{options.seed}-"))
    print("A home with experiments, models and prices", flush=True)
    home, began = fill(folder), time.monotonic()
    told = run(home, folder, options.seed, options.requests)
    told["seconds"] = round(time.monotonic() - began, 1)
    for fault in told["faults"]:
        print(fault, file=sys.stderr)
    for route, counts in told["routes"].items():
        print(f"{route:60} {counts}")
    if told["n_faults"]:
        print(f"{told['n_faults']} faults; the logs are in {folder}", file=sys.stderr)
    if not options.no_record:
        print(f"Recorded in {record.write(NAME, {**about, **told}, append=options.append)}")
    return 1 if told["n_faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
