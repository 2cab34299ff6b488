"""Writes docs/lint.md anew."""

from __future__ import annotations

from docs.lint.table import PAGE, render

PAGE.write_text(render(), encoding="utf-8")
print(f"wrote {PAGE}")
