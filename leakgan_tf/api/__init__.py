"""The Python API: what the commands do, callable from programs and notebooks."""
