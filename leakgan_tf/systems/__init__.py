"""The systems, one file per paper: losses used, phases run, values and their sources."""
