"""Measures the speed of each stage of training: ``python -m benchmarks.speed``."""
