"""What our process and the one that speaks Ray say to each other: plain values, pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Connect:
    """First of all: which cluster, and what its workers are like."""

    address: str
    gpu_share: float
    """Of a GPU for each worker; 0: each has a processor and no GPU."""
    environment: Mapping[str, str]
    """Of the worker processes."""
    warm: str | None
    versions: Mapping[str, str]
    """Of the packages that decide the numbers: a node that has others is not used."""


@dataclass(frozen=True)
class Start:
    """Have a worker of this number, in place of one that is there already."""

    index: int


@dataclass(frozen=True)
class Share:
    """Arguments that calls refer to by this number, from now on."""

    number: int
    arguments: bytes


@dataclass(frozen=True)
class Call:
    """A request for a worker that is idle."""

    index: int
    request: bytes
    shared: int | None = None
    """The number of further arguments."""


@dataclass(frozen=True)
class Dismiss:
    """End a worker for good."""

    index: int


Command = Start | Share | Call | Dismiss


@dataclass(frozen=True)
class Loaded:
    """Ray is imported; now the cluster is asked."""


@dataclass(frozen=True)
class Refused:
    """There is no connection. As Ray words it."""

    reason: str


@dataclass(frozen=True)
class Capacity:
    """So many workers have room in the cluster, free or not; told first of all, and when it changes."""

    n_workers: int


@dataclass(frozen=True)
class Spoken:
    """A message of a worker, see `jobs/messages.py`."""

    index: int
    message: bytes
    resident_bytes: int
    """Memory that the worker process holds."""


@dataclass(frozen=True)
class Died:
    """A worker process ended."""

    index: int
    reason: str
    exit_code: int | None = None
    log: str = ""


@dataclass(frozen=True)
class Lost:
    """A worker is gone together with its node, or with the actor beside it."""

    index: int
    reason: str


@dataclass(frozen=True)
class Silent:
    """The cluster as a whole has not answered for so long, and is given up."""

    seconds: float


Answer = Spoken | Died | Lost
News = Loaded | Refused | Capacity | Silent | Answer
