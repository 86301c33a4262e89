"""Load that lasts, what the processes take meanwhile, and whether that grows."""
