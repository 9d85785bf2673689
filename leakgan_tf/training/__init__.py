"""Training of any system: schedule, compiled loops, logs, warnings, devices."""
