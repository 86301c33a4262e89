"""Where the time of one trial goes, on one core: tracing, compiling, training.

    python benchmarks/engine.py --models 1,5,18 --option xla_cpu_prefer_vector_width=256

Nothing is read from a cache of compiled programs. The options are XLA's; they stand beside the
engine's own, or in their place (`--plain` leaves those out). Run it when the machine is idle.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from typing import Any

os.environ |= {"NPROC": "1", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "2"}
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax

from trintena.domain import TrialResult
from trintena.training import program
from trintena.training.trial import Training, warm_up
from trintena.zoo import choose
from workload import FAST_MODE, Workload

PHASES = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lower",
    "/jax/core/compile/backend_compile_duration": "compile",
}


def main() -> None:
    options = _options()
    if options.plain:
        program.CPU_OPTIONS.clear()
    program.CPU_OPTIONS.update(map(_parsed, options.option))
    spent: dict[str, float] = defaultdict(float)

    def note(event: str, seconds: float, **_: Any) -> None:
        if event in PHASES:
            spent[PHASES[event]] += seconds

    jax.monitoring.register_event_duration_secs_listener(note)
    workload = Workload()
    warm_up()
    names = ("trace", "lower", "compile", "fit", "all")
    print(f"{'':44}" + "".join(f"{name:>9}" for name in names))
    sums: dict[str, float] = defaultdict(float)
    for recipe in choose(options.models):
        spent.clear()
        began = time.perf_counter()
        trial = TrialResult(recipe.id, "RUNNING", FAST_MODE, seed=0)
        training = Training(workload.frame, workload.segments, [trial])
        training.run()
        (result,) = training.results(("validation", "test"))
        if result.reason:
            raise SystemExit(result.reason)
        row = {**spent, "fit": result.fit_seconds or 0.0, "all": time.perf_counter() - began}
        print(f"{recipe.id:>3} {recipe.name:40}" + "".join(f"{row[name]:9.2f}" for name in names), flush=True)
        for name in names:
            sums[name] += row[name]
    print(f"{'sum':44}" + "".join(f"{sums[name]:9.2f}" for name in names))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", default="all", help="as in `trintena train`")
    parser.add_argument("--option", action="append", default=[], help="NAME=VALUE, for XLA's compiler")
    parser.add_argument("--plain", action="store_true", help="without the engine's own options")
    return parser.parse_args()


def _parsed(option: str) -> tuple[str, int | str | bool]:
    name, _, value = option.partition("=")
    if value in {"true", "false"}:
        return name, value == "true"
    return name, int(value) if value.isdecimal() else value


if __name__ == "__main__":
    main()
