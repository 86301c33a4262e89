"""The inference process: the one place where Keras is loaded, kept warm between forecasts."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from trintena.jobs.failures import WorkerDied
from trintena.jobs.process import WorkerProcess

if TYPE_CHECKING:
    import numpy as np

_FUNCTIONS = "trintena.artifacts.inference"
# Keras's NumPy backend compiles nothing: a model is open in a fifth of a second.
_ENVIRONMENT = {"KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "2"}


class InferenceProcess:
    """Makes `.keras` files and computes what they say, in a process of its own.

    It starts when it is first needed, or earlier by `start`, and again after it died. Threads may share
    it: their calls queue up.
    """

    def __init__(self) -> None:
        self._process = WorkerProcess(0, environment=_ENVIRONMENT, warm=f"{_FUNCTIONS}:warm_up")
        # Starting ends what runs, and so does a call that fails: neither may meet what another thread began.
        self._turn = threading.Lock()
        self._life = threading.Lock()
        self._is_closed = False

    def start(self) -> None:
        """Begin loading Keras, and return at once; nothing happens where it runs already."""
        if self._turn.acquire(blocking=False):  # else a call is under way, which starts it by itself
            try:
                self._begin()
            finally:
                self._turn.release()

    def close(self) -> None:
        """End the process for good, and a call that is under way with it."""
        with self._life:
            self._is_closed = True
            self._process.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def outputs(self, path: Path, checksum: str, windows: np.ndarray) -> np.ndarray:
        """What the network in a `.keras` file with this SHA-256 says of some scaled windows.

        Shapes: (window, lookback, feature) -> (window, horizon), in units of each window's step size.

        Raises:
            ArtifactError: the file is no model that Keras opens.
        """
        result: np.ndarray = self._call("outputs", path=str(path), checksum=checksum, windows=windows)
        return result

    def keras_file(self, **arguments: Any) -> bytes:
        """The `.keras` file of an architecture with given weights; see `artifacts.inference.keras_file`."""
        content: bytes = self._call("keras_file", **arguments)
        return content

    def _call(self, function: str, **arguments: Any) -> Any:
        """One call; a process that died over it, perhaps for lack of memory, is given a second try.

        Raises:
            WorkerDied: it died twice, or was closed.
        """
        with self._turn:
            self._begin()
            try:
                return self._process.call(f"{_FUNCTIONS}:{function}", **arguments)
            except WorkerDied:
                self._begin()
                return self._process.call(f"{_FUNCTIONS}:{function}", **arguments)

    def _begin(self) -> None:
        with self._life:
            if self._is_closed:
                raise WorkerDied("the inference process was closed")
            if self._process.pid is None:
                self._process.start()
