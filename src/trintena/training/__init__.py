"""Programs that train, and the trials that are made of them."""
