"""Scenarios played in a process of its own, which may die or hang: it is watched from outside."""
