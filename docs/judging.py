"""The figures of "How forecasts are judged", in two languages: computed here, written into the pages.

    python docs/judging.py           # compute everything anew: some minutes of one core, no network
    python docs/judging.py --pages   # write the kept figures into the pages
    python docs/judging.py --check   # fail when a page says something else than the figures or the code

What is computed is kept in `docs/judging.json`; the pages name the figures that they want (`judging_page`).
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from judging_crowds import TEN_YEARS, Crowd
from judging_figures import SEVERAL, held, of_sample, over_stretches, rules
from judging_luck import CROWDS, false_alarms, looks, power, selection, suspicions, undecided
from judging_page import PAGES, RECORD, faults, filled, read_record, record_text
from trintena.data.sources.sample import SAMPLES

SEED = 0
RUNS = {"selection": 400, "verdict": 1000, "spa": 250, "power": 200, "looks": 200, "undecided": 60}
TRIALS = {"alone": 1, "board": rules()["architectures"], "search": rules()["search"]}
LOOKS = (1, 5, 20)
LONG = 5031
"""Rows of a whole sample."""
EXPLAINED = {"one": (0.01, TEN_YEARS), "two": (0.02, TEN_YEARS), "long": (0.01, LONG)}
"""Shares of the variance that planted forecasts explain, and of how many rows."""


def computed() -> dict[str, Any]:
    """Every figure. Each part has a generator of its own, so that none depends on what came before."""
    _say("the samples")
    told: dict[str, Any] = {"rules": rules(), "runs": RUNS}
    told |= {name: of_sample(name, _rng(0)) for name in SAMPLES}
    told["stretches"] = over_stretches()
    _say("the luckiest of many trials")
    told["selection"] = selection(_rng(1), RUNS["selection"], TRIALS)
    told |= _of_no_better() | _of_better()
    _say("intervals")
    return {**told, "held": held(1), "held_steps": held(SEVERAL)}


def _of_no_better() -> dict[str, Any]:
    """What the judge says of champions that are no better than the last value."""
    told: dict[str, Any] = {}
    for part, (name, crowd) in enumerate(CROWDS.items(), 10):
        _say(f"false alarms, {name}")
        told[f"alarms_{name}"] = false_alarms(_rng(part), RUNS["verdict"], RUNS["spa"], crowd)
    beats, spa = (max(each[test] for each in told.values()) for test in ("beats", "spa"))
    margins = {"margin": _margin(beats, RUNS["verdict"]), "spa_margin": _margin(spa, RUNS["spa"])}
    even = CROWDS["even_alike"]
    _say("suspicions")
    told["suspicions"] = suspicions(_rng(20), RUNS["verdict"], even, LONG)
    _say("one test segment, many looks")
    told["looks"] = looks(_rng(21), RUNS["looks"], LOOKS)
    told["undecided_even"] = undecided(_rng(22), RUNS["undecided"], even)
    return {**told, "alarms_most": {"beats": beats, **margins}}


def _of_better() -> dict[str, Any]:
    """What it says of champions that are better."""
    told: dict[str, Any] = {}
    for part, (name, (share, n_rows)) in enumerate(EXPLAINED.items(), 30):
        _say(f"skill that is there, {name}")
        told[f"power_{name}"] = {"share": share, **power(_rng(part), RUNS["power"], share, n_rows)}
    share, _ = EXPLAINED["one"]
    told["undecided_one"] = undecided(_rng(33), RUNS["undecided"], Crowd.explaining(share))
    return told


def _rng(part: int) -> np.random.Generator:
    return np.random.default_rng([SEED, part])


def _margin(share: float, n_runs: int) -> float:
    """Two standard errors of a share of so many runs."""
    return float(2 * (share * (1 - share) / n_runs) ** 0.5)


def _say(part: str) -> None:
    print(f"{part} …", flush=True)


def main() -> int:
    """Compute and write, or only write, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--pages", action="store_true", help="compute nothing; write the figures into the pages"
    )
    only.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    options = parser.parse_args()
    if options.check:
        for fault in (found := faults(read_record())):
            print(fault)
        if not found:
            print(f"{len(PAGES)} pages on judging are current.")
        return 1 if found else 0
    if not options.pages:
        RECORD.write_text(record_text(computed()), "utf-8")
    record = read_record()
    for language, path in PAGES.items():
        path.write_text(filled(path.read_text("utf-8"), record, language), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
