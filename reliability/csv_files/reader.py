"""A process that reads files, each in a child of its own, and says what came of it and what it took.

    python -m reliability.csv_files.reader        # orders on standard input, one JSON object a line

An order names the file, the options of `read_csv` and where the outcome goes (`outcome`). The reply, a
line on standard output, has the status of the child, its processor seconds, its seconds by the clock and
the most memory that it took, what it inherited included. A child that takes too long is ended by the
kernel.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from trintena.data import doubts_of, read_csv
from trintena.errors import TrintenaError

HUNG_S = 30
"""By the clock, after which a child is taken for hung."""
_MOST_BYTES = 4 << 30
"""Of address space: whoever asks for more would harm the machine."""


def outcome(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """How a file was read, as plain values: `read`, `refused` or `crashed`."""
    try:
        reading = read_csv(path, **options)
        series = reading.series
        doubts = [doubt.message for doubt in doubts_of(series)]
        return {
            "kind": "read",
            "dates": series.dates,
            "columns": series.columns,
            "values": series.values,
            "hash": series.content_hash,
            "facts": reading.facts,
            "understood": reading.understood,
            "doubts": doubts,
            "lines": list(reading.understanding.table.lines),
        }
    except TrintenaError as error:
        return {"kind": "refused", "message": error.message, "hint": error.hint, "field": error.field}
    except BaseException:
        return {"kind": "crashed", "traceback": traceback.format_exc()}


def _child(order: dict[str, Any]) -> None:
    signal.setitimer(signal.ITIMER_REAL, HUNG_S)
    if sys.platform != "darwin":  # which knows the limit and keeps none
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    told = outcome(order["path"], order["options"])
    Path(order["outcome"]).write_bytes(pickle.dumps(told))


def main() -> None:
    """Answer orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            try:
                _child(order)
            finally:
                os._exit(0)
        _, status, usage = os.wait4(pid, 0)
        reply = {
            "status": os.waitstatus_to_exitcode(status),
            "seconds": time.perf_counter() - began,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
