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
from trintena.experiments.progress import Running, StudyProgress

NAMES = {1: "LSTM [64/32]", 2: "GRU", 3: "Attention"}


def begun(
    *, n_trials: int = 1, n_refits: int = 0, costs: dict[int, float] | None = None, **others: Any
) -> Progress:
    """An experiment of fast mode, or of a search where there are refits."""
    names = others.pop("names", NAMES)
    studies = {
        model_id: StudyProgress(name, n_trials, n_refits, cost=(costs or {}).get(model_id, 1.0))
        for model_id, name in names.items()
    }
    fields = {"experiment_id": 1, "studies": studies, "workers": 2, "last_value_rmse": 0.0234567891}
    return Progress(**fields | others)


def ended(
    progress: Progress, model_id: int, rmse: float | None, reason: str | None = None, seconds: float = 10.0
) -> Progress:
    """A search trial ends, as the loop that runs an experiment notes it."""
    study = progress.studies[model_id]
    state: Any = "FAIL" if rmse is None else "COMPLETE"
    study.counts[state] = study.counts.get(state, 0) + 1
    study.n_timed, study.seconds = study.n_timed + 1, study.seconds + seconds
    study.reason = reason or study.reason
    if rmse is not None:
        study.best = rmse if study.best is None else min(rmse, study.best)
    return progress


def refitted(progress: Progress, model_id: int, *rmses: float | None) -> Progress:
    """Fits of the best setting end."""
    progress.studies[model_id].refits += rmses
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
    return [
        re.sub(r"  \((\d+/\d+ trials, )?(estimating|about .*)\)$", "", line)
        for line in page.getvalue().splitlines()
    ]


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
        progress = begun()
        observe(progress)
        observe(ended(progress, 1, None, "XlaError:\n  out of [bold]memory\x1b[2J\r"))
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
        progress = begun()
        progress.studies[2].counts, progress.studies[2].best = {"COMPLETE": 1}, 0.0221
        observe(progress)
        assert lines.getvalue() == ""
        observe(ended(progress, 1, 0.03))
        observe(ended(progress, 3, 0.02))
    assert without_time(lines) == [
        "2/3 LSTM [64/32]: 0.03",
        "3/3 Attention: 0.02",
        "  best so far (provisional): Attention 0.02; last value 0.0234568",
    ]


def test_a_line_tells_the_time_left_once_there_is_something_to_go_by(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(costs={1: 1.0, 2: 59.0, 3: 60.0}, started_at=time.monotonic() - 1.0)
        observe(progress)
        observe(ended(progress, 1, 0.03, seconds=20.0))
        progress.started_at -= 599.0
        observe(ended(progress, 2, 0.03, seconds=1180.0))
    first, _, second = lines.getvalue().splitlines()
    assert first.endswith("  (estimating)")
    assert second.endswith("  (about 10 min left)")


def test_lines_hold_no_control_characters_and_are_not_folded(lines: io.StringIO) -> None:
    names = {**NAMES, 3: "Long name " * 30}
    with shown_progress() as observe:
        progress = begun(names=names)
        observe(progress)
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
        progress = begun()
        observe(progress)
        observe(ended(progress, 1, 0.0225))
    assert lines.getvalue().splitlines() == [
        "1/3 LSTM [64/32]: 0,0225  (estimando)",
        "  melhor até agora (provisório): LSTM [64/32] 0,0225; último valor 0,0234568",
    ]


def test_a_search_has_a_line_for_each_architecture_that_is_done_and_counts_trials_beside(
    lines: io.StringIO,
) -> None:
    with shown_progress() as observe:
        progress = begun(n_trials=4, n_refits=3)
        observe(progress)
        for rmse in (0.0225, None, 0.0221, 0.0224):
            observe(ended(progress, 2, rmse))
        observe(refitted(progress, 2, 0.0230, 0.0240))
        assert lines.getvalue() == "", "its best setting is yet to be fitted a third time"
        observe(ended(progress, 1, 0.0229))
        observe(refitted(progress, 2, 0.0229))
    assert without_time(lines) == [
        "1/3 GRU: 0.0233",
        "  best so far (provisional): LSTM [64/32] 0.0229; last value 0.0234568",
    ]
    assert "(5/12 trials, " in lines.getvalue()


def test_a_race_tells_every_new_leader_at_once(lines: io.StringIO) -> None:
    """Hardly any of its architectures is ever done with all its trials."""
    with shown_progress() as observe:
        progress = begun(n_trials=3360, n_refits=3, ends_at=time.monotonic() + 300.0)
        observe(progress)
        for rmse in (0.0225, None, 0.0221, 0.0224):
            observe(ended(progress, 2, rmse))
    assert without_time(lines) == [
        f"  best so far (provisional): GRU {rmse}; last value 0.0234568" for rmse in ("0.0225", "0.0221")
    ]


def test_a_search_in_which_every_trial_failed_is_told_with_the_last_reason(lines: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(n_trials=2, n_refits=3)
        observe(progress)
        observe(ended(progress, 3, None, "out of memory"))
        observe(ended(progress, 3, None, "diverged in epoch 2"))
    assert without_time(lines) == ["1/3 Attention failed: diverged in epoch 2"]


# In a terminal


def test_the_display_shows_share_time_workers_and_leader(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        now = time.monotonic()
        progress = begun(costs={1: 2.0, 2: 1.0, 3: 1.0}, started_at=now - 600.0)
        ended(progress, 1, 0.0221, seconds=1200.0)
        progress.running |= {1: Running(3, 0, False, now), 0: Running(2, 0, False, now)}
        observe(progress)
    page = terminal.getvalue()
    assert "Training  1/3 architectures  50%  about 10 min left" in page
    assert "━" * 30 in page, "the bar"
    assert page.index("worker 1: GRU") < page.index("worker 2: Attention")
    assert "best so far (provisional): LSTM [64/32] 0.0221; last value 0.0234568" in page
    assert "trial" not in page, "fast mode has one for each architecture"


def test_the_display_begins_without_an_estimate_and_without_a_leader(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        observe(begun())
    assert "Training  0/3 architectures  0%  estimating" in terminal.getvalue()
    assert "best so far" not in terminal.getvalue()


def test_the_display_says_that_the_champion_is_being_judged(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        progress = begun(phase="judging")
        for model_id in NAMES:
            ended(progress, model_id, None, "diverged")
        observe(progress)
    assert "Judging and saving the champion  3/3 architectures  100%" in terminal.getvalue()
    assert "left" not in terminal.getvalue(), "nothing estimates the end"


def test_the_display_of_a_search_has_two_levels_architectures_and_trials(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        now = time.monotonic()
        progress = begun(n_trials=20, n_refits=3, started_at=now)
        for _ in range(20):
            ended(progress, 1, 0.0225)
        refitted(progress, 1, 0.0230)
        ended(progress, 2, 0.0221)
        progress.running |= {
            0: Running(1, 1, True, now, epoch=12),
            1: Running(2, 4, False, now),
        }
        observe(progress)
    page = terminal.getvalue()
    assert "Training  0/3 architectures  21/60 trials  " in page
    assert "worker 1: LSTM [64/32]: fit 2 of 3 of its best setting, epoch 12" in page
    assert "worker 2: GRU: trial 5 of 20" in page
    assert "trial 5 of 20, epoch" not in page, "it has not finished one"


def test_the_display_of_a_search_ranks_the_best_five_live(terminal: io.StringIO) -> None:
    names = {i: f"Model {i}" for i in range(1, 8)}
    with shown_progress() as observe:
        progress = begun(n_trials=2, n_refits=3, names=names)
        for model_id in range(2, 8):
            ended(progress, model_id, 0.03 - model_id / 1000)
        observe(progress)
    page = terminal.getvalue()
    places = re.findall(r"(\d)\. (Model \d)  ([\d.]+)", page)[:5]
    assert places == [(str(8 - i), f"Model {i}", f"{0.03 - i / 1000:.3f}") for i in range(7, 2, -1)]
    assert "6. Model" not in page
    assert "best so far (provisional): Model 7 0.023" in page


def test_with_a_budget_the_display_counts_down_to_its_end(terminal: io.StringIO) -> None:
    with shown_progress() as observe:
        now = time.monotonic()
        observe(begun(n_trials=20, n_refits=3, started_at=now - 300.0, ends_at=now + 300.0))
    assert "Training  0/3 architectures  trials: 0  50%  about 5 min left" in terminal.getvalue()


def test_the_display_of_a_search_speaks_portuguese(
    terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    with shown_progress() as observe:
        now = time.monotonic()
        progress = ended(begun(n_trials=2000, n_refits=3, started_at=now), 2, 0.0221)
        progress.running |= {0: Running(1, 1, True, now, epoch=12), 1: Running(2, 4, False, now, epoch=1)}
        observe(progress)
    page = terminal.getvalue()
    assert "Treinando  0/3 arquiteturas  1/6.000 tentativas  0%  estimando" in page
    assert "processo 1: LSTM [64/32]: ajuste 2 de 3 da melhor configuração, época 12" in page
    assert "processo 2: GRU: tentativa 5 de 2.000, época 1" in page
    assert "1. GRU  0,0221" in page


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
