"""Tasks: real sentences to learn from, and the evaluation of generators."""
