"""Sampling, continuation and scoring of sequences with any policy."""
