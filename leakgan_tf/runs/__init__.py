"""Runs on disk: folder, checkpoints and records; loading and exporting trained generators."""
