"""Simulator, faults and every single fault, for tests that people write by hand."""
