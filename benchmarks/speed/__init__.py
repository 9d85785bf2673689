"""How fast each stage of training is: ``python -m benchmarks.speed``."""
