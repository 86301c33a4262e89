"""Which trials one program can train side by side, for workers that gain by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trintena.experiments.study import Work


def populations(works: Sequence[Work], most: int) -> list[list[Work]]:
    """The work of one study in portions of at most `most` trials, for one worker each.

    Trials of a portion share batch size, epochs and activation (see `Training`), purpose and rung; learning
    rate, dropout rate and seed are each one's own.
    """
    if most == 1:
        return [[work] for work in works]
    alike: dict[object, list[Work]] = {}
    for work in works:
        setting = work.trial.hyperparameters
        program = (setting.batch_size, setting.epochs, setting.activation)
        alike.setdefault((program, work.trial.purpose, work.until, work.paused is None), []).append(work)
    return [group[i : i + most] for group in alike.values() for i in range(0, len(group), most)]
