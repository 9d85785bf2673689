"""The schedule runner, checkpoints and logs: the same for every system."""
