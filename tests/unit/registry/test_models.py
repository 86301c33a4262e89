from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from trintena.errors import NotFoundError, UsageError
from trintena.registry.tables import RegisteredModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.registry import Registry

    MakeFields = Callable[..., dict[str, Any]]


def test_a_version_comes_back_as_registered(
    registry: Registry, experiment: int, version_fields: MakeFields
) -> None:
    fields = version_fields(experiment_id=experiment, metrics={"skill": float("nan"), "n": 3})
    registered = registry.register_version(**fields)
    assert registered == registry.version(registered.version) == registry.versions()[0]
    assert registered.metrics == {"skill": None, "n": 3}
    assert not registered.is_winner
    for name in set(fields) - {"metrics"}:
        assert getattr(registered, name) == fields[name]


def test_the_database_itself_refuses_a_second_champion(
    registry: Registry, version_fields: MakeFields
) -> None:
    registry.register_version(**version_fields(is_winner=True))
    registry.register_version(**version_fields())
    with pytest.raises(IntegrityError), registry._writing() as session:
        session.execute(update(RegisteredModel).values(is_winner=True))
    assert [v.is_winner for v in registry.versions()] == [False, True]


def test_each_symbol_target_and_horizon_has_its_own(registry: Registry, version_fields: MakeFields) -> None:
    for other in ({}, {"symbol": "AAPL"}, {"target": "difference"}, {"horizon": 5}):
        registry.register_version(**version_fields(is_winner=True, **other))
    assert all(v.is_winner for v in registry.versions())
    champion = registry.champion("NVDA", "log_return", 5)
    assert champion is not None
    assert champion.version == registry.versions()[0].version
    assert registry.champion("NVDA", "difference", 5) is None


def test_a_new_winner_takes_the_title(registry: Registry, version_fields: MakeFields) -> None:
    first = registry.register_version(**version_fields(is_winner=True))
    second = registry.register_version(**version_fields(is_winner=True))
    assert registry.champion("NVDA", "log_return", 1) == second
    assert not registry.version(first.version).is_winner


def test_promoting_moves_the_title_and_may_be_repeated(
    registry: Registry, version_fields: MakeFields
) -> None:
    first = registry.register_version(**version_fields(is_winner=True))
    second = registry.register_version(**version_fields())
    for _ in range(2):
        assert registry.promote(second.version).is_winner
        assert [v.is_winner for v in registry.versions()] == [True, False]
    registry.promote(first.version)
    assert [v.is_winner for v in registry.versions()] == [False, True]


def test_the_newest_champion_is_the_one_trained_last(registry: Registry, version_fields: MakeFields) -> None:
    assert registry.newest_champion() is None
    old = registry.register_version(**version_fields(symbol="AAPL", is_winner=True))
    new = registry.register_version(**version_fields(is_winner=True))
    registry.register_version(**version_fields())
    assert registry.newest_champion() == new
    assert registry.newest_champion("AAPL") == old
    assert registry.newest_champion("MSFT") is None


def test_versions_are_listed_newest_first_by_symbol(registry: Registry, version_fields: MakeFields) -> None:
    registry.register_version(**version_fields())
    registry.register_version(**version_fields(symbol="AAPL"))
    registry.register_version(**version_fields())
    assert [v.version for v in registry.versions()] == [3, 2, 1]
    assert [v.version for v in registry.versions("NVDA")] == [3, 1]


def test_a_champion_with_rivals_is_not_deleted(registry: Registry, version_fields: MakeFields) -> None:
    champion = registry.register_version(**version_fields(is_winner=True))
    rival = registry.register_version(**version_fields())
    with pytest.raises(UsageError, match=f"trintena models promote {rival.version}"):
        registry.delete_version(champion.version)

    assert registry.delete_version(rival.version) == rival
    assert registry.delete_version(champion.version) == champion
    assert registry.register_version(**version_fields()).version > rival.version


def test_what_a_serving_version_is_judged_by_is_not_deleted_before_it(
    registry: Registry, version_fields: MakeFields
) -> None:
    twin = registry.register_version(**version_fields())
    serving = registry.register_version(**version_fields(parameters={"frozen_twin": twin.version}))
    with pytest.raises(UsageError, match=f"what version {serving.version} is judged by"):
        registry.delete_version(twin.version)
    registry.delete_version(serving.version)
    assert registry.delete_version(twin.version) == twin


def test_an_experiment_may_make_two_versions(
    registry: Registry, experiment: int, version_fields: MakeFields
) -> None:
    """Its champion, and the same setting trained on all rows to serve."""
    fields = version_fields(experiment_id=experiment, mode="optimized", is_winner=True)
    judged = registry.register_version(**fields)
    metrics = {"frozen_twin": {"version": judged.version, "test": {"skill": 0.01}}}
    serving = registry.register_version(
        **version_fields(experiment_id=experiment, mode="optimized", metrics=metrics, is_winner=True)
    )
    assert [v.version for v in registry.versions()] == [serving.version, judged.version]
    assert {v.experiment_id for v in registry.versions()} == {experiment}
    assert registry.champion("NVDA", "log_return", 1) == serving
    assert registry.delete_version(judged.version).version == judged.version


def test_a_version_outlives_its_experiment(
    registry: Registry, experiment: int, version_fields: MakeFields
) -> None:
    version = registry.register_version(**version_fields(experiment_id=experiment)).version
    registry.delete_experiment(experiment)
    assert registry.version(version).experiment_id is None


def test_the_same_files_are_not_registered_twice(registry: Registry, version_fields: MakeFields) -> None:
    fields = version_fields()
    registry.register_version(**fields)
    with pytest.raises(IntegrityError):
        registry.register_version(**fields)


def test_unknown_versions_say_where_to_look(registry: Registry) -> None:
    for ask in (registry.version, registry.promote, registry.delete_version):
        with pytest.raises(NotFoundError) as caught:
            ask(9)
        assert str(caught.value) == "No model version 9. See `trintena models list`."
