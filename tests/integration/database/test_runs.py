"""Experiments whose database is on a PostgreSQL server, also while it is away."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from integration.champion.lab import Lab, autoregressive, prices
from trintena import worker
from trintena.artifacts.saved_model import SavedModel
from trintena.domain import Search, SearchSpace
from trintena.experiments import Request, plan, run_experiment
from trintena.experiments.backtest import BacktestRequest, plan_backtest
from trintena.jobs.locks import ExperimentLock, is_held
from trintena.worker import Settling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import Server
    from trintena.experiments import Progress

RETURNS = autoregressive(900, 0.3)
SMALL: dict[str, Any] = {"model_ids": "9", "lookback": 8, "years": None}
SEARCH = Search(n_trials=3, space=SearchSpace(epochs=(2,), activation=("tanh",)), pruning=False)


def planned(lab: Lab, symbol: str, **request: Any) -> int:
    series = lab.store(prices(symbol, RETURNS))
    return plan(Request(**(SMALL | request)), series, lab.app.registry)


def kinds(lab: Lab, experiment_id: int) -> list[str]:
    return [event.kind for event in lab.app.registry.events(experiment_id)]


def ended(lab: Lab, experiment_id: int) -> Counter[tuple[Any, ...]]:
    """How often the end of each trial was noted."""
    told = [event.payload for event in lab.app.registry.events(experiment_id) if event.kind == "trial"]
    return Counter((each["model_id"], each["purpose"], each["number"]) for each in told)


def test_a_search_that_is_interrupted_resumes_and_its_champion_forecasts_and_is_backtested(
    lab: Lab, server: Server
) -> None:
    number = planned(lab, "walk", mode="optimized", search=SEARCH)

    def interrupt(progress: Progress) -> None:
        if progress.n_ended == 1:
            raise KeyboardInterrupt

    assert run_experiment(lab.place, number, interrupt)["status"] == "cancelled"
    for _ in lab.place.executor.events():
        pass  # what was under way; then the workers are as good as new ones
    answer = run_experiment(lab.place, number)
    assert answer["status"] == "success"
    assert set(ended(lab, number).values()) == {1}
    assert len(ended(lab, number)) == 3 + 3
    mirrored = server.run("SELECT count(*) FROM trials", "lab")
    assert mirrored == [(3,)], "Optuna's own tables"

    version = lab.version(answer)
    assert version.is_winner
    assert lab.predict("walk")["version"] == version.version
    saved = SavedModel.open(lab.models, version)
    series = lab.app.registry.load_dataset(version.dataset_hash)
    backtest = plan_backtest(BacktestRequest(), saved, series, lab.app.registry)
    assert run_experiment(lab.place, backtest)["status"] == "success"
    assert not is_held(lab.app.locks, backtest)


def test_what_was_running_is_cut_off_once_it_was_nobodys_for_a_while(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_SETTLING_S", 0.3)
    number = planned(lab, "left")
    assert Settling(lab.app).is_over(number), "nobody has begun it"
    lab.app.registry.set_state(number, "running")
    settling = Settling(lab.app)
    assert not settling.is_over(number)
    with ExperimentLock(lab.app.locks, number):  # who only waited for the server has it again
        time.sleep(0.4)
        assert not settling.is_over(number)
    assert not settling.is_over(number), "from now on it is counted anew"
    time.sleep(0.4)
    assert settling.is_over(number)


def crash(server: Server) -> AbstractContextManager[None]:
    @contextmanager
    def crashed() -> Iterator[None]:
        server.stop()
        yield
        server.start()

    return crashed()


def stall(server: Server) -> AbstractContextManager[None]:
    return server.stalled()


class Outage:
    """Has the server go away once the first trial has ended, in the middle of a run."""

    def __init__(self, trouble: AbstractContextManager[None], seconds: float) -> None:
        self._trouble, self._seconds = trouble, seconds
        self.thread: threading.Thread | None = None

    def __call__(self, progress: Progress) -> None:
        if self.thread is None and progress.n_ended:
            self._trouble.__enter__()
            self.thread = threading.Thread(target=self._end)
            self.thread.start()

    def _end(self) -> None:
        time.sleep(self._seconds)
        self._trouble.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [
        (crash, 1.5),
        pytest.param(stall, 3.0, marks=pytest.mark.slow),
        pytest.param(crash, 30.0, marks=pytest.mark.slow),
    ],
)
def test_a_run_waits_for_a_server_that_is_away_and_goes_on(
    lab: Lab,
    server: Server,
    caplog: pytest.LogCaptureFixture,
    trouble: Callable[[Server], AbstractContextManager[None]],
    seconds: float,
) -> None:
    number = planned(lab, f"stroll{seconds}", mode="optimized", search=SEARCH)
    outage = Outage(trouble(server), seconds)
    with caplog.at_level(logging.WARNING, "trintena"):
        answer = run_experiment(lab.place, number, outage)
    assert outage.thread is not None, "the server was away"
    outage.thread.join()
    assert answer["status"] == "success"
    assert len(ended(lab, number)) == 3 + 3
    assert set(ended(lab, number).values()) == {1}, "nothing was written twice"
    assert lab.version(answer).is_winner
    assert [v.experiment_id for v in lab.app.registry.versions()].count(number) == 1
    told = [each for each in kinds(lab, number) if each not in ("trial", "best")]
    if trouble is stall:  # nothing broke: it only took longer
        assert (told, caplog.messages) == (["running", "succeeded"], [])
        return
    assert told == ["running", "database_away", "succeeded"]
    waits, goes_on = caplog.messages
    assert "Waiting for it" in waits
    assert "can be used again" in goes_on
    (away,) = [e.payload for e in lab.app.registry.events(number) if e.kind == "database_away"]
    assert away["seconds"] >= 0.9 * seconds
    assert away["message"].startswith("The database could not be used for")
    assert lab.app.registry.experiment(number).message is None
