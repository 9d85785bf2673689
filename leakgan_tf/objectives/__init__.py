"""Losses and rewards: pure functions, each beside its equation."""
