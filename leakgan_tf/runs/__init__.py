"""A run on disk: its folder, checkpoints, record; loading and exporting it."""
