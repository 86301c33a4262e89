"""The files of a model on the disk: written whole or not at all, read only when unchanged.

    models/NVDA_11_20261123T093012123456Z.keras     the network
    models/NVDA_11_20261123T093012123456Z.scaler    JSON: the whole transformation of the prices
    models/NVDA_11_20261123T093012123456Z.md        the model card, for people; older models have none
    models/NVDA_11_20261123T093012123456Z.json      the manifest, with the SHA-256 of the others

A row of the model registry is added only after `write_model_files` has returned. So a process that is
killed while writing leaves files that no row points to, and `sweep` removes them later.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trintena.artifacts.staging import is_old, is_stale, write_together
from trintena.domain import finite_json
from trintena.errors import ArtifactError
from trintena.language import phrase

KINDS = ("keras", "scaler", "md", "json")
"""The endings of a model's files in the order in which they appear: the manifest vouches for the rest.

Which of them a model has is told by its checksums.
"""
_FORECASTING = ("keras", "scaler", "json")
"""What a forecast is made from: every model has these, and none waits for a card that somebody edited."""

_STEM = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*_\d+_\d{8}T\d{12}Z", re.ASCII)
_LONGEST_SYMBOL = 64
CLOCK_TICK_NS = 2_000_000_000
"""The coarsest clock of a file system that times are written by."""


@dataclass(frozen=True)
class SavedFiles:
    """What the registry must remember to find the files again and to know that they are the same."""

    stem: str
    checksums: dict[str, str]
    """SHA-256 of each file, keyed by its kind: `keras`, `scaler`, `md`, `json`."""


@dataclass(frozen=True)
class FilesIdentity:
    """What a look at the files that a model forecasts with tells: another content has another identity."""

    states: tuple[tuple[int, ...], ...]
    """Of each file: device, inode, size, and when content and inode last changed, in ns since 1970."""

    def is_settled(self, now_ns: int) -> bool:
        """Whether the last change is so long ago that the next one cannot have the same time."""
        return max(max(state[-2:]) for state in self.states) < now_ns - CLOCK_TICK_NS


@dataclass(frozen=True)
class ModelFiles:
    """What a model forecasts with, found unchanged."""

    keras_path: Path
    scaler: dict[str, Any]
    manifest: dict[str, Any]


def file_stem(symbol: str, model_id: int, created_at: datetime) -> str:
    """The common name of a model's files, without the ending; the time is UTC to the microsecond.

    What is no ASCII letter, digit, dot or hyphen in a symbol becomes `_`, and so does a dot in
    front: no symbol leads out of the folder or to a hidden file. Only the first 64 characters count.

    Raises:
        ValueError: the time does not know its zone.
    """
    if created_at.tzinfo is None:
        raise ValueError(f"the time of a model must know its zone, {created_at!r} does not")
    safe = re.sub(r"[^A-Za-z0-9.-]|^\.|^$", "_", symbol[:_LONGEST_SYMBOL])
    return f"{safe}_{model_id}_{created_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"


def write_model_files(
    folder: Path,
    symbol: str,
    model_id: int,
    created_at: datetime,
    keras_bytes: bytes,
    scaler: Mapping[str, Any],
    manifest: Mapping[str, Any],
    card: str | None = None,
) -> SavedFiles:
    """Save a model so that a kill at any moment leaves all its files whole or none that count.

    The manifest gains `sha256`, the checksums of the others; its numbers that are not finite
    become null. In the scaler such a number is an error, for nothing could be forecast with it.
    Without a card there is no such file.

    Raises:
        ArtifactError: a file cannot be written (disk full, no permission), exists already, or the
            scaler is no strict JSON. Nothing is left behind.
    """
    stem = file_stem(symbol, model_id, created_at)
    try:
        content = {"keras": keras_bytes, "scaler": _json_bytes(scaler)}
    except (ValueError, TypeError) as error:
        raise ArtifactError(
            phrase(
                en=f"The scaler of {stem} cannot be saved as JSON: {error}.",
                pt=f"Não é possível salvar o scaler de {stem} como JSON: {error}.",
            )
        ) from error
    if card is not None:
        content["md"] = card.encode()
    sums = {kind: _sha256(data) for kind, data in content.items()}
    content["json"] = _json_bytes(finite_json({**manifest, "sha256": sums}))
    write_together(folder, {f"{stem}.{kind}": data for kind, data in content.items()})
    return SavedFiles(stem, {**sums, "json": _sha256(content["json"])})


def read_model_files(folder: Path, stem: str, checksums: Mapping[str, str]) -> ModelFiles:
    """What a model forecasts with, after these files were found to be the registered ones.

    Nothing of a file is parsed before its SHA-256 agrees.

    Raises:
        ArtifactError: a file is missing, was cut short or has changed; the message names it.
    """
    content = {kind: read_model_file(folder, stem, kind, checksums) for kind in _FORECASTING}
    return ModelFiles(
        keras_path=folder / f"{stem}.keras",
        scaler=json.loads(content["scaler"]),
        manifest=json.loads(content["json"]),
    )


def read_model_file(folder: Path, stem: str, kind: str, checksums: Mapping[str, str]) -> bytes:
    """The content of one of a model's files, found to be the registered one.

    Raises:
        ArtifactError: it is missing, was cut short or has changed; the message names it.
    """
    path = _path(folder, stem, kind)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _damaged(
            path,
            phrase(en="is missing", pt="está faltando"),
            phrase(
                en="If another machine saved it: those that share a database share TRINTENA_HOME, too.",
                pt="Se outra máquina o salvou: quem divide um banco de dados divide também TRINTENA_HOME.",
            ),
        ) from error
    except OSError as error:
        raise ArtifactError(
            phrase(
                en=f"The model file {path} cannot be read: {error.strerror}.",
                pt=f"Não é possível ler o arquivo de modelo {path}: {error.strerror}.",
            )
        ) from error
    if (found := _sha256(data)) != (expected := str(checksums.get(kind))):
        raise _damaged(
            path,
            phrase(
                en="is not the one that was registered: it was cut short or changed "
                f"(SHA-256 {expected[:12]} expected, {found[:12]} found)",
                pt="não é o que foi registrado: foi cortado ou alterado "
                f"(SHA-256 {expected[:12]} esperado, {found[:12]} encontrado)",
            ),
        )
    return data


def state_of_file(path: Path, checksum: str) -> str:
    """`whole`, `missing`, `changed` or `unreadable`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    return "whole" if _sha256(data) == checksum else "changed"


def files_identity(folder: Path, stem: str) -> FilesIdentity | None:
    """What a look at the files that a model forecasts with tells; None where one cannot be looked at.

    Raises:
        ArtifactError: the name is not one of ours.
    """
    try:
        looks = [_path(folder, stem, kind).stat() for kind in _FORECASTING]
    except OSError:
        return None
    return FilesIdentity(
        tuple((at.st_dev, at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns) for at in looks)
    )


def export_model_files(
    folder: Path, stem: str, checksums: Mapping[str, str], destination: Path
) -> tuple[Path, ...]:
    """Copy all of a model's files, found unchanged, to another folder, and give the copies.

    Raises:
        ArtifactError: as `read_model_files`; or a copy cannot be written or is there already.
    """
    kinds = [kind for kind in KINDS if kind in checksums or kind in _FORECASTING]
    content = {f"{stem}.{kind}": read_model_file(folder, stem, kind, checksums) for kind in kinds}
    write_together(destination, content)
    return tuple(destination / name for name in content)


def delete_model_files(folder: Path, stem: str) -> None:
    """Delete the files of a model whose row is gone, the manifest first; missing ones are no error.

    Raises:
        ArtifactError: the name is not one of ours, or a file cannot be deleted.
    """
    for kind in reversed(KINDS):
        path = _path(folder, stem, kind)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ArtifactError(
                phrase(
                    en=f"Could not delete {path}: {error.strerror}.",
                    pt=f"Não foi possível apagar {path}: {error.strerror}.",
                )
            ) from error


def sweep(folder: Path, known_stems: Collection[str]) -> list[Path]:
    """Remove what killed processes left in the folder, and say what it was.

    That is: staged files whose process is gone or which are older than a day; and, older than a
    day, files of ours without the manifest that would have come last, unless the registry knows
    them. Whole models always stay, known or not: the registry may be the one that was lost.
    """
    removed: list[Path] = []
    if not folder.is_dir():
        return removed
    names = {path.name for path in folder.iterdir()}
    for name in sorted(names):
        path = folder / name
        stem, _, kind = name.rpartition(".")
        ours = kind in KINDS and _STEM.fullmatch(stem) is not None and stem not in known_stems
        orphan = ours and f"{stem}.json" not in names and is_old(path)
        if orphan or is_stale(path):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _damaged(path: Path, what: str, beside: str = "") -> ArtifactError:
    """A file that is not whole, with what can be done about it, and what else may help."""
    remedy = phrase(
        en="Restore it from a copy, or promote another version: `trintena models list`.",
        pt="Restaure-o de uma cópia, ou promova outra versão: `trintena models list`.",
    )
    return ArtifactError(
        phrase(
            en=f"File does not match the registry; not opened. {path.parent.name}/{path.name} {what}.",
            pt=f"Arquivo não confere com o registro; não foi aberto. {path.parent.name}/{path.name} {what}.",
        ),
        hint=f"{remedy} {beside}".rstrip(),
    )


def _path(folder: Path, stem: str, kind: str) -> Path:
    if _STEM.fullmatch(stem) is None:
        raise ArtifactError(
            phrase(
                en=f"{stem!r} is not the name of a saved model.",
                pt=f"{stem!r} não é o nome de um modelo salvo.",
            ),
            hint=phrase(en="See `trintena models list`.", pt="Veja `trintena models list`."),
        )
    return folder / f"{stem}.{kind}"


def _json_bytes(value: Any) -> bytes:
    text = json.dumps(value, allow_nan=False, sort_keys=True, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
