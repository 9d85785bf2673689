"""What makes a run: fields, presets with their sources, semantics."""
