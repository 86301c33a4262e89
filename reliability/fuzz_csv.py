"""Files of prices in every format of the wild, most of them damaged: read right or refused, never anything
else.

    make fuzz                                                    # ten thousand files, and the API
    python -m reliability.fuzz_csv --files 2000 --seed 3
    python -m reliability.fuzz_csv --seed 3 --only 1234          # one file again, to look at

Each file is read in a process of its own, whose seconds and memory count. What should have been read is
known: the files are made up (`csv_files/bases.py`), and a judge reads them on his own
(`csv_files/judge.py`). Some go through `trintena data import` and `POST /api/datasets` as well. Writes
`reliability/fuzz_csv.json`; what was found lies in a folder that is named at the end, with the seed and
the number that make it again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reliability import record
from reliability.csv_files.judge import faults
from reliability.csv_files.making import LARGE_SHARE, Case, case
from reliability.csv_files.reading import Outcome, Reader, reading
from reliability.csv_files.surfaces import Surfaces, surfaces
from reliability.progress import Progress

NAME = "fuzz_csv"
PACKAGES = ("numpy", "pandas")
_MOST_FINDINGS = 25
"""After so many the run ends: the first few tell enough."""


@dataclass
class Counts:
    """What a run has seen."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """By what was done to the file and what came of it: `damaged, refused`."""
    by_mutation: dict[str, Counter[str]] = field(default_factory=dict)
    by_format: dict[str, Counter[str]] = field(default_factory=dict)
    surfaces: Counter[str] = field(default_factory=Counter)
    n_large: int = 0
    slowest: tuple[float, float, int] = (0.0, 0.0, -1)
    """Processor seconds, seconds by the clock, number of the file."""
    largest: tuple[int, int] = (0, -1)
    """Bytes of memory, number of the file."""

    def add(self, now: Case, outcome: Outcome) -> None:
        """One file more."""
        self.outcomes[f"{now.file.kind}, {outcome.kind}"] += 1
        for name in now.file.done or ("nothing",):
            self.by_mutation.setdefault(name, Counter())[outcome.kind] += 1
        self.by_format.setdefault(now.file.base.name, Counter())[outcome.kind] += 1
        self.n_large += now.is_large
        self.slowest = max(self.slowest, (outcome.cpu_seconds, outcome.seconds, now.number))
        self.largest = max(self.largest, (outcome.peak_bytes, now.number))

    def to_json(self) -> dict[str, Any]:
        """As the record keeps it."""
        return {
            "outcomes": dict(sorted(self.outcomes.items())),
            "by_mutation": {name: dict(sorted(n.items())) for name, n in sorted(self.by_mutation.items())},
            "by_format": {name: dict(sorted(n.items())) for name, n in sorted(self.by_format.items())},
            "surfaces": dict(sorted(self.surfaces.items())),
            "n_large": self.n_large,
            "slowest_cpu_s": self.slowest[0],
            "slowest_s": self.slowest[1],
            "slowest_number": self.slowest[2],
            "peak_bytes": self.largest[0],
        }


def look_at(now: Case, read: Reader, folder: Path, ask: Surfaces | None) -> tuple[Outcome, list[str]]:
    """Have one file read in every way that it is to be, and judge it."""
    path = folder / "prices.csv"
    path.write_bytes(now.file.content)
    options = dict(now.options)
    outcome = read(path, {"name": "X", **options})
    found = list(faults(now.file, outcome, all_told=now.told == "all", right_options=now.told != "wrong"))
    if ask is not None and outcome.kind in ("read", "refused"):
        found += ask.faults(now.number, path, options, outcome)
    return outcome, found


def keep(now: Case, seed: int, outcome: Outcome, found: list[str], folder: Path) -> None:
    """What somebody needs who looks into a finding."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{now.number}.csv").write_bytes(now.file.content)
    told = {key: value for key, value in outcome.told.items() if key in ("kind", "message", "hint", "facts")}
    note = {
        "again": f"python -m reliability.fuzz_csv --seed {seed} --only {now.number}",
        "format": now.file.base.name,
        "done": now.file.done,
        "options": dict(now.options),
        "faults": found,
        "outcome": told,
    }
    (folder / f"{now.number}.json").write_text(json.dumps(note, indent=1, default=str), "utf-8")


@contextmanager
def _reading(folder: Path, *, n_surfaces: int) -> Iterator[tuple[Reader, Surfaces | None]]:
    with ExitStack() as stack:
        read = stack.enter_context(reading(folder))
        yield read, stack.enter_context(surfaces(folder, n_surfaces)) if n_surfaces else None


def run(
    seed: int, numbers: range, findings: Path, *, n_surfaces: int, large_share: float = LARGE_SHARE
) -> tuple[Counts, int]:
    """Read files of these numbers; gives what was counted and how many faults there were."""
    counts, n_found, progress = Counts(), 0, Progress("files", len(numbers))
    with (
        tempfile.TemporaryDirectory(prefix="trintena-fuzz-") as name,
        _reading(Path(name), n_surfaces=n_surfaces) as (read, ask),
    ):
        for done, number in enumerate(numbers, 1):
            now = case(seed, number, large_share)
            outcome, found = look_at(now, read, Path(name), ask)
            counts.add(now, outcome)
            if found:
                n_found += 1
                keep(now, seed, outcome, found, findings)
                print(
                    f"file {number} ({now.file.base.name}; {', '.join(now.file.done)}): {found[0]}",
                    flush=True,
                )
                if n_found >= _MOST_FINDINGS:
                    break
            progress.at(done, f"{n_found} faults")
        if ask is not None:
            counts.surfaces = ask.counts
    return counts, n_found


def main() -> int:
    """Read files, record what was counted; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000, help="how many (default 10,000)")
    record.add_options(parser, "the files")
    parser.add_argument("--only", type=int, help="read the file of this number and record nothing")
    parser.add_argument(
        "--surfaces",
        type=int,
        default=25,
        help="every so many files by API, 4 times as rarely by command; 0: none",
    )
    options = parser.parse_args()
    numbers = range(options.files) if options.only is None else range(options.only, options.only + 1)
    about = record.about(options.seed, PACKAGES)
    findings = Path(tempfile.gettempdir()) / f"trintena-{NAME}-{options.seed}"
    began = time.monotonic()
    counts, n_found = run(options.seed, numbers, findings, n_surfaces=options.surfaces)
    seconds = time.monotonic() - began
    told = counts.to_json()
    print(
        json.dumps(
            {
                key: told[key]
                for key in (
                    "outcomes",
                    "surfaces",
                    "n_large",
                    "slowest_cpu_s",
                    "slowest_s",
                    "slowest_number",
                    "peak_bytes",
                )
            }
        )
    )
    if n_found:
        print(f"{n_found} files were not read as they should be: see {findings}", file=sys.stderr)
    if options.only is None and not options.no_record:
        made = {
            **about,
            "seconds": round(seconds, 1),
            "n": sum(counts.outcomes.values()),
            "n_faults": n_found,
        }
        print(f"Recorded in {record.write(NAME, {**made, **told}, append=options.append)}")
    return 1 if n_found else 0


if __name__ == "__main__":
    sys.exit(main())
