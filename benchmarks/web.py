"""Time the web server: its start, its answers while an experiment trains, its event streams, its pages.

    make bench

Real processes of `trintena serve` on free ports, in a home with a champion of its own. Beside each figure
stands what the framework alone costs: an application that says hello (`web_peer.py`), asked in the same way
in the same run. Writes `benchmarks/web.json` and prints each limit with what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import machine
import web_load as load
from trintena.registry import Registry
from trintena.settings import DATABASE
from web_page import loaded
from web_server import Server, hello, running, trintena

HERE = Path(__file__).parent
SYMBOL = "sample:nasdaq"
CHAMPION_OF, BUSY_WITH = "6,9,26", [1, 11, 26]
HEALTH, HELLO, TICKS = "/healthz", "/hello", "/ticks"
PAGES = ("/", "/advanced-training", "/custom-model")
N_STARTS, N_REQUESTS, N_PAGES, N_STREAMS = 5, 400, 40, 200
PER_SECOND, LOAD_S, STREAMS_S = 20.0, 30.0, 20.0
_GIVEN_S = 180.0


@dataclass(frozen=True)
class Limit:
    """What was promised of a figure, what was measured, and what the framework alone comes to."""

    name: str
    unit: str
    limit: float
    measured: float
    peer: float | None = None

    @property
    def is_met(self) -> bool:
        return self.measured < self.limit

    def to_json(self) -> dict[str, Any]:
        ratio = self.measured / self.peer if self.peer else None
        return {**vars(self), "ratio": ratio, "met": self.is_met}


class Bench:
    """One home with a champion, and what is measured on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        environment = os.environ | {
            "TRINTENA_HOME": str(self.home),
            "TRINTENA_CACHE": str(self.home / "cache"),
        }
        words = ["train", "--symbol", SYMBOL, "--models", CHAMPION_OF]
        print(f"A champion of {SYMBOL}", flush=True)
        machine.run([sys.executable, "-m", "trintena", *words], environment, folder / "train.log")

    @contextmanager
    def ours(self) -> Iterator[Server]:
        with running(*trintena(self.home), HEALTH, self.folder / "serve.log") as server:
            yield server

    @contextmanager
    def peer(self) -> Iterator[Server]:
        with running(*hello(), HELLO, self.folder / "peer.log") as server:
            yield server

    def start(self) -> dict[str, Any]:
        """Both in turn; the first of each reads the files from the disk and does not count."""
        runs: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
        for _ in range(N_STARTS + 1):
            for name, kind in (("ours", self.ours), ("peer", self.peer)):
                with kind() as server:
                    runs[name].append(
                        {"first_answer_s": server.first_answer_s, "resident_bytes": server.resident_bytes}
                    )
        return {name: load.medians(each[1:]) for name, each in runs.items()}

    def info(self) -> dict[str, Any]:
        with self.ours() as ours, self.peer() as peer:
            return {
                "ours": load.one_after_the_other(ours, "/api/models-info", N_REQUESTS).to_json(),
                "peer": load.one_after_the_other(peer, HELLO, N_REQUESTS).to_json(),
            }

    def pages(self) -> dict[str, Any]:
        with self.ours() as ours:
            return {page: self._page(ours, page) for page in PAGES}

    def _page(self, server: Server, page: str) -> dict[str, Any]:
        weight = loaded(server, page)
        return {
            **load.one_after_the_other(server, page, N_PAGES, n_warm=3).to_json(),
            "bytes_besides_plotly": weight.besides_plotly,
            "plotly_bytes": weight.plotly,
            "bytes": weight.wire_bytes,
        }

    def predict(self) -> dict[str, Any]:
        n, body = int(PER_SECOND * LOAD_S), {"symbol": SYMBOL}
        with self.ours() as ours, self.peer() as peer, self._training(ours) as n_ended:
            ours.json("POST", "/api/predict", body)  # its champion is open from here on
            before = n_ended()
            mine = load.on_schedule(ours, "POST", "/api/predict", body, per_second=PER_SECOND, n=n)
            between = n_ended()
            alone = load.on_schedule(peer, "GET", HELLO, None, per_second=PER_SECOND, n=n)
            after = n_ended()
        if not before < between < after:
            raise RuntimeError(
                f"nothing was trained meanwhile: {before}, {between}, {after} trials had ended"
            )
        return {
            "ours": mine.to_json(),
            "peer": alone.to_json(),
            "trials_meanwhile": [between - before, after - between],
        }

    def streams(self) -> dict[str, Any]:
        with self.ours() as ours, self._training(ours) as n_ended:
            path = f"/api/experiments/{n_ended.experiment_id}/events"
            mine = load.event_streams(ours, path, N_STREAMS, STREAMS_S)
            with self.peer() as peer:
                alone = load.event_streams(peer, TICKS, N_STREAMS, STREAMS_S)
        return {"ours": mine, "peer": alone}

    @contextmanager
    def _training(self, server: Server) -> Iterator[Ended]:
        """An experiment that trains for longer than anything here takes; cancelled afterwards."""
        body = {
            "mode": "optimized",
            "optimization_strategy": "random",
            "n_trials": 400,
            "model_ids": BUSY_WITH,
            "symbol": SYMBOL,
        }
        number = server.json("POST", "/api/train-advanced", body, Prefer="respond-async")["experiment_id"]
        with Registry.open(f"sqlite:///{self.home / DATABASE}") as registry:
            ended = Ended(registry, number)
            wait(lambda: ended() > 0, "the first trial of the experiment")
            try:
                yield ended
                if registry.experiment(number).state != "running":
                    raise RuntimeError("the experiment ended before what it was to disturb")
            finally:
                server.json("POST", f"/api/experiments/{number}/cancel")
                wait(lambda: registry.experiment(number).state == "cancelled", "the end of the experiment")


@dataclass(frozen=True)
class Ended:
    """How many trials of an experiment have ended."""

    registry: Registry
    experiment_id: int

    def __call__(self) -> int:
        record = self.registry.experiment(self.experiment_id)
        return record.n_finished + record.n_failed


def wait(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _GIVEN_S
    while not look():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {_GIVEN_S:.0f} s still waiting for {what}")
        time.sleep(0.2)


def limits(results: dict[str, Any]) -> list[Limit]:
    """What the figures are held against, of the parts that were measured."""
    found = []
    if start := results.get("start"):
        ours, peer = start["ours"], start["peer"]
        found += [
            Limit(
                "from the start to the first answer", "s", 1.5, ours["first_answer_s"], peer["first_answer_s"]
            ),
            Limit("memory then", "MB", 200, ours["resident_bytes"] / 1e6, peer["resident_bytes"] / 1e6),
        ]
    if info := results.get("info"):
        found.append(
            Limit(
                "`/api/models-info`, p95", "ms", 10, 1e3 * info["ours"]["p95_s"], 1e3 * info["peer"]["p95_s"]
            )
        )
    if predict := results.get("predict"):
        name = f"`/api/predict`, p95, {PER_SECOND:.0f} a second while an experiment trains"
        found.append(Limit(name, "ms", 50, 1e3 * predict["ours"]["p95_s"], 1e3 * predict["peer"]["p95_s"]))
    if streams := results.get("streams"):
        name = f"{N_STREAMS} open event streams, share of a core"
        found.append(Limit(name, "", 0.1, streams["ours"]["cpu_share"], streams["peer"]["cpu_share"]))
    for page, figures in results.get("pages", {}).items():
        found += [
            Limit(f"page `{page}`, p95", "ms", 100, 1e3 * figures["p95_s"]),
            Limit(f"page `{page}`, besides Plotly", "kB", 60, figures["bytes_besides_plotly"] / 1e3),
        ]
    return found


def table(rows: list[Limit]) -> str:
    lines = ["| | limit | measured | the framework alone | met |", "|---|--:|--:|--:|---|"]
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:.3g} {row.unit}"
        met = "yes" if row.is_met else "**no**"
        lines.append(
            f"| {row.name} | {row.limit:g} {row.unit} | {row.measured:.3g} {row.unit} | {peer} | {met} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = ("start", "info", "pages", "predict", "streams")
    parser.add_argument("--only", choices=parts, nargs="+", help="measure these; nothing is written then")
    options = parser.parse_args()
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "machine": machine.description(),
        "versions": {name: version(name) for name in ("trintena", "fastapi", "starlette", "uvicorn")},
        "load_average_before": os.getloadavg()[0],
    }
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as name:
        bench = Bench(Path(name))
        for part in options.only or parts:
            print(f"Measuring: {part}", flush=True)
            results[part] = getattr(bench, part)()
    rows = limits(results)
    print(table(rows))
    if not options.only:
        results["limits"] = [row.to_json() for row in rows]
        (HERE / "web.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
