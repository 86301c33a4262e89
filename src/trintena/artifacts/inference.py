"""What an inference process does: make `.keras` files, and compute what the network in one says.

These functions run in a process of their own (`jobs.inference`); nothing else of Trintena loads Keras.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from trintena import _lazy
from trintena.errors import ArtifactError
from trintena.language import phrase
from trintena.zoo import portable
from trintena.zoo.architecture import WindowShape
from trintena.zoo.catalog import architecture

if TYPE_CHECKING:
    from collections.abc import Sequence


_MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
"""Of the archive that a `.keras` file is."""


def warm_up() -> None:
    """Load Keras."""
    _lazy.keras()


def keras_file(
    model_id: int,
    shape: WindowShape,
    activation: str,
    dropout_rate: float,
    weights: Sequence[np.ndarray],
    name: str,
) -> bytes:
    """The `.keras` file of an architecture with these weights: stock layers only."""
    graph = architecture(model_id).graph(shape)
    model = portable.build(graph, activation, dropout_rate=dropout_rate, weights=weights, name=name)
    with tempfile.TemporaryDirectory(prefix="trintena-") as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


@lru_cache(maxsize=8)
def _loaded(path: str, checksum: str) -> Any:
    """The network, from a copy of ours: what was verified cannot be exchanged before Keras opens it."""
    try:
        content = Path(path).read_bytes()
        if hashlib.sha256(content).hexdigest() != checksum:
            raise ArtifactError(
                phrase(
                    en=f"File does not match the registry; not opened. {Path(path).name} has changed.",
                    pt=f"Arquivo não confere com o registro; não foi aberto. {Path(path).name} mudou.",
                )
            )
        _check_members(content)
        with tempfile.TemporaryDirectory(prefix="trintena-") as folder:
            copy = Path(folder) / "model.keras"
            copy.write_bytes(content)
            return _lazy.keras().saving.load_model(copy, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ArtifactError(
            phrase(
                en=f"{Path(path).name} cannot be opened as a Keras model: {error}",
                pt=f"Não é possível abrir {Path(path).name} como modelo do Keras: {error}",
            )
        ) from error


def _check_members(content: bytes) -> None:
    """Let nothing but a network as Keras saves it be unpacked: three members, none of them compressed.

    Raises:
        ValueError: there is another member, or more in them than the file is long.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
    if foreign := sorted({member.filename for member in members} - _MEMBERS):
        raise ValueError(
            phrase(
                en=f"it holds {foreign[0]!r}, which no saved network does",
                pt=f"ele contém {foreign[0]!r}, o que nenhuma rede salva contém",
            )
        )
    if (unpacked := sum(member.file_size for member in members)) > len(content):
        raise ValueError(
            phrase(
                en=f"unpacked it would be of {unpacked} bytes, larger than the file itself",
                pt=f"descompactado, teria {unpacked} bytes, mais que o próprio arquivo",
            )
        )


def outputs(
    path: str, checksum: str, windows: Float[np.ndarray, "window lookback feature"]
) -> Float[np.ndarray, "window horizon"]:
    """What the network in the file says of some windows, in units of each window's step size.

    `checksum` is the SHA-256 that the registry knows: a model stays loaded under it.

    Raises:
        ArtifactError: the file is another, or no model that Keras opens.
    """
    model = _loaded(path, checksum)
    return np.asarray(model.predict(windows.astype(np.float32), batch_size=256, verbose=0), np.float64)
