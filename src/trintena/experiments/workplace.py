"""Where experiments run: the worker processes, the inference process, and what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trintena.errors import UnknownNameError
from trintena.jobs.executors import EXECUTORS
from trintena.jobs.inference import InferenceProcess
from trintena.jobs.protocol import Executor

if TYPE_CHECKING:
    from trintena.registry import Registry
    from trintena.settings import Settings

WARM_UP = "trintena.training.trial:warm_up"


@dataclass(frozen=True)
class Workplace:
    """Everything that an experiment needs around it; workers start early and load while data does."""

    settings: Settings
    registry: Registry
    executor: Executor
    inference: InferenceProcess

    @property
    def workers(self) -> int:
        """Processes that train; on a cluster there may be more or fewer later."""
        return self.executor.n_workers

    @classmethod
    @contextmanager
    def open(
        cls, settings: Settings, registry: Registry, *, workers: int | None = None, executor: str = "local"
    ) -> Iterator[Workplace]:
        """Start the workers, and end them afterwards, whatever happens.

        Raises:
            UnknownNameError: no such executor.
            TrintenaError: it finds no place to work.
        """
        if executor not in EXECUTORS:
            raise UnknownNameError("executor", executor, EXECUTORS, field="executor")
        with ExitStack() as stack:
            environment = training_environment(settings)
            pool = EXECUTORS[executor](settings, workers, environment=environment, warm=WARM_UP)
            stack.enter_context(pool)
            inference = stack.enter_context(InferenceProcess())
            yield cls(settings, registry, pool, inference)


def training_environment(settings: Settings) -> dict[str, str]:
    """What a training process must be told before it loads JAX."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(settings.cache / "programs"),
        # The smallest programs are kept too: tracing aside, a warm start then compiles nothing.
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
