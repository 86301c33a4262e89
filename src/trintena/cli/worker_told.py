"""What a worker does, as plain lines of a terminal under the experiment's number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trintena.cli.live import shown_progress
from trintena.cli.output import people
from trintena.cli.texts import say
from trintena.language import phrase, span
from trintena.report import backtest, judgment, words
from trintena.report.alarm import alarm_in_short
from trintena.worker import Audience

if TYPE_CHECKING:
    from trintena.experiments import Observer
    from trintena.registry import ExperimentRecord


class Told(Audience):
    """Tells people, on standard error."""

    @contextmanager
    def watching(self, record: ExperimentRecord) -> Iterator[Observer]:
        """A line at the start, then one for each architecture that is done."""
        n_models, mode = len(record.spec.model_ids), say(record.spec.mode)
        rolled = record.spec.backtest
        _print(
            record,
            f"{record.spec.symbol}, {say('backtest').lower()}: "
            + phrase(en=f"version {rolled.version}", pt=f"versão {rolled.version}")
            if rolled is not None
            else phrase(
                en=f"{record.spec.symbol}, {mode}: architectures to train: {n_models}",
                pt=f"{record.spec.symbol}, {mode}: arquiteturas a treinar: {n_models}",
            ),
        )
        with shown_progress(lines_of=record.id) as observe:
            yield observe

    def ended(self, record: ExperimentRecord, answer: dict[str, Any]) -> None:
        """The champion with its verdict, or what came instead."""
        _, state = words.state({"success": "succeeded"}.get(answer["status"], answer["status"]))
        _print(record, f"{state}, {span(answer['total_time'])}")
        if record.spec.backtest is not None:
            _print(record, backtest.sentences(answer)[0])
        elif answer["status"] == "success":
            winner = answer["winner"]
            name = f"{winner['model_id']} {winner['model_name']}"
            _print(record, f"{say('champion')}: {name}. {judgment.of_answer(answer)}")
            if (warning := alarm_in_short(answer["verdict"])) is not None:
                _print(record, warning)

    def failed(self, record: ExperimentRecord, reason: str) -> None:
        """Why an experiment ended without an answer."""
        _print(record, phrase(en=f"failed: {reason}", pt=f"falhou: {reason}"))


def _print(record: ExperimentRecord, text: str) -> None:
    people.print(f"[{record.id}] {text}", markup=False, soft_wrap=True)
