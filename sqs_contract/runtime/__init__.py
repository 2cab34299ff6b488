"""Handlers behind the real Lambda Runtime API: each execution environment is a process of its own,
in any language, and what it calls of AWS passes an endpoint of ours."""
