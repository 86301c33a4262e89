"""The record of the whole job as a page shows it."""

from __future__ import annotations

from typing import Any

_ROWS = 10


def section(results: dict[str, Any]) -> str:
    """A table of the runs, what else was measured in them, and the board of the first."""
    lines = [
        "| search | minutes | trials (complete, pruned, failed) | epochs trained | not training "
        "| peak memory | growth after 50 trials |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, run in results["runs"].items():
        counts, growth = run["trial_counts"], run["growth_when_steady"]
        trials = f"{counts['COMPLETE']}, {counts['PRUNED']}, {counts['FAIL']}"
        grown = "" if growth is None or not run["pruning"] else f"{growth:+.0%}"
        lines.append(
            f"| {name}, 30 x {run['n_trials']} | {run['seconds'] / 60:.1f} | {trials} "
            f"| {run['epochs']['search']:,} + {run['epochs']['refit']:,} | {run['compiling_share']:.0%} "
            f"| {run['peak_bytes'] / 2**30:.2f} GiB | {grown} |"
        )
    notes = ["", *map(_run, results["runs"].items())]
    return "\n".join([*lines, *notes, _origin(results), *_board(results)]) + "\n"


def _run(named: tuple[str, dict[str, Any]]) -> str:
    name, run = named
    worked, cores = run["core_seconds"], 2
    if not run["pruning"]:
        whole = (worked["search"] * 20 / run["n_trials"] + worked["refit"]) / cores / 60
        return f"- {name}: scaled to twenty trials, {whole:.0f} minutes."
    winner, errors = run["winner"], run.get("time_left_errors")
    text = (
        f"- {name}: the search took {worked['search']:,.0f} core-seconds, the refits {worked['refit']:,.0f}; "
        f"winner {winner['model_name']}, mean validation RMSE {winner['seeds']['mean']:.6g} over "
        f"{len(winner['seeds']['rmse'])} seeds, test skill {winner['skill']:+.2%} ({run['verdict']['code']})."
    )
    if errors:
        text += (
            f" The time left was off by {errors['first']:+.0%} after the first tenth, later by "
            f"{errors['low']:+.0%} to {errors['high']:+.0%}."
        )
    return text


def _origin(results: dict[str, Any]) -> str:
    on = results["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    return (
        f'- "Not training" is the share of the workers\' time that went into tracing, compiling, loading and '
        f"forecasting. Measured {results['date']}, commit {results['commit']}, on {on['cpu']}, {on['cores']} "
        f"cores, {on['memory_gib']} GiB, {on['system']}, Python {on['python']}, {versions}."
    )


def _board(results: dict[str, Any]) -> list[str]:
    """The first places of the first run, with the baselines where they belong."""
    name, run = next(iter(results["runs"].items()))
    lines = [
        "",
        f"The board of the {name} search (all rows are in `search.json`):",
        "",
        "| | architecture | mean validation RMSE | over seeds | best trial | test skill | setting |",
        "|--:|---|--:|---|--:|--:|---|",
    ]
    rows = [(row["seeds"]["mean"], row) for row in run["board"] if row["rank"] is not None and row["seeds"]]
    rows += [(row["validation_rmse"], row) for row in run["baselines"]]
    for score, row in sorted(rows, key=lambda each: each[0])[: _ROWS + 2]:
        skill = f"{row['skill']:+.2%}"
        if "rank" not in row:
            lines.append(f"| | *{row['name']}* | {score:.6g} | | | {skill} | baseline |")
            continue
        s, seeds = row["best_params"], row["seeds"]
        setting = (
            f"{s['learning_rate']:g}, batch {s['batch_size']}, dropout {s['dropout_rate']:g}, "
            f"{s['epochs']} epochs, {s['activation']}"
        )
        lines.append(
            f"| {row['rank']} | {row['model_id']} {row['model_name']} | {score:.6g} "
            f"| {seeds['min']:.6g} to {seeds['max']:.6g} | {row['trial_rmse']:.6g} | {skill} | {setting} |"
        )
    return lines
