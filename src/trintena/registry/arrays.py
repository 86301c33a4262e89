"""Named arrays as bytes, in NumPy's own npz format and never with pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np


def pack(arrays: Mapping[str, np.ndarray], *, compress: bool = True) -> bytes:
    """An npz file of the arrays, in their order and with their dtypes.

    Written member by member: `np.savez` takes names as keywords, where `file` would collide with
    its own, and pickles objects without a word.

    Raises:
        ValueError: an array holds Python objects or a dtype that NumPy itself does not know.
    """
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, array in arrays.items():
            if array.dtype.hasobject or array.dtype.kind == "V":
                raise ValueError(f"array {name!r} has dtype {array.dtype}; only plain numbers are stored")
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of `pack`.

    Raises:
        ValueError: the bytes are no npz file, are cut short, or ask for pickle.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a whole npz file ({error})") from error


def pack_sequence(arrays: Sequence[np.ndarray]) -> bytes:
    """The arrays in their order, not compressed: trained weights are noise to a compressor."""
    return pack({str(i): array for i, array in enumerate(arrays)}, compress=False)


def unpack_sequence(data: bytes) -> tuple[np.ndarray, ...]:
    """The arrays of `pack_sequence`."""
    return tuple(unpack(data).values())
