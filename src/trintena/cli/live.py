"""Progress while an experiment runs: a live display in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from trintena.cli.output import people
from trintena.cli.texts import say
from trintena.language import number, span
from trintena.report import reasons

if TYPE_CHECKING:
    from rich.console import RenderableType

    from trintena.experiments import Observer, Progress
    from trintena.experiments.progress import Running, StudyProgress

_RANKED = 5
"""Places of the live ranking."""


@contextmanager
def shown_progress(*, lines_of: int | None = None) -> Iterator[Observer]:
    """An observer that shows progress on standard error for as long as the context lasts.

    With `lines_of`, as lines that begin with that number of an experiment, also in a terminal.
    """
    if lines_of is not None or not people.is_terminal:
        yield _Lines(lines_of)
        return
    with Live(console=people, refresh_per_second=4, transient=True) as live:
        yield lambda progress: live.update(_picture(progress))


def _picture(progress: Progress) -> RenderableType:
    lines: list[RenderableType] = [
        Text(_headline(progress), style="bold"),
        Padding(ProgressBar(total=1.0, completed=progress.share, width=60), 0),  # ends its line
    ]
    for worker, run in sorted(progress.running.items()):
        study = progress.studies[run.model_id]
        lines.append(Text("  " + say("worker", n=worker + 1, name=f"{study.name}{_what(study, run)}")))
    if (best := _best(progress)) is not None:
        lines.append(Text(best))
    if progress.searches:
        lines += [
            Text(f"  {place}. {name}  {number(score, '.6g')}")
            for place, (name, score) in enumerate(progress.ranking[:_RANKED], 1)
        ]
    return Group(*lines)


def _headline(progress: Progress) -> str:
    """What goes on and how far it is; how long it takes, until the last moments that nothing estimates."""
    told = f"{_phase(progress)}  {_how_far(progress)}"
    return told if progress.phase == "judging" else f"{told}  {_time_left(progress)}"


def _phase(progress: Progress) -> str:
    return say("judging_backtest" if progress.phase == "judging" and progress.is_backtest else progress.phase)


def _how_far(progress: Progress) -> str:
    """Architectures and, where there is a search, trials, or the parts of a backtest; then the share."""
    if progress.is_backtest:
        return f"{_parts(progress)}  {number(progress.share, '.0%')}"
    done = say("done", done=progress.n_done, total=len(progress.studies))
    if progress.searches:
        done += f"  {_trials(progress)}"
    return f"{done}  {number(progress.share, '.0%')}"


def _parts(progress: Progress) -> str:
    return say("parts", done=number(progress.n_ended), total=number(progress.n_trials))


def _trials(progress: Progress) -> str:
    """How many have ended and, unless time is the limit, of how many."""
    if progress.ends_at is not None:
        return say("n_trials", n=number(progress.n_ended))
    return say("trials", done=number(progress.n_ended), total=number(progress.n_trials))


def _what(study: StudyProgress, run: Running) -> str:
    """Which trial of its architecture a worker is at; in fast mode there is only one."""
    if not study.n_refits:
        return ""
    if run.is_refit:
        what = say("at_refit", n=run.number + 1, total=study.n_refits)
    else:
        what = say("at_trial", n=run.number + 1, total=number(study.n_trials))
    return f": {what}" + (f", {say('epoch', n=run.epoch)}" if run.epoch else "")


def _time_left(progress: Progress) -> str:
    left = progress.seconds_left
    return say("estimating") if left is None else say("left", time=span(left))


def _best(progress: Progress) -> str | None:
    if not progress.ranking:
        return None
    name, rmse = progress.ranking[0]
    last = number(progress.last_value_rmse, ".6g")
    return say("best", name=name, rmse=number(rmse, ".6g"), last=last)


class _Lines:
    """One line for every architecture that is done, for every new leader then, and for every phase.

    Of a backtest, one for every tenth of its parts.

    Fast"""

    def __init__(self, experiment_id: int | None = None) -> None:
        self._prefix = "" if experiment_id is None else f"[{experiment_id}] "
        self._done: set[int] | None = None
        self._best: str | None = None
        self._phase: str | None = None
        self._tenth = 0

    def __call__(self, progress: Progress) -> None:
        if progress.is_backtest:
            self._print_parts(progress)
        else:
            self._print_architectures(progress)
        if progress.phase != (self._phase or progress.phase):
            self._print(_phase(progress))
        self._phase = progress.phase

    def _print_parts(self, progress: Progress) -> None:
        tenth = 10 * progress.n_ended // max(progress.n_trials, 1)
        if self._phase is not None and tenth > self._tenth:
            self._print(f"{_parts(progress)}  ({_time_left(progress)})")
        self._tenth = tenth

    def _print_architectures(self, progress: Progress) -> None:
        done = {model_id for model_id, study in progress.studies.items() if study.is_over}
        if self._done is None:  # what an earlier run had finished
            self._done = done
            self._best = _best(progress)
        new = sorted(done - self._done)
        for model_id in new:
            self._done.add(model_id)
            self._print_done(progress, progress.studies[model_id])
        # In a race hardly any architecture is ever done: there the leaders alone tell how it goes.
        is_news = bool(new) or progress.ends_at is not None
        if is_news and (best := _best(progress)) is not None and best != self._best:
            self._best = best
            self._print(f"  {best}")

    def _print_done(self, progress: Progress, study: StudyProgress) -> None:
        assert self._done is not None
        told = {"done": len(self._done), "total": len(progress.studies), "name": study.name}
        if study.score is None:
            line = say("failed_line", **told, reason=reasons.told(study.reason or ""))
        else:
            line = say("done_line", **told, rmse=number(study.score, ".6g"))
        left = _time_left(progress)
        if progress.searches:
            left = f"{_trials(progress)}, {left}"
        self._print(f"{line}  ({left})")

    def _print(self, text: str) -> None:
        people.print(f"{self._prefix}{text}", markup=False, soft_wrap=True)
