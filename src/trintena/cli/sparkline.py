"""A series in one line of text."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Float[np.ndarray, " row"], width: int = 60) -> str:
    """The values as blocks from the lowest to the highest, oldest first.

    More values than `width` are averaged in `width` groups of equal length. A series that never
    moves is a line of the lowest block.
    """
    groups = np.array_split(values, min(width, len(values)))
    means = np.array([group.mean() for group in groups])
    low, high = means.min(), means.max()
    if low == high:
        return BLOCKS[0] * len(means)
    # Halved first: the span of the largest numbers would overflow.
    heights = (means / 2 - low / 2) / (high / 2 - low / 2)
    return "".join(BLOCKS[round(height * (len(BLOCKS) - 1))] for height in heights.tolist())
