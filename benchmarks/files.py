"""Time the import of files of 5 MB, the whole command, against `pandas.read_csv` that is told everything.

    make bench-files

The files are made up: minutes of a close, hours as Brazilian Excel writes them, days of many symbols.
`trintena data import` finds out how to read each, checks it, says what looks odd and stores it;
pandas, in a process of its own, is given separator, encoding, signs and formats, and only parses. The
two take turns, and the medians count. Writes `benchmarks/files.json` and a table of
`benchmarks/README.md`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import machine
from readme import write_part

HERE = Path(__file__).parent
N_BYTES = 5_000_000
ROUNDS = 5


@dataclass(frozen=True)
class Case:
    """A kind of file: its lines, and what pandas has to be told of it."""

    name: str
    header: str
    lines: Iterator[str]
    encoding: str
    options: tuple[str, ...]
    pandas: dict[str, Any]

    def write(self, folder: Path) -> Path:
        """The file, as long as it has to be."""
        path = folder / f"{self.name}.csv"
        with path.open("w", encoding=self.encoding) as file:
            file.write(self.header)
            for line in self.lines:
                file.write(line)
                if file.tell() >= N_BYTES:
                    break
        return path


def cases() -> list[Case]:
    iso = {"parse_dates": ["date"]}
    excel = {"sep": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"}
    excel |= {"parse_dates": ["Data"], "date_format": "%d/%m/%Y %H:%M"}
    return [
        Case("minutes of a close", "date,close\n", _minutes(), "utf-8", (), iso),
        Case("hours, Brazilian Excel", "Data;Último;Abertura;Vol.\n", _hours(), "cp1252", (), excel),
        Case("days of 35 symbols", "date,close,volume,Name\n", _days(), "utf-8", ("--symbol", "S7"), iso),
    ]


def _walk(seed: int) -> Iterator[float]:
    rng = np.random.default_rng(seed)
    value = 100.0
    while True:
        for step in rng.normal(0.0, 5e-4, 10_000).tolist():
            value *= 1.0 + step
            yield value


def _minutes() -> Iterator[str]:
    start = np.datetime64("2020-01-01T00:00")
    for minute, close in enumerate(_walk(0)):
        yield f"{str(start + minute).replace('T', ' ')},{close:.4f}\n"


def _hours() -> Iterator[str]:
    brazilian = str.maketrans(",.", ".,")
    start = np.datetime64("1990-01-01T00", "h")
    for hour, close in enumerate(_walk(1)):
        prices = f"{close * 50:,.2f};{close * 49.9:,.2f};{close:.2f}M".translate(brazilian)
        yield f"{(start + hour).item():%d/%m/%Y %H:%M};{prices}\n"


def _days() -> Iterator[str]:
    for number in range(35):
        days = np.busday_offset("1990-01-01", np.arange(5_000))
        for day, close in zip(days.tolist(), _walk(number), strict=False):
            yield f"{day},{close:.4f},{round(close * 1e4)},S{number}\n"


def taken(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Wall-clock seconds and peak resident bytes of a command."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * unit


def measure(case: Case, folder: Path) -> dict[str, Any]:
    path = case.write(folder)
    environment = os.environ | {"TRINTENA_HOME": str(folder)}
    trintena = str(Path(sys.executable).with_name("trintena"))
    ours = [trintena, "data", "import", str(path), "--name", "bench", *case.options]
    peer = [sys.executable, "-c", f"import pandas; pandas.read_csv({str(path)!r}, **{case.pandas!r})"]
    runs = [(taken(ours, environment), taken(peer, environment)) for _ in range(ROUNDS + 1)][1:]
    seconds = {"trintena": [own[0] for own, _ in runs], "pandas": [other[0] for _, other in runs]}
    return {
        "name": case.name,
        "megabytes": path.stat().st_size / 1e6,
        "rows": path.read_bytes().count(b"\n") - 1,
        "seconds": {name: statistics.median(each) for name, each in seconds.items()},
        "ratio": statistics.median(own / other for own, other in zip(*seconds.values(), strict=True)),
        "peak_bytes": max(own[1] for own, _ in runs),
    }


def table(results: dict[str, Any]) -> str:
    lines = [
        "| 5 MB of | rows | `trintena data import` | `pandas.read_csv`, told everything | ratio | memory |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in results["files"]:
        seconds = row["seconds"]
        lines.append(
            f"| {row['name']} | {row['rows']:,} | {seconds['trintena']:.2f} s | {seconds['pandas']:.2f} s "
            f"| {row['ratio']:.1f} | {row['peak_bytes'] / 2**20:.0f} MiB |"
        )
    on = results["machine"]
    origin = (
        f"- Medians of {ROUNDS} runs each, {results['date']}, on {on['cpu']}, {on['cores']} cores, "
        f"{on['system']}, Python {on['python']}, pandas {results['pandas']}, numpy {results['numpy']}."
    )
    return "\n".join([*lines, "", origin]) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as name:
        files = [measure(case, Path(name)) for case in cases()]
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine.description(),
        "pandas": version("pandas"),
        "numpy": version("numpy"),
        "files": files,
    }
    print(table(results))
    (HERE / "files.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    write_part("files", table(results))


if __name__ == "__main__":
    main()
