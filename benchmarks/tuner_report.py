"""The comparison with KerasTuner as a page shows it."""

from __future__ import annotations

from statistics import mean
from typing import Any

_LABELS = {"sample": "ten years of `sample:nasdaq`", "planted": "ten years with a planted signal"}


def table(results: dict[str, Any]) -> str:
    """A table of times and skills, then what else was measured in the same run."""
    lines = [
        "| | KerasTuner | Trintena, cold | times as fast | test skill, KerasTuner | test skill, Trintena |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for label, case in results["cases"].items():
        peer, ours = case["peer"], case["ours"]
        lines.append(
            f"| {_LABELS[label]} | {peer['seconds']:,.0f} s | {ours['seconds']:,.0f} s | {case['ratio']:.1f} "
            f"| {peer['test_skill']:.2%} | {ours['test_skill']:.2%} |"
        )
    return "\n".join([*lines, "", *_about(results)]) + "\n"


def _about(results: dict[str, Any]) -> list[str]:
    cases, versions = results["cases"], results["versions"]
    sides = [case[side] for side in ("ours", "peer") for case in cases.values()]
    peer = cases["planted"]["peer"]["versions"]
    memory = {name: max(case[name]["peak_bytes"] for case in cases.values()) for name in ("ours", "peer")}
    n_trials = [len(settings) for settings in results["trials"].values()]
    n_failed = sum(trial["state"] == "FAIL" for side in sides for trial in side["trials"])
    on = results["machine"]
    return [
        f"- {sum(n_trials)} trials: {' + '.join(map(str, n_trials))} of models "
        f"{', '.join(results['trials'])}.",
        *(_epochs(_LABELS[label], case) for label, case in cases.items()),
        *_skills(cases["planted"]),
        *(_command(_LABELS[label], case) for label, case in cases.items()),
        f"- Trials that diverged, in all four searches: {n_failed}. The scores of our two runs "
        + (
            "are equal to the last bit." if all(case["same_scores"] for case in cases.values()) else "DIFFER."
        ),
        f"- Peak memory of all processes together: {memory['ours'] / 2**30:.2f} GiB; of the peer "
        f"{memory['peer'] / 2**30:.2f} GiB.",
        f"- Measured {results['date']}, commit {results['commit']}, seed {results['seed']}, on {on['cpu']}, "
        f"{on['cores']} cores, {on['memory_gib']} GiB, {on['system']}, Python {on['python']}, "
        f"{', '.join(f'{name} {value}' for name, value in versions.items())}; KerasTuner "
        f"{peer['keras_tuner']}, TensorFlow {peer['tensorflow']}, Keras {peer['keras']}.",
    ]


def _epochs(label: str, case: dict[str, Any]) -> str:
    """Early stopping decides how much there was to train: the two sides draw other weights and batches."""
    peer, ours = case["peer"], case["ours"]
    ratio = (peer["seconds"] / peer["epochs"]) / (ours["seconds"] / ours["epochs"])
    first, last = ours["seconds_of_each"]
    return (
        f"- {label[0].upper()}{label[1:]}: {peer['epochs']:,} epochs under KerasTuner, {ours['epochs']:,} "
        f"under ours, {ratio:.1f} times as fast for each; our runs took {first:.0f} and {last:.0f} s."
    )


def _command(label: str, case: dict[str, Any]) -> str:
    command = case["command"]
    fits = ", ".join(f"{skill:.2%}" for skill in command["skill_of_each_fit"])
    return (
        f"- The whole command on {label}, as many random trials, with pruning, three fits of each best "
        f"setting, the judged board and the saved champion: {command['seconds']:.0f} s, "
        f"{command['ratio']:.1f} times as fast as KerasTuner's search alone; test skill "
        f"{command['test_skill']:.2%} (of the three fits: {fits})."
    )


def _skills(case: dict[str, Any]) -> list[str]:
    peer, ours, command = case["peer"], case["ours"], case["command"]
    shares = [side["test_skill"] / peer["test_skill"] for side in (ours, command)]
    each = [mean(side["test_skill_of_each"].values()) for side in (peer, ours)]
    when = reached_s(ours["time_line"], peer["test_skill"])
    reached = "does not reach the skill of the peer's" if when is None else f"has it after {when:.0f} s"
    return [
        "- Test skill is that of the trial with the lowest validation RMSE. With the planted signal the best "
        f"of each architecture has {each[0]:.2%} in the mean under KerasTuner and {each[1]:.2%} under ours; "
        f"the oracle, who knows the rule, has {case['oracle_skill']:.2%} on the same days.",
        "- With the planted signal KerasTuner found its champion after "
        f"{peer['time_line'][-1]['ended_s']:,.0f} s; ours {reached}.",
        f"- Of the skill that KerasTuner's champion has there, ours has {shares[0]:.0%}, and the champion of "
        f"the whole command, with pruning, {shares[1]:.0%} after 1/{command['ratio']:.1f} of its time.",
    ]


def reached_s(time_line: list[dict[str, float]], test_skill: float) -> float | None:
    """After how many seconds the champion so far had that skill for good, or None."""
    when = None
    for moment in time_line:
        if moment["test_skill"] < test_skill:
            when = None
        elif when is None:
            when = moment["ended_s"]
    return when
