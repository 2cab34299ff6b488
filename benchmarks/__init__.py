"""Our figures, beside what a user would otherwise use. Run `python -m benchmarks`."""
