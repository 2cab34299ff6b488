"""The figures, as a table: a line for each handler, and the sums below."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.detection.score import Row, Verdict

_METHODS: Final = {
    "ours": "sqs-contract",
    "unit_test": "unit test",
    "hypothesis_test": "hypothesis",
    "moto_mapping": "moto",
}
_NAMES: Final = 36
_CLAUSES: Final = 35

HEAD: Final = (
    f"{'class, handler':<{_NAMES}}{'breaks':<{_CLAUSES}}{'sqs-contract':<14}"
    f"{'seconds':>7}  {'story':<7}  {'unit test':<10} {'hypothesis':<10} moto"
)


def line(row: Row) -> str:
    """One handler."""
    ours = row.verdicts.get("ours")
    seconds = f"{ours.seconds:7.2f}" if ours is not None and not row.is_twin and ours.right else ""
    story = f"{ours.messages}m {ours.faults}f" if ours is not None and ours.messages else ""
    others = " ".join(f"{_word(row, name):<10}" for name in list(_METHODS)[1:])
    return (
        f"{f'{row.bug_class}, {row.kind}':<{_NAMES}}{_clauses(row):<{_CLAUSES}}"
        f"{_word(row, 'ours'):<14}{seconds:>7}  {story:<7}  {others}"
    ).rstrip()


def summary(rows: Sequence[Row]) -> str:
    """The sums, a line for each method."""
    sums = summarised(rows)
    lines = [""]
    for name, title in _METHODS.items():
        if name not in sums:
            continue
        own = sums[name]
        text = (
            f"{title:<14} found {own['found']} of {own['broken']}, "
            f"falsely accused {own['falsely_accused']} of {own['correct']}"
        )
        if own.get("median_seconds") is not None:
            text += (
                f"; to the counterexample {own['median_seconds']:.2f} s (median), "
                f"{own['worst_seconds']:.2f} s (worst); story {own['median_messages']:g} "
                f"messages, {own['median_faults']:g} faults (median)"
            )
        lines.append(text)
    return "\n".join(lines)


def summarised(rows: Sequence[Row]) -> dict[str, Any]:
    """The sums of each method."""
    sums: dict[str, Any] = {}
    for name in _METHODS:
        scored = [(row, row.verdicts[name]) for row in rows if name in row.verdicts]
        if not scored:
            continue
        found = [said for row, said in scored if not row.is_twin and said.right]
        sums[name] = {
            "found": len(found),
            "broken": sum(not row.is_twin for row, _ in scored),
            "falsely_accused": sum(row.is_twin and not said.right for row, said in scored),
            "correct": sum(row.is_twin for row, _ in scored),
        }
        if name == "ours" and found:
            sums[name] |= _stories(found)
    return sums


def _stories(found: Sequence[Verdict]) -> dict[str, float]:
    return {
        "median_seconds": statistics.median(item.seconds for item in found),
        "worst_seconds": max(item.seconds for item in found),
        "median_messages": statistics.median(item.messages or 0 for item in found),
        "median_faults": statistics.median(item.faults or 0 for item in found),
    }


def _clauses(row: Row) -> str:
    return " or ".join(row.breaks) or "-"


def _word(row: Row, method: str) -> str:
    said = row.verdicts.get(method)
    if said is None:
        return ""
    if row.is_twin:
        return "-" if said.right else "ACCUSED"
    return "found" if said.right else "missed"
