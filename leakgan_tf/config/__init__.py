"""Configuration of a run: fields, presets with their sources, semantics."""
