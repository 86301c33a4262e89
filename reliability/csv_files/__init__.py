"""Files of prices with a known truth, what is done to them, and the judge of how they were read."""
