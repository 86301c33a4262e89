"""What a watcher of an experiment is told.

| message | when | data |
|---|---|---|
| `state` | first of all, and whenever it changes | how the experiment stands, progress included |
| `progress` | about once a second while it runs | what `state` has as `progress` |
| `trial` | a trial ended | architecture, purpose, number, state, validation RMSE, reason |
| `best` | another architecture leads | its name and validation RMSE |

Numbers are those of the database's events, so a watcher goes on where it was, at any process. Of several
changes of state that it missed it is told the last; progress has no number and is not made up for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trintena.domain import finite_json
from trintena.experiments.overview import INTERRUPTED
from trintena.jobs.locks import is_held
from trintena.registry import Event
from trintena.registry.experiments import ENDED
from trintena.web.site import Site

TOLD = ("trial", "best")
"""Kinds of events that are told as they are; the others are changes of state."""


@dataclass(frozen=True)
class Message:
    """One thing to tell; everybody who watches shares it."""

    kind: str
    data: dict[str, Any]
    number: int | None = None
    """Of the event in the database."""

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self.kind == "state" and self.data["state"] in ENDED

    @cached_property
    def wire(self) -> bytes:
        """As a server-sent event."""
        number = "" if self.number is None else f"id: {self.number}\n"
        data = json.dumps(finite_json(self.data), ensure_ascii=False, separators=(",", ":"))
        return f"event: {self.kind}\n{number}data: {data}\n\n".encode()


def standing_of(site: Site, experiment_id: int) -> dict[str, Any]:
    """How an experiment stands: the data of a message `state`.

    Raises:
        NotFoundError: there is no such experiment.
    """
    standing = site.registry.standing(experiment_id)
    alive = standing.state != "running" or is_held(site.locks, experiment_id)
    return {
        "experiment_id": experiment_id,
        "state": standing.state if alive else INTERRUPTED,
        "message": standing.message,
        "cancel_requested": standing.cancel_requested,
        "position": standing.position,
        "progress": standing.progress,
    }


@dataclass(frozen=True)
class Look:
    """What one look at the database found: the state first, so that an end comes with all its trials."""

    standing: dict[str, Any]
    events: list[Event]

    @classmethod
    def at(cls, site: Site, experiment_id: int, after: int) -> Look:
        """Now, with the events after one."""
        return cls(standing_of(site, experiment_id), site.registry.events(experiment_id, after))

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen any more, unless somebody resumes it."""
        return self.standing["state"] in ENDED

    def messages(self) -> list[Message]:
        """The events; of the changes of state the last, as it stands now."""
        last = max((event.id for event in self.events if event.kind not in TOLD), default=None)
        return [
            Message(event.kind, {**event.payload, "at": event.at.isoformat()}, event.id)
            if event.kind in TOLD
            else Message("state", self.standing, event.id)
            for event in self.events
            if event.kind in TOLD or event.id == last
        ]
