"""How forecasts are judged: baselines, scores on a segment, the board."""
