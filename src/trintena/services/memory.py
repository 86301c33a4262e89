"""What a process that forecasts again and again keeps in between, so that it need not be read anew.

| kept | under | until |
|---|---|---|
| an opened model | its files' name | a file, or a registered checksum, changes |
| a series | the hash of its content | others are wanted more |
| a forecast | the manifest's checksum, the series' hash | others are wanted more |
| what a source answered | the question | a minute is over, or other prices are stored |

A few of each. A source's failure is kept for ten seconds only. Everything may be called by several threads.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from trintena.artifacts.files import FilesIdentity, files_identity
from trintena.artifacts.saved_model import SavedModel
from trintena.errors import DataError

if TYPE_CHECKING:
    from trintena.artifacts.saved_model import Forecast
    from trintena.domain import ModelVersion, PriceSeries
    from trintena.services.prices import Delivery

ANSWER_S = 60.0
"""For so long an answer of a source is the newest there is."""
FAILURE_S = 10.0
"""For so long a source that did not answer, or not well, is left alone."""
N_MODELS, N_SERIES, N_FORECASTS, N_ANSWERS = 16, 8, 64, 16

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Up to `size` values: the one that nobody wanted for longest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value; None where there is none, or none any more."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, in place of an earlier one."""
        with self._lock:
            self._put(key, value)

    def get_or_put(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, one and the same for all threads; `make` must be quick."""
        with self._lock:
            if key not in self._values:
                self._put(key, make())
            self._values.move_to_end(key)
            return self._values[key]

    def _put(self, key: Key, value: Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)


@dataclass(frozen=True)
class _Answer:
    """What a source said: prices, or why there are none."""

    stored: str | None
    """The hash of what was stored last when it was asked."""
    until: float
    said: Delivery | DataError


@dataclass
class _Question:
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held by the one thread that asks."""
    answer: _Answer | None = None


class Memory:
    """See the module. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._models: Kept[str, tuple[FilesIdentity, SavedModel]] = Kept(N_MODELS)
        self._series: Kept[str, PriceSeries] = Kept(N_SERIES)
        self._forecasts: Kept[tuple[str, str], Forecast] = Kept(N_FORECASTS)
        self._questions: Kept[Hashable, _Question] = Kept(N_ANSWERS)

    def saved_model(self, folder: Path, version: ModelVersion) -> SavedModel:
        """A version's files, verified once; looked at, but not read, as long as they stay the same.

        Raises:
            ArtifactError: as `SavedModel.open`, also for files that changed after they were opened.
        """
        # before they are read: a change in the meantime makes the next look differ
        identity = files_identity(folder, version.stem)
        kept = self._models.get(version.stem)
        if (
            kept is not None
            and identity is not None
            and kept[0] == identity
            and kept[1].version.checksums == version.checksums
        ):
            return kept[1]
        opened = SavedModel.open(folder, version)
        if identity is not None and identity.is_settled(time.time_ns()):
            self._models.put(version.stem, (identity, opened))
        return opened

    def series(self, content_hash: str, load: Callable[[], PriceSeries]) -> PriceSeries:
        """The series with a hash."""
        kept = self._series.get(content_hash)
        if kept is None:
            kept = load()
            self._series.put(content_hash, kept)
        return kept

    def forecast(self, saved: SavedModel, series: PriceSeries, make: Callable[[], Forecast]) -> Forecast:
        """The next forecast of a model from a series."""
        # the manifest holds the checksums of the other files
        key = (saved.version.checksums["json"], series.content_hash)
        kept = self._forecasts.get(key)
        if kept is None:
            kept = make()
            self._forecasts.put(key, kept)
        return kept

    def delivery(self, question: Hashable, stored: str | None, ask: Callable[[], Delivery]) -> Delivery:
        """What a source answers, asked by one thread at a time.

        While one asks again, the others go on with what it said before, unless other prices were
        stored since.

        Args:
            question: what is asked.
            stored: the hash of what is stored of it now.
            ask: gets the answer; a `DataError` is kept, too.

        Raises:
            DataError: that of `ask`.
        """
        asked = self._questions.get_or_put(question, _Question)
        answer = asked.answer
        if not self._is_fresh(answer, stored):
            is_usable = answer is not None and answer.stored == stored
            if asked.turn.acquire(blocking=not is_usable):
                try:
                    answer = asked.answer
                    if not self._is_fresh(answer, stored):
                        answer = asked.answer = self._ask(stored, ask)
                finally:
                    asked.turn.release()
        assert answer is not None
        if isinstance(answer.said, DataError):
            # each raise would add to the traceback of the one before
            raise answer.said.with_traceback(None)
        return answer.said

    def _is_fresh(self, answer: _Answer | None, stored: str | None) -> bool:
        return answer is not None and answer.stored == stored and self._clock() < answer.until

    def _ask(self, stored: str | None, ask: Callable[[], Delivery]) -> _Answer:
        said: Delivery | DataError
        try:
            said = ask()
        except DataError as error:
            said = error
        is_good = not isinstance(said, DataError) and said.answered
        return _Answer(stored, self._clock() + (ANSWER_S if is_good else FAILURE_S), said)
