"""The report of each benchmark."""
