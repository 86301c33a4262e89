"""The results of a benchmark as a page shows them."""

from __future__ import annotations

import statistics
from typing import Any


def table(results: dict[str, Any]) -> str:
    """A table of times, then what else was measured in the same run."""
    peer, floor = results["peer"], results["sgemm_floor_seconds"]
    lines = ["| | seconds | times as fast | share of the sgemm limit |", "|---|--:|--:|--:|"]
    if peer:
        name = f"`keras.Model.fit` on TensorFlow {peer['versions']['tensorflow']}"
        lines.append(f"| {name} | {peer['seconds']:.0f} | 1 | {floor / peer['seconds']:.0%} |")
    for name, told in (("cold", "nothing compiled before"), ("warm", "compiled programs kept")):
        seconds = results["seconds"][name]
        ratio = f"{results['ratio'][name]:.1f}" if peer else ""
        share = results["sgemm_share"][name]
        lines.append(f"| Trintena, {name}: {told} | {seconds:.1f} | {ratio} | {share:.0%} |")
    return "\n".join([*lines, "", *_work(results), *_scores(results), *_origin(results)]) + "\n"


def _work(results: dict[str, Any]) -> list[str]:
    workload, peer = results["workload"], results["peer"]
    windows = workload["windows"]
    return [
        f"- The work: {workload['models']} architectures, {windows['train']:,} training and "
        f"{windows['validation']:,} validation windows of {workload['lookback']} rows and 5 features, "
        f"{workload['tflop']:.2f} TFLOP of matrix products.",
        f"- The limit: all cores together multiply matrices at {results['sgemm_gflops']:.0f} GFLOP/s, "
        f"which would take {results['sgemm_floor_seconds']:.1f} s.",
        f"- Peak memory of all processes together: {results['peak_bytes'] / 2**30:.2f} GiB"
        + (f"; of the peer {peer['peak_bytes'] / 2**30:.2f} GiB." if peer else "."),
    ]


def _scores(results: dict[str, Any]) -> list[str]:
    """Speed that changed the forecasts would be worth nothing."""
    own, peer = results["test_rmse"], results["peer"]
    ours = (
        f"- Test RMSE of the log return: the last value {results['last_value_test_rmse']:.6f}; the "
        f"architectures {min(own.values()):.6f} to {max(own.values()):.6f}, "
        f"median {statistics.median(own.values()):.6f}"
    )
    if peer:
        theirs = peer["test_rmse"]
        apart = statistics.median(abs(own[key] / theirs[key] - 1) for key in own)
        ours += (
            f"; under the peer {min(theirs.values()):.6f} to {max(theirs.values()):.6f}, median "
            f"{statistics.median(theirs.values()):.6f}. The same architecture differs by {apart:.2%} in the "
            "median: the initial weights and the order of the batches are others"
        )
    same = "are equal to the last bit" if results["same_scores_cold_and_warm"] else "DIFFER"
    return [f"{ours}.", f"- The test scores of cold and warm runs {same}."]


def _origin(results: dict[str, Any]) -> list[str]:
    about = results["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    return [
        f"- Measured {results['date']}, commit {results['commit']}, seed {results['workload']['seed']}, "
        f"on {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}, "
        f"Python {about['python']}, {versions}."
    ]
