"""One file for each category of the specification; families do not import each other."""
