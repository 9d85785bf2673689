"""Helpers for all packages: errors, files, seeds, hardware, sums over devices."""
