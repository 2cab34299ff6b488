"""Handlers to be explored, and their worlds; kept apart, as in a project."""
