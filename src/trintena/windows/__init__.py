"""From a series to what a network reads: segments, scales, targets."""

from trintena.windows.frame import Frame, Transformation
from trintena.windows.segments import Segments, segments_of

__all__ = ["Frame", "Segments", "Transformation", "segments_of"]
