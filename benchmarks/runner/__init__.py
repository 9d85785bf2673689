"""Runs benchmarks: flags, folders, processes."""
