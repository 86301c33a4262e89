"""An hour under load: trainings, forecasts, streams of events, cancels at random; nothing may grow.

    make soak
    python -m reliability.soak --minutes 5 --no-record

A real `trintena serve` with its worker. Twenty forecasts a second are asked for at their times, whether
or not the earlier ones have been answered; fifty streams of events are held open and opened again; one
training follows another, and a quarter of them are cancelled at a random moment. Every ten seconds
memory, descriptors and threads of every process are read. Writes `reliability/soak.json` and the pictures
in `docs/`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from reliability import record
from reliability.endurance.load import Load, run
from reliability.endurance.verdict import by_minute, checks
from reliability.endurance.watch import watching
from reliability.homes import fill
from reliability.meanwhile import meanwhile
from reliability.progress import Progress
from reliability.serving import serving

NAME = "soak"
PACKAGES = ("fastapi", "uvicorn", "jax", "keras", "sqlalchemy")
_PARTS = 60


def soaked(home: Path, minutes: float, seed: int) -> dict[str, Any]:
    """Load a home's server for so long; what was measured, and what was wrong."""
    with serving(home, "--workers", 1) as server:
        load = Load(server.address, time.monotonic() + 60 * minutes, seed)
        with watching(server, load.began) as samples:
            _run_with_progress(load, 60 * minutes)
        seconds = time.monotonic() - load.began
        alive = server.process.is_running()
        log = server.log.read_text("utf-8", "replace")
    found = checks(samples, load.latencies, 60 * minutes)
    faults = list(load.faults)
    if not alive:
        faults.append("the server has ended")
    if "Traceback" in log:
        faults.append(f"the server has printed a traceback:\n{log[log.index('Traceback') :][:2000]}")
    return {
        "seconds": round(seconds, 1),
        "counts": dict(sorted(load.counts.items())),
        "database_bytes": (home / "trintena.db").stat().st_size,
        "checks": [check.to_json() for check in found],
        "faults": faults,
        "n_faults": len(faults) + sum(not check.held for check in found),
        "course": by_minute(samples, load.latencies, _PARTS),
    }


def _run_with_progress(load: Load, seconds: float) -> None:
    progress = Progress("seconds", seconds)

    def say() -> None:
        done = min(time.monotonic() - load.began, seconds)
        progress.at(done, f"{load.counts['experiments']} experiments, {load.counts['forecasts']} forecasts")

    with meanwhile(say, 5):
        asyncio.run(run(load))


def main() -> int:
    """Load, record what was measured; 1 where anything grew or was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    record.add_options(parser, "the trainings and cancels")
    options = parser.parse_args()
    about = record.about(options.seed, PACKAGES)
    with tempfile.TemporaryDirectory(prefix="trintena-soak-") as name:
        print("A home with experiments, models and prices", flush=True)
        told = soaked(fill(Path(name)), options.minutes, options.seed)
    print(told["counts"])
    for check in told["checks"]:
        held = "held" if check["held"] else "NOT HELD"
        print(f"{check['what']:12} {check['role']:10} {check['first']:>14.4g} {check['last']:>14.4g}  {held}")
    for fault in told["faults"]:
        print(fault, file=sys.stderr)
    if not options.no_record:
        made = {**about, "minutes": options.minutes, **told}
        print(f"Recorded in {record.write(NAME, made, append=options.append)}")
    return 1 if told["n_faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
