"""Conformance: recorded behaviour of AWS, run against the model.

Owns the running of recorded programs and scenarios and the comparison with what
AWS did. The recordings themselves are data, kept elsewhere.
"""
