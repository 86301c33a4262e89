from __future__ import annotations

import errno
import json
import os
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trintena.artifacts import staging
from trintena.artifacts.files import (
    KINDS,
    SavedFiles,
    delete_model_files,
    export_model_files,
    file_stem,
    files_identity,
    read_model_file,
    read_model_files,
    sweep,
    write_model_files,
)
from trintena.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENT = datetime(2026, 11, 23, 9, 30, 12, 123456, tzinfo=UTC)
STEM = "NVDA_11_20261123T093012123456Z"
FORECASTING = ("keras", "scaler", "json")
"""What a model forecasts with; it is all that older models have."""
TWO_DAYS_S = 2 * 86_400


def save(folder: Path, **others: Any) -> SavedFiles:
    fields: dict[str, Any] = {
        "symbol": "NVDA",
        "model_id": 11,
        "created_at": MOMENT,
        "keras_bytes": b"PK\x03\x04" + bytes(range(256)) * 40,
        "scaler": {"volume": {"mean": 0.1, "scale": 1 / 3}},
        "manifest": {"symbol": "NVDA", "metrics": {"rmse": 0.02, "p": float("nan")}},
        "card": "# Ficha: previsão\n",
    }
    return write_model_files(folder, **{**fields, **others})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_old(path: Path) -> None:
    then = path.stat().st_mtime - TWO_DAYS_S
    os.utime(path, (then, then))


# Names


def test_the_name_holds_symbol_model_and_time_in_utc_to_the_microsecond() -> None:
    assert file_stem("NVDA", 11, MOMENT) == STEM
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-3)))
    assert file_stem("NVDA", 11, elsewhere) == STEM


@pytest.mark.parametrize(
    ("symbol", "safe"),
    [
        ("PETR4.SA", "PETR4.SA"),
        ("BRK-B", "BRK-B"),
        ("^GSPC", "_GSPC"),
        ("sample:nasdaq", "sample_nasdaq"),
        ("../../etc/passwd", "_._.._etc_passwd"),
        (".hidden", "_hidden"),
        ("ação", "a__o"),
        ("a\n\x00b", "a__b"),
        ("", "_"),
        ("x" * 300, "x" * 64),
    ],
)
def test_a_symbol_becomes_a_harmless_name(symbol: str, safe: str) -> None:
    assert file_stem(symbol, 1, MOMENT) == f"{safe}_1_20261123T093012123456Z"


@given(st.text(), st.integers(1, 99), st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_no_symbol_leads_out_of_the_folder(symbol: str, model_id: int, at: datetime) -> None:
    stem = file_stem(symbol, model_id, at)
    assert Path(stem).name == stem
    assert stem[0] != "."
    assert len(stem) < 128
    delete_model_files(Path("/nowhere"), stem)  # a name of ours; of no file


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="must know its zone"):
        file_stem("NVDA", 11, MOMENT.replace(tzinfo=None))


# Writing and reading


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "models"
    saved = save(folder)
    assert saved.stem == STEM
    assert names(folder) == sorted(f"{STEM}.{kind}" for kind in KINDS)

    files = read_model_files(folder, saved.stem, saved.checksums)
    assert files.keras_path == folder / f"{STEM}.keras"
    assert files.scaler == {"volume": {"mean": 0.1, "scale": 1 / 3}}
    assert files.manifest["metrics"] == {"rmse": 0.02, "p": None}
    assert files.manifest["sha256"] == {kind: saved.checksums[kind] for kind in ("keras", "scaler", "md")}
    assert (folder / f"{STEM}.md").read_text("utf-8") == "# Ficha: previsão\n"


def test_the_json_is_strict_sorted_and_readable(tmp_path: Path) -> None:
    text = (tmp_path / f"{save(tmp_path, manifest={'z': 1, 'a': 2}).stem}.json").read_text()

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert list(json.loads(text, parse_constant=refuse)) == ["a", "sha256", "z"]
    assert text.startswith('{\n  "a": 2,\n')


@pytest.mark.parametrize("scaler", [{"mean": float("nan")}, {"mean": float("inf")}, {"mean": object()}])
def test_a_scaler_that_could_not_forecast_is_refused(tmp_path: Path, scaler: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match=f"scaler of {STEM} cannot be saved"):
        save(tmp_path, scaler=scaler)
    assert names(tmp_path) == []


def test_files_that_exist_are_never_overwritten(tmp_path: Path) -> None:
    saved = save(tmp_path)
    with pytest.raises(ArtifactError, match=rf"{STEM}\.keras exists already"):
        save(tmp_path, keras_bytes=b"another")
    read_model_files(tmp_path, saved.stem, saved.checksums)
    assert len(names(tmp_path)) == 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda p: p.write_bytes(p.read_bytes()[:-1]), id="truncated"),
        pytest.param(lambda p: p.write_bytes(b""), id="emptied"),
        pytest.param(lambda p: p.write_bytes(b"\x00" + p.read_bytes()[1:]), id="tampered"),
        pytest.param(Path.unlink, id="missing"),
        pytest.param(lambda p: (p.unlink(), p.mkdir()), id="a folder"),
    ],
)
def test_a_file_that_is_not_the_registered_one_is_refused_by_name(
    tmp_path: Path, kind: str, harm: Callable[[Path], object]
) -> None:
    saved = save(tmp_path)
    harm(tmp_path / f"{STEM}.{kind}")
    refused = pytest.raises(ArtifactError, match=rf"{STEM}\.{kind} (is|cannot)")
    with refused:
        export_model_files(tmp_path, saved.stem, saved.checksums, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with refused:
        read_model_file(tmp_path, saved.stem, kind, saved.checksums)
    # A card that somebody wrote notes into stops no forecast.
    with refused if kind in FORECASTING else nullcontext():
        read_model_files(tmp_path, saved.stem, saved.checksums)


def test_a_file_without_registered_checksum_is_refused(tmp_path: Path) -> None:
    saved = save(tmp_path)
    with pytest.raises(ArtifactError, match=r"\.scaler is not the one"):
        read_model_files(tmp_path, saved.stem, {"keras": saved.checksums["keras"]})


@pytest.mark.parametrize("stem", ["../secret", "", ".hidden_1_20261123T093012123456Z", f"{STEM}/../x"])
def test_a_name_that_is_not_ours_is_never_opened(tmp_path: Path, stem: str) -> None:
    with pytest.raises(ArtifactError, match="is not the name of a saved model"):
        read_model_files(tmp_path, stem, {})
    with pytest.raises(ArtifactError, match="is not the name of a saved model"):
        delete_model_files(tmp_path, stem)


def test_exported_files_are_the_same(tmp_path: Path) -> None:
    saved = save(tmp_path / "models")
    copies = export_model_files(tmp_path / "models", saved.stem, saved.checksums, tmp_path / "out")
    assert [path.suffix for path in copies] == [".keras", ".scaler", ".md", ".json"]
    for path in copies:
        assert path.read_bytes() == (tmp_path / "models" / path.name).read_bytes()
    read_model_files(tmp_path / "out", saved.stem, saved.checksums)
    with pytest.raises(ArtifactError, match="exists already"):
        export_model_files(tmp_path / "models", saved.stem, saved.checksums, tmp_path / "out")


def test_a_model_of_before_there_were_cards_is_whole_without_one(tmp_path: Path) -> None:
    saved = save(tmp_path / "models", card=None)
    assert tuple(saved.checksums) == FORECASTING
    files = read_model_files(tmp_path / "models", saved.stem, saved.checksums)
    assert files.manifest["sha256"].keys() == {"keras", "scaler"}
    identity = files_identity(tmp_path / "models", saved.stem)
    assert identity is not None
    copies = export_model_files(tmp_path / "models", saved.stem, saved.checksums, tmp_path / "out")
    assert [path.suffix for path in copies] == [f".{kind}" for kind in FORECASTING]
    delete_model_files(tmp_path / "models", saved.stem)
    assert names(tmp_path / "models") == []


def test_deleting_may_be_repeated(tmp_path: Path) -> None:
    saved = save(tmp_path)
    for _ in range(2):
        delete_model_files(tmp_path, saved.stem)
        assert names(tmp_path) == []


# Failures


@pytest.mark.parametrize("step", range(10))
def test_whatever_step_fails_nothing_is_left_and_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A full disk at each sync (four files, the folder) and each rename."""
    calls = 0

    def failing(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == step + 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*arguments)

        return call

    monkeypatch.setattr(staging.os, "fsync", failing(os.fsync))
    monkeypatch.setattr(Path, "rename", failing(Path.rename))
    if step == 9:  # four syncs, four renames, the folder: no tenth step to fail at
        assert save(tmp_path).stem == STEM
        assert calls == 9
        return
    with pytest.raises(
        ArtifactError, match=rf"Could not write .*{STEM}\.(keras|scaler|md|json): No space left"
    ):
        save(tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    with pytest.raises(ArtifactError, match=f"Could not write {tmp_path / 'models'}"):
        save(tmp_path / "models")


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path)
    assert names(tmp_path) == []


# Sweeping


def staged(folder: Path, pid: int, host: str | None = None) -> Path:
    path = folder / f".staging.{host or staging._host()}.{pid}.{STEM}.keras"
    path.write_bytes(b"half")
    return path


def test_staged_files_of_dead_processes_and_old_ones_go(tmp_path: Path) -> None:
    dead = staged(tmp_path, 2**31 + 5)
    alive = staged(tmp_path, os.getpid())
    elsewhere = staged(tmp_path, 2**31 + 5, host="another-machine")
    assert sweep(tmp_path, []) == [dead]
    assert names(tmp_path) == sorted([alive.name, elsewhere.name])

    make_old(alive)
    make_old(elsewhere)
    assert sorted(sweep(tmp_path, [])) == sorted([alive, elsewhere])


def test_files_without_their_manifest_go_after_a_day_unless_known(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / f"{STEM}.json").unlink()
    assert sweep(tmp_path, []) == []
    for kind in ("keras", "scaler", "md"):
        make_old(tmp_path / f"{STEM}.{kind}")
    assert sweep(tmp_path, [STEM]) == []
    assert len(sweep(tmp_path, [])) == 3
    assert names(tmp_path) == []


def test_whole_models_and_other_files_stay(tmp_path: Path) -> None:
    save(tmp_path)
    for other in ("notes.txt", "mine.keras", ".gitkeep", "mine_1.scaler", "README.md"):
        (tmp_path / other).touch()
    for path in tmp_path.iterdir():
        make_old(path)
    before = names(tmp_path)
    assert sweep(tmp_path, []) == []
    assert names(tmp_path) == before


def test_a_folder_that_is_not_there_needs_no_sweeping(tmp_path: Path) -> None:
    assert sweep(tmp_path / "models", []) == []
