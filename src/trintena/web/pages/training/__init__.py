"""The page `/advanced-training`: asking for a training, watching it, seeing what came of it."""
