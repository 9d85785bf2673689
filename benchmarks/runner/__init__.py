"""The runs of a benchmark: flags, folders, processes."""
