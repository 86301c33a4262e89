from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from trintena.artifacts import files
from trintena.artifacts.files import write_model_files
from trintena.artifacts.saved_model import Forecast
from trintena.domain import ModelVersion, PriceSeries
from trintena.errors import ArtifactError, DataError, SourceError
from trintena.services.memory import ANSWER_S, FAILURE_S, N_ANSWERS, Kept, Memory
from trintena.services.prices import Delivery
from trintena.windows.frame import Transformation


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """A source that counts how often it is asked, and says what it is told to say."""

    def __init__(self, says: Delivery | DataError) -> None:
        self.says = says
        self.n = 0

    def __call__(self) -> Delivery:
        self.n += 1
        if isinstance(self.says, DataError):
            raise self.says
        return self.says


def series(close: float = 1.0) -> PriceSeries:
    dates = np.arange("2020-01-01", "2020-01-04", dtype="datetime64[D]").astype("datetime64[s]")
    return PriceSeries("S", dates, ("close",), np.full((3, 1), close), "test")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Memory:
    return Memory(clock)


# What a source said


def test_an_answer_is_kept_for_a_minute(memory: Memory, clock: Clock) -> None:
    source = Asked(Delivery(series()))
    first = memory.delivery("S", "hash", source)
    clock.now += ANSWER_S - 0.01
    assert memory.delivery("S", "hash", source) is first
    assert source.n == 1
    clock.now += 0.02
    memory.delivery("S", "hash", source)
    assert source.n == 2


@pytest.mark.parametrize(
    "failure", [Delivery(series(), ("It is down.",), answered=False), SourceError("No.")]
)
def test_a_failure_is_kept_for_less(memory: Memory, clock: Clock, failure: Delivery | DataError) -> None:
    source = Asked(failure)

    def ask() -> Delivery | DataError:
        try:
            return memory.delivery("S", None, source)
        except DataError as error:
            return error

    assert ask() is failure
    clock.now += FAILURE_S - 0.01
    assert ask() is failure
    assert source.n == 1
    clock.now += 0.02
    source.says = better = Delivery(series())
    assert ask() is better


def test_a_failure_that_is_raised_again_and_again_does_not_grow(memory: Memory) -> None:
    source = Asked(SourceError("No."))
    lengths = set()
    for _ in range(5):
        with pytest.raises(SourceError) as raised:
            memory.delivery("S", None, source)
        lengths.add(len(raised.traceback))
    assert (source.n, len(lengths)) == (1, 1)


def test_what_is_stored_meanwhile_is_seen_at_once(memory: Memory) -> None:
    source = Asked(Delivery(series()))
    memory.delivery("S", "before", source)
    source.says = newer = Delivery(series(2.0))
    assert memory.delivery("S", "after", source) is newer


def test_questions_do_not_mix(memory: Memory) -> None:
    one, other = Asked(Delivery(series(1.0))), Asked(Delivery(series(2.0)))
    assert memory.delivery(("S", "en"), None, one) is one.says
    assert memory.delivery(("S", "pt"), None, other) is other.says
    assert memory.delivery(("S", "en"), None, other) is one.says


def test_of_many_who_wait_for_a_first_answer_one_asks(memory: Memory) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()
    answer = Delivery(series())
    asked = []

    def slowly() -> Delivery:
        asked.append(threading.get_ident())
        is_asked.set()
        assert may_answer.wait(10)
        return answer

    with ThreadPoolExecutor(6) as threads:
        waiting = [threads.submit(memory.delivery, "S", None, slowly) for _ in range(6)]
        assert is_asked.wait(10)
        may_answer.set()
        assert all(each.result(10) is answer for each in waiting)
    assert len(asked) == 1


def test_while_one_asks_again_the_others_do_not_wait(memory: Memory, clock: Clock) -> None:
    before = memory.delivery("S", "hash", Asked(Delivery(series(1.0))))
    clock.now += ANSWER_S + 1
    is_asked, may_answer = threading.Event(), threading.Event()
    newer = Delivery(series(2.0))

    def slowly() -> Delivery:
        is_asked.set()
        assert may_answer.wait(10)
        return newer

    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(memory.delivery, "S", "hash", slowly)
        assert is_asked.wait(10)
        assert memory.delivery("S", "hash", slowly) is before
        may_answer.set()
        assert asking.result(10) is newer
    assert memory.delivery("S", "hash", slowly) is newer


def test_a_fault_is_not_kept_and_holds_nobody_up(memory: Memory) -> None:
    def broken() -> Delivery:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memory.delivery("S", None, broken)
    source = Asked(Delivery(series()))
    assert memory.delivery("S", None, source) is source.says


def test_only_a_few_are_kept() -> None:
    kept: Kept[int, str] = Kept(2)
    for key in (1, 2):
        kept.put(key, str(key))
    assert kept.get(1) == "1"
    kept.put(3, "3")
    assert [kept.get(key) for key in (1, 2, 3)] == ["1", None, "3"]
    assert kept.get_or_put(4, lambda: "4") == kept.get_or_put(4, lambda: "else") == "4"
    assert kept.get(1) is None


def test_questions_are_forgotten_when_there_are_many(memory: Memory) -> None:
    source = Asked(Delivery(series()))
    for number in range(N_ANSWERS + 1):
        memory.delivery(number, None, source)
    memory.delivery(0, None, source)
    assert source.n == N_ANSWERS + 2


# Series, forecasts, models


def test_a_series_is_loaded_once(memory: Memory) -> None:
    first = memory.series("hash", series)
    assert memory.series("hash", series) is first
    assert memory.series("other", series) is not first


Write = Callable[..., ModelVersion]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Saves a model's files; nobody looks into the network."""

    def write(model_id: int = 1, content: bytes = b"network", number: int = 1) -> ModelVersion:
        scaler = Transformation("log_return", ("close",), 2, 1, 0.01).to_json()
        at = datetime(2026, 1, 1, tzinfo=UTC)
        saved = write_model_files(tmp_path, "S", model_id, at, content, scaler, {"number": number})
        return ModelVersion(
            version=number,
            symbol="S",
            model_id=model_id,
            model_name="Name",
            mode="fast",
            target="log_return",
            horizon=1,
            experiment_id=None,
            dataset_hash="hash",
            created_at=at,
            is_winner=True,
            stem=saved.stem,
            checksums=saved.checksums,
            metrics={},
            parameters={},
            versions={},
        )

    return write


def test_a_model_stays_open_once_its_files_have_settled(
    memory: Memory, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write()
    assert memory.saved_model(tmp_path, model) is not memory.saved_model(tmp_path, model)
    monkeypatch.setattr(files, "CLOCK_TICK_NS", 0)
    opened = memory.saved_model(tmp_path, model)
    assert memory.saved_model(tmp_path, model) is opened
    path = tmp_path / f"{model.stem}.scaler"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ArtifactError, match="does not match the registry"):
        memory.saved_model(tmp_path, model)


def test_a_model_that_was_registered_anew_is_opened_anew(
    memory: Memory, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CLOCK_TICK_NS", 0)
    model = write()
    memory.saved_model(tmp_path, model)
    changed = ModelVersion(**{**vars(model), "checksums": {**model.checksums, "keras": "0" * 64}})
    with pytest.raises(ArtifactError):
        memory.saved_model(tmp_path, changed)


def test_a_forecast_belongs_to_a_model_and_a_series(memory: Memory, write: Write, tmp_path: Path) -> None:
    def forecast() -> Forecast:
        return Forecast(np.datetime64("2020-01-03"), 1.0, series().dates[:1], np.zeros(1), np.ones(1), {})

    one = memory.saved_model(tmp_path, write(1))
    other = memory.saved_model(tmp_path, write(2, b"other network"))
    first = memory.forecast(one, series(1.0), forecast)
    assert memory.forecast(one, series(1.0), forecast) is first
    assert memory.forecast(one, series(2.0), forecast) is not first
    assert memory.forecast(other, series(1.0), forecast) is not first
