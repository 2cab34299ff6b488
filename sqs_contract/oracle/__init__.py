"""Which messages took effect: told by comparing worlds, with no expectation written by anyone."""
