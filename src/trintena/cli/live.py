"""Progress while an experiment runs: a live display in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from trintena.cli.output import people
from trintena.cli.texts import one_line, say, span
from trintena.language import number

if TYPE_CHECKING:
    from rich.console import RenderableType

    from trintena.experiments import Observer, Progress


@contextmanager
def shown_progress() -> Iterator[Observer]:
    """An observer that shows progress on standard error for as long as the context lasts."""
    if not people.is_terminal:
        yield _Lines()
        return
    with Live(console=people, refresh_per_second=4, transient=True) as live:
        yield lambda progress: live.update(_picture(progress))


def _picture(progress: Progress) -> RenderableType:
    done = f"{len(progress.finished)}/{progress.total}"
    lines: list[RenderableType] = [
        Text(f"{say(progress.phase)}  {done}  {progress.share:.0%}  {_time_left(progress)}", style="bold"),
        ProgressBar(total=1.0, completed=progress.share, width=60),
    ]
    lines += [
        Text("  " + say("worker", n=worker + 1, name=progress.names[model_id]))
        for worker, (model_id, _) in sorted(progress.running.items())
    ]
    if (best := _best(progress)) is not None:
        lines.append(Text(best))
    return Group(*lines)


def _time_left(progress: Progress) -> str:
    left = progress.seconds_left
    return say("estimating") if left is None else say("left", time=span(left))


def _best(progress: Progress) -> str | None:
    if progress.best is None:
        return None
    name, rmse = progress.best
    last = number(progress.last_value_rmse, ".6g")
    return say("best", name=name, rmse=number(rmse, ".6g"), last=last)


class _Lines:
    """One line for every trial that ends, and one for every new leader and phase."""

    def __init__(self) -> None:
        self._done = 0
        self._best: str | None = None
        self._phase = "training"

    def __call__(self, progress: Progress) -> None:
        done = len(progress.finished)
        if done > self._done and progress.latest is not None:
            self._print_trial(progress, progress.latest, done)
        self._done = done
        if (best := _best(progress)) is not None and best != self._best and done > len(progress.kept):
            self._best = best
            self._print(f"  {best}")
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._print(say(progress.phase))

    def _print_trial(self, progress: Progress, model_id: int, done: int) -> None:
        told = {"done": done, "total": progress.total, "name": progress.names[model_id]}
        if model_id in progress.reasons:
            line = say("failed_line", **told, reason=one_line(progress.reasons[model_id]))
        else:
            line = say("done_line", **told, rmse=number(progress.finished[model_id], ".6g"))
        self._print(f"{line}  ({_time_left(progress)})")

    def _print(self, text: str) -> None:
        people.print(text, markup=False, soft_wrap=True)
