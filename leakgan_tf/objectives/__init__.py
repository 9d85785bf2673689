"""Losses and rewards as pure functions, each with its equation."""
