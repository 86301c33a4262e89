"""Several files of one folder that appear together: staged, forced to the disk, then named."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from trintena.errors import ArtifactError
from trintena.language import phrase

_STAGED = re.compile(r"\.staging\.(?P<host>[A-Za-z0-9-]*)\.(?P<pid>\d+)\..+", re.ASCII)
_DAY_S = 86_400.0


def write_together(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write files under staging names, force them to the disk, then name them in their order.

    After a failure neither staged nor named files remain; after a kill, staged ones that `is_stale`
    recognizes by the number of the process in their names, or the first few named ones.

    Raises:
        ArtifactError: a file cannot be written, or one of that name exists already.
    """
    staged: dict[str, Path] = {}
    named: list[Path] = []
    at_work = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in content.items():
            at_work = folder / name
            if at_work.exists():
                raise ArtifactError(
                    phrase(en=f"The file {at_work} exists already.", pt=f"O arquivo {at_work} já existe."),
                    hint=phrase(en="It was left as it is.", pt="Ele ficou como está."),
                )
            staged[name] = folder / f".staging.{_host()}.{os.getpid()}.{name}"
            with staged[name].open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        for name, path in staged.items():
            at_work = folder / name
            named.append(at_work)
            path.rename(at_work)
        _sync_folder(folder)
    except BaseException as error:
        for path in (*reversed(named), *staged.values()):
            # What cannot be removed now is left to `sweep`; the first failure is the one to tell.
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ArtifactError(
                phrase(
                    en=f"Could not write {at_work}: {error.strerror or error}.",
                    pt=f"Não foi possível escrever {at_work}: {error.strerror or error}.",
                ),
                hint=phrase(
                    en="Check the free space and the permissions of the folder.",
                    pt="Confira o espaço livre e as permissões da pasta.",
                ),
            ) from error
        raise


def _sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, as `fsync` of a file does for its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_stale(path: Path) -> bool:
    """Whether it is a staged file whose process is gone, or which is older than a day."""
    staged = _STAGED.fullmatch(path.name)
    if staged is None:
        return False
    gone = staged["host"] == _host() and not _is_alive(int(staged["pid"]))
    return gone or is_old(path)


def is_old(path: Path) -> bool:
    """Whether a file was last changed more than a day ago."""
    try:
        return time.time() - path.stat().st_mtime > _DAY_S
    except FileNotFoundError:
        return False


def _host() -> str:
    """This machine's name as it stands in staging names: a process number means nothing elsewhere."""
    return re.sub(r"[^A-Za-z0-9-]", "-", os.uname().nodename)[:32]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
