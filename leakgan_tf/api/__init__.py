"""The Python API: the commands as functions, for programs and notebooks."""
