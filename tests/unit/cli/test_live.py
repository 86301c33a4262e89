from __future__ import annotations

import io
import re
import time
from typing import Any

import pytest
from rich.console import Console

from trintena.cli import live
from trintena.cli.live import shown_progress
from trintena.experiments import Progress

NAMES = {1: "LSTM [64/32]", 2: "GRU", 3: "Attention"}


def begun(**others: Any) -> Progress:
    fields: dict[str, Any] = {
        "experiment_id": 1,
        "names": NAMES,
        "costs": dict.fromkeys(NAMES, 1.0),
        "workers": 2,
        "last_value_rmse": 0.0234567891,
    }
    return Progress(**fields | others)


def ended(progress: Progress, model_id: int, rmse: float | None, reason: str | None = None) -> Progress:
    """A trial ends, as the loop that runs an experiment notes it."""
    progress.finished[model_id] = rmse
    progress.latest = model_id
    if reason is not None:
        progress.reasons[model_id] = reason
    return progress


def console(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    """What people would see, on a terminal or not."""
    page = io.StringIO()
    shown = Console(file=page, force_terminal=terminal, width=100, color_system=None, _environ={})
    monkeypatch.setattr(live, "people", shown)
    return page


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    return console(monkeypatch, terminal=False)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    return console(monkeypatch, terminal=True)


def without_time(page: io.StringIO) -> list[str]:
    """The lines, less what depends on the clock."""
    return [re.sub(r"  \((estimating|about .*)\)$", "", line) for line in page.getvalue().splitlines()]


# Where no terminal is


def test_each_trial_is_a_line_and_each_new_leader_another(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun()
        observe(progress)
        observe(ended(progress, 2, 0.0221))
        observe(progress)
        observe(ended(progress, 1, 0.0225))
        observe(ended(progress, 3, 0.0219))
        observe(progress)
    assert without_time(lines) == [
        "1/3 GRU: 0.0221",
        "  best so far (provisional): GRU 0.0221; last value 0.0234568",
        "2/3 LSTM [64/32]: 0.0225",
        "3/3 Attention: 0.0219",
        "  best so far (provisional): Attention 0.0219; last value 0.0234568",
    ]


def test_a_failed_trial_is_one_line_with_its_reason(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        observe(ended(begun(), 1, None, "XlaError:\n  out of [bold]memory\x1b[2J\r"))
    assert without_time(lines) == ["1/3 LSTM [64/32] failed: XlaError: out of [bold]memory [2J"]


def test_judging_is_said_once(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun()
        observe(progress)
        progress.phase = "judging"
        observe(progress)
        observe(progress)
    assert without_time(lines) == ["Judging and saving the champion"]


def test_what_an_earlier_run_finished_is_counted_but_not_told_again(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(finished={2: 0.0221}, kept=frozenset({2}))
        observe(progress)
        assert lines.getvalue() == ""
        observe(ended(progress, 1, 0.03))
    assert without_time(lines) == [
        "2/3 LSTM [64/32]: 0.03",
        "  best so far (provisional): GRU 0.0221; last value 0.0234568",
    ]


def test_a_line_tells_the_time_left_once_there_is_something_to_go_by(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(costs={1: 1.0, 2: 19.0, 3: 20.0}, started_at=time.monotonic() - 600.0)
        observe(ended(progress, 1, 0.03))
        observe(ended(progress, 2, 0.03))
    first, _, second = lines.getvalue().splitlines()
    assert first.endswith("  (estimating)")
    assert second.endswith("  (about 10 min left)")


def test_lines_hold_no_control_characters_and_are_not_folded(lines: io.StringIO) -> None:
    names = {**NAMES, 3: "Long name " * 30}
    with shown_progress() as observe:
        progress = begun(names=names)
        observe(ended(progress, 1, None, "\x1b]0;title\x07 bell"))
        observe(ended(progress, 3, 0.02))
    page = lines.getvalue()
    assert page.replace("\n", "").isprintable()
    assert len(page.splitlines()) == 3
    assert names[3].strip() in page


def test_lines_are_said_in_portuguese_with_its_numbers(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    with shown_progress() as observe:
        observe(ended(begun(costs={1: 1.0, 2: 99.0, 3: 99.0}), 1, 0.0225))
    assert lines.getvalue().splitlines() == [
        "1/3 LSTM [64/32]: 0,0225  (estimando)",
        "  melhor até agora (provisório): LSTM [64/32] 0,0225; último valor 0,0234568",
    ]


# In a terminal


def test_the_display_shows_share_time_workers_and_leader(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(costs={1: 2.0, 2: 1.0, 3: 1.0}, started_at=time.monotonic() - 600.0)
        ended(progress, 1, 0.0221)
        now = time.monotonic()
        progress.running |= {1: (3, now), 0: (2, now)}
        observe(progress)
    page = terminal.getvalue()
    assert "Training  1/3  50%  about 10 min left" in page
    assert "━" * 30 in page, "the bar"
    assert page.index("worker 1: GRU") < page.index("worker 2: Attention")
    assert "best so far (provisional): LSTM [64/32] 0.0221; last value 0.0234568" in page


def test_the_display_begins_without_an_estimate_and_without_a_leader(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        observe(begun())
    assert "Training  0/3  0%  estimating" in terminal.getvalue()
    assert "best so far" not in terminal.getvalue()


def test_the_display_says_that_the_champion_is_being_judged(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(phase="judging")
        for model_id in NAMES:
            ended(progress, model_id, None, "diverged")
        observe(progress)
    assert "Judging and saving the champion  3/3  100%  about 0 s left" in terminal.getvalue()


def test_the_display_leaves_the_terminal_as_it_was(terminal: io.StringIO) -> None:
    hidden, shown, erased = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"

    def interrupted() -> None:
        with shown_progress() as observe:
            observe(begun())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    page = terminal.getvalue()
    assert page.count(hidden) == page.count(shown) == 1
    assert page.index(hidden) < page.index(shown)
    assert erased in page[page.rindex("estimating") :]
