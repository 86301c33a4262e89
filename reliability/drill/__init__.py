"""The drill: every fault in real processes."""
