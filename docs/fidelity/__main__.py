"""Writes docs/fidelity.md anew; says what is wrong, and then exits with 1."""

from __future__ import annotations

import sys

from docs.fidelity.table import PAGE, gather, problems, render

fidelity = gather()
PAGE.write_text(render(fidelity), encoding="utf-8")
wrong = list(problems(fidelity))
print("\n".join(wrong) or f"wrote {PAGE}")
sys.exit(bool(wrong))
