"""Archives that no saved network is: refused before anything of them is unpacked."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from damage import archive_of
from trintena.artifacts.inference import outputs
from trintena.errors import ArtifactError

NETWORK = {"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": b"weights"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            archive_of({**NETWORK, "../outside": b"here"}),
            "it holds '../outside', which no saved network does",
        ),
        (archive_of({**NETWORK, "assets/words.txt": b"here"}), "it holds 'assets/words.txt'"),
        (
            archive_of({**NETWORK, "model.weights.h5": bytes(1 << 20)}, zipfile.ZIP_DEFLATED),
            "unpacked it would be of 1048580 bytes, larger than the file itself",
        ),
        (archive_of(NETWORK)[:-30], "File is not a zip file"),
        (b"", "File is not a zip file"),
    ],
)
def test_what_keras_did_not_write_is_not_unpacked(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "other.keras"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"other\.keras cannot be opened as a Keras model") as refused:
        outputs(str(path), hashlib.sha256(content).hexdigest(), np.zeros((1, 8, 1)))
    assert reason in str(refused.value)
