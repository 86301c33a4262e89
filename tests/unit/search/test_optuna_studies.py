from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import optuna
import pytest

from trintena.domain import Hyperparameters, PriceSeries, Range, Search, SearchSpace, TrialResult
from trintena.errors import UsageError
from trintena.registry import Registry
from trintena.search import OptunaStudies, propose, study_name
from trintena.zoo import architecture

if TYPE_CHECKING:
    from conftest import Ended

NAME = study_name(3, architecture(11))
ABOUT = {"symbol": "NVDA", "experiment": 3}


ON_BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> str:
    """A database with our tables: an SQLite file, or, of tests on both, one of a server."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("on_server"))
    file = tmp_path / "trintena.db"
    file.write_bytes(migrated.read_bytes())
    return f"sqlite:///{file}"


@pytest.fixture
def studies(url: str) -> Iterator[OptunaStudies]:
    opened = OptunaStudies(url)
    yield opened
    opened.close()


@pytest.fixture
def read() -> Iterator[Callable[[str], optuna.Study]]:
    """Reads a study with Optuna's own call, as the dashboard does."""
    storages: list[optuna.storages.RDBStorage] = []

    def load(url: str) -> optuna.Study:
        storages.append(optuna.storages.RDBStorage(url))
        return optuna.load_study(study_name=NAME, storage=storages[-1])

    yield load
    for storage in storages:
        storage.remove_session()
        storage.engine.dispose()


@pytest.fixture
def trials(ended: Ended) -> list[TrialResult]:
    """One of each end, the best of them in the middle."""
    found = propose(Search("random", 5), [], (0,))
    return [
        ended(0, found[0], [0.05, 0.03, 0.04], elapsed_seconds=2.5),
        ended(1, found[1], [0.06], "PRUNED"),
        ended(2, found[2], [0.02, 0.01, 0.015]),
        ended(3, found[3], [0.07, math.nan], "FAIL", reason="The loss is not finite."),
        ended(4, found[4], [0.05, 0.02]),
    ]


def test_the_name_says_experiment_and_architecture() -> None:
    assert NAME == "experiment 3 / 11 BiLSTM Classic (64/32)"


@ON_BOTH
def test_optuna_reads_back_what_was_recorded(
    url: str, studies: OptunaStudies, trials: list[TrialResult], read: Callable[[str], optuna.Study]
) -> None:
    studies.record(NAME, SearchSpace(), trials, attributes=ABOUT)
    study = read(url)
    assert study.direction == optuna.study.StudyDirection.MINIMIZE
    assert study.user_attrs == ABOUT
    assert [t.state.name for t in study.trials] == [t.state for t in trials]
    assert [t.params for t in study.trials] == [asdict(t.hyperparameters) for t in trials]
    assert [t.value for t in study.trials] == [0.03, 0.06, 0.01, None, 0.02]
    assert study.trials[0].intermediate_values == {1: 0.05, 2: 0.03, 3: 0.04}
    assert study.trials[3].intermediate_values == {1: 0.07, 2: pytest.approx(math.nan, nan_ok=True)}
    assert study.trials[0].user_attrs == {"number": 0, "seed": 7, "seconds": 2.5, "best_epoch": 2}
    assert study.trials[3].user_attrs == {"number": 3, "seed": 7, "reason": "The loss is not finite."}
    assert study.trials[0].duration == timedelta(seconds=2.5)


def test_optunas_best_trial_is_ours(
    url: str, studies: OptunaStudies, trials: list[TrialResult], read: Callable[[str], optuna.Study]
) -> None:
    studies.record(NAME, SearchSpace(), trials, attributes={})
    best = min((t for t in trials if t.state == "COMPLETE"), key=lambda t: t.validation_rmse or math.inf)
    found = read(url).best_trial
    assert (found.number, found.value) == (best.number, best.validation_rmse) == (2, 0.01)


def test_trials_that_did_not_end_are_left_for_later(
    url: str, studies: OptunaStudies, ended: Ended, read: Callable[[str], optuna.Study]
) -> None:
    setting = Hyperparameters(epochs=10)
    ran = TrialResult(11, "RUNNING", setting, 7, number=1)
    waits = TrialResult(11, "WAITING", setting, 7, number=2)
    studies.record(NAME, SearchSpace(), [ended(0, setting), ran, waits], attributes={})
    assert [t.user_attrs["number"] for t in read(url).trials] == [0]
    studies.record(NAME, SearchSpace(), [ended(2, setting), ended(1, setting)], attributes={})
    assert [t.user_attrs["number"] for t in read(url).trials] == [0, 1, 2]


@ON_BOTH
def test_recording_again_adds_nothing(
    url: str, studies: OptunaStudies, trials: list[TrialResult], read: Callable[[str], optuna.Study]
) -> None:
    studies.record(NAME, SearchSpace(), trials[:3], attributes=ABOUT)
    studies.record(NAME, SearchSpace(), trials, attributes={**ABOUT, "symbol": "AMD"})
    study = read(url)
    before = [repr(trial) for trial in study.trials]
    assert [trial.user_attrs["number"] for trial in study.trials] == [0, 1, 2, 3, 4]
    assert study.user_attrs["symbol"] == "AMD"
    studies.record(NAME, SearchSpace(), trials, attributes=ABOUT)
    assert [repr(trial) for trial in read(url).trials] == before


def test_a_process_that_is_killed_leaves_a_prefix_that_is_completed(
    url: str,
    studies: OptunaStudies,
    trials: list[TrialResult],
    read: Callable[[str], optuna.Study],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_trial = optuna.Study.add_trial

    def killed(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if trial.user_attrs["number"] == 3:
            raise KeyboardInterrupt
        add_trial(study, trial)

    with monkeypatch.context() as patch:
        patch.setattr(optuna.Study, "add_trial", killed)
        with pytest.raises(KeyboardInterrupt):
            studies.record(NAME, SearchSpace(), trials, attributes=ABOUT)
    assert [t.user_attrs["number"] for t in read(url).trials] == [0, 1, 2]
    again = OptunaStudies(url)
    again.record(NAME, SearchSpace(), trials, attributes=ABOUT)
    again.close()
    assert [t.user_attrs["number"] for t in read(url).trials] == [0, 1, 2, 3, 4]


@ON_BOTH
def test_ranges_keep_their_distribution(
    url: str, studies: OptunaStudies, ended: Ended, read: Callable[[str], optuna.Study]
) -> None:
    space = SearchSpace(
        learning_rate=Range(0.0001, 0.01, log=True),
        batch_size=Range(16, 128, 16),
        dropout_rate=Range(0.1, 0.4, 0.1),
        epochs=Range(10, 50, log=True),
    )
    found = propose(Search("random", 10, space), [], (0,))
    studies.record(NAME, space, [ended(i, s) for i, s in enumerate(found)], attributes={})
    recorded = read(url).trials
    assert [t.params for t in recorded] == [asdict(s) for s in found]
    assert recorded[0].distributions == {
        "learning_rate": optuna.distributions.FloatDistribution(0.0001, 0.01, log=True),
        "batch_size": optuna.distributions.IntDistribution(16, 128, step=16),
        "dropout_rate": optuna.distributions.FloatDistribution(0.1, 0.4, step=0.1),
        "epochs": optuna.distributions.IntDistribution(10, 50, log=True),
        "activation": optuna.distributions.CategoricalDistribution(space.activation),
    }


@ON_BOTH
def test_deleting_takes_the_named_studies_and_passes_over_those_that_are_not_there(
    url: str, studies: OptunaStudies, trials: list[TrialResult]
) -> None:
    other = study_name(3, architecture(12))
    for name in (NAME, other):
        studies.record(name, SearchSpace(), trials, attributes={})
    studies.delete([NAME, "experiment 9 / 1 LSTM"])
    storage = optuna.storages.RDBStorage(url)
    assert optuna.get_all_study_names(storage) == [other]
    storage.engine.dispose()


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    studies = OptunaStudies(f"sqlite:///{tmp_path / 'trintena.db'}")
    studies.close()
    assert list(tmp_path.iterdir()) == []


def test_optuna_logs_nothing_and_keeps_the_verbosity_it_had(
    studies: OptunaStudies, trials: list[TrialResult], capfd: pytest.CaptureFixture[str]
) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    studies.record(NAME, SearchSpace(), trials, attributes=ABOUT)
    propose(Search("bayesian"), trials, (0,))
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


@pytest.mark.parametrize("folder", ["with {braces}", "com acentuação", "100% sure"])
def test_a_path_with_special_characters_works(tmp_path: Path, trials: list[TrialResult], folder: str) -> None:
    (tmp_path / folder).mkdir()
    studies = OptunaStudies(f"sqlite:///{tmp_path / folder / 'trintena.db'}")
    studies.record(NAME, SearchSpace(), trials, attributes={})
    studies.close()
    assert [file.name for file in (tmp_path / folder).glob("*.db")] == ["trintena.db"]


def series(seed: int) -> PriceSeries:
    dates = np.datetime64("2024-01-01", "D") + np.arange(5)
    close = np.random.default_rng(seed).uniform(90.0, 110.0, (5, 1))
    return PriceSeries("NVDA", dates.astype("datetime64[s]"), ("close",), close, "csv:prices.csv")


def test_our_tables_and_optunas_live_in_one_file_in_either_order(
    tmp_path: Path, trials: list[TrialResult], read: Callable[[str], optuna.Study]
) -> None:
    url = f"sqlite:///{tmp_path / 'optuna_first.db'}"
    studies = OptunaStudies(url)
    studies.record(NAME, SearchSpace(), trials, attributes={})
    studies.close()
    for _ in range(2):  # made beside Optuna's tables, then opened beside them
        with Registry.open(url) as registry:
            assert registry.experiments() == []
    studies.record(NAME, SearchSpace(), trials, attributes={})
    studies.close()
    assert len(read(url).trials) == len(trials)
    assert not list(tmp_path.glob("*.bak"))  # no schema was taken for an old one of ours


def test_both_write_to_one_open_file(url: str, studies: OptunaStudies, trials: list[TrialResult]) -> None:
    with Registry.open(url) as registry:
        for n in range(1, len(trials) + 1):
            studies.record(NAME, SearchSpace(), trials[:n], attributes={})
            registry.save_dataset(series(n))
        assert len(registry.datasets()) == len(trials)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT count(*) FROM trials").fetchone() == (len(trials),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_tables_of_another_optuna_are_refused_with_what_to_do(
    url: str, studies: OptunaStudies, trials: list[TrialResult]
) -> None:
    studies.record(NAME, SearchSpace(), trials, attributes={})
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v2.6.0.a'")
    with pytest.raises(UsageError, match="optuna storage upgrade"):
        OptunaStudies(url).record(NAME, SearchSpace(), trials, attributes={})


def test_a_write_of_another_process_is_waited_for(
    url: str, studies: OptunaStudies, trials: list[TrialResult], read: Callable[[str], optuna.Study]
) -> None:
    studies.record(NAME, SearchSpace(), trials[:1], attributes={})
    file = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(0.5, other.execute, ["COMMIT"])
        ends.start()
        studies.record(NAME, SearchSpace(), trials, attributes={})
        ends.join()
    assert len(read(url).trials) == len(trials)
    with studies._storage.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


PROGRAM = """
import sys
import optuna.storages._rdb.models
from trintena.domain import Hyperparameters, SearchSpace, TrialResult
from trintena.search import OptunaStudies

url, name = sys.argv[1:]
setting = Hyperparameters(epochs=10)
trial = TrialResult(1, "COMPLETE", setting, 7, validation_curve=(0.02,), validation_rmse=0.02)
print("ready", flush=True)
sys.stdin.readline()
OptunaStudies(url).record(name, SearchSpace(), [trial], attributes={"symbol": "NVDA"})
"""


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
def test_processes_that_make_the_tables_at_once_all_succeed(url: str) -> None:
    names = [study_name(experiment, architecture(1)) for experiment in range(3)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], "\n".join(errors)
    storage = optuna.storages.RDBStorage(url)
    assert sorted(optuna.get_all_study_names(storage)) == names
    storage.engine.dispose()
