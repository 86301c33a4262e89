"""Where this process runs: read from the environment once, in `bootstrap`, and passed on.

| variable | default | meaning |
|---|---|---|
| `TRINTENA_HOME` | the working directory | where the database, the models and the caches live |
| `TRINTENA_DATABASE_URL` | `sqlite:///{home}/trintena.db` | or `postgresql://…` (extra `postgres`) |
| `TRINTENA_CACHE` | `{home}/cache` | compiled programs; safe to delete, or to share between homes |
| `TRINTENA_WORKERS` | one for each usable core | worker processes that train |
| `TRINTENA_LANG` | the system's locale | `en` or `pt`: the language of what people read |
| `TRINTENA_TOKEN` | none; beyond this machine a new one | what `trintena serve` asks of whoever comes |
| `TRINTENA_RAY_ADDRESS` | `auto` | the Ray cluster of `--executor ray`; extra `ray` |
| `TRINTENA_RAY_GPU_SHARE` | `0` | of a GPU, for each worker there; 0: it has a processor and no GPU |
| `TRINTENA_RAY_GPU_POPULATION` | `8` | trials that such a worker trains side by side, where they can be |
| `MLFLOW_TRACKING_URI` | none | MLflow's own: where trainings, no backtests, are logged; extra `mlflow` |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trintena.errors import UsageError
from trintena.language import phrase

DATABASE = "trintena.db"


def usable_cores() -> list[int]:
    """The processor numbers this process may use; on systems without affinity, all of them."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@dataclass(frozen=True)
class Settings:
    """Where things live and how many processes train. Paths are absolute."""

    home: Path
    database_url: str
    cache: Path
    workers: int
    tracking_uri: str | None = None
    """Of MLflow; None: nothing is logged."""
    ray_address: str = "auto"
    """Of the Ray cluster, for the executor `ray`."""
    ray_gpu_share: float = 0.0
    """Of a GPU for each worker there; 0: each has a processor and no GPU."""
    ray_gpu_population: int = 8
    """Trials that a worker on a GPU trains side by side, where their settings allow it."""

    @property
    def models(self) -> Path:
        """The folder of the saved models."""
        return self.home / "models"

    @property
    def locks(self) -> Path:
        """The folder of the files that say which experiment is alive; a server keeps its own locks instead.

        It is beside an SQLite database: whoever shares the one shares the other.
        """
        scheme, _, name = self.database_url.partition(":///")
        if scheme.partition("+")[0] != "sqlite" or not name or name.startswith((":memory:", "file:")):
            return self.home / "locks"
        file = Path(name.partition("?")[0]).resolve()
        return file.with_name("locks" if file.name == DATABASE else f"{file.name}.locks")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables of this module's table.

        Raises:
            UsageError: a number of workers or trials is no positive whole number, or a share none.
        """
        home = Path(environment.get("TRINTENA_HOME") or Path.cwd()).expanduser().resolve()
        return cls(
            home=home,
            database_url=environment.get("TRINTENA_DATABASE_URL") or f"sqlite:///{home / DATABASE}",
            cache=Path(environment.get("TRINTENA_CACHE") or home / "cache").expanduser().resolve(),
            workers=_count(environment, "TRINTENA_WORKERS", len(usable_cores())),
            tracking_uri=environment.get("MLFLOW_TRACKING_URI") or None,
            ray_address=environment.get("TRINTENA_RAY_ADDRESS") or "auto",
            ray_gpu_share=_gpu_share(environment.get("TRINTENA_RAY_GPU_SHARE") or "0"),
            ray_gpu_population=_count(environment, "TRINTENA_RAY_GPU_POPULATION", 8),
        )


def _count(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name) or str(usual)
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(
            phrase(
                en=f"{name} must be a whole number of at least 1, not {text!r}.",
                pt=f"{name} deve ser um inteiro de no mínimo 1, e não {text!r}.",
            ),
            field=name,
        )
    return int(text)


def _gpu_share(text: str) -> float:
    """A share of a GPU, from 0 to 1; Ray knows ten thousandths of one."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not (share == 0 or 0.0001 <= share <= 1):
        raise UsageError(
            phrase(
                en=f"TRINTENA_RAY_GPU_SHARE must be a number from 0 to 1 such as 0.25, not {text!r}.",
                pt=f"TRINTENA_RAY_GPU_SHARE deve ser um número de 0 a 1, como 0.25, e não {text!r}.",
            ),
            field="TRINTENA_RAY_GPU_SHARE",
        )
    return share
