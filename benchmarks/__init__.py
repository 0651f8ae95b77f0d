"""Measured figures. Each module is a command of its own; `python -m benchmarks` runs the ones that need no peer."""
