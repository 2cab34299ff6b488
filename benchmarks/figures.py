"""Figures: what was measured, and how it compares."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 3
"""The best of so many rounds counts: what disturbs a machine only ever slows it down."""

now: Final = time.perf_counter
"""Bound before any clock is made virtual."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        ratio: how it compares with our figure, in words.
    """

    name: str
    value: float
    unit: str
    ratio: str | None = None


def best_rate(count: int, run: Callable[[], object]) -> float:
    """How many of `count` things `run` does in a second, in its best round."""
    return count / best_seconds(run)


def best_seconds(run: Callable[[], object]) -> float:
    """How long `run` takes, in its best round."""
    return min(_seconds(run) for _ in range(ROUNDS))


def _seconds(run: Callable[[], object]) -> float:
    started = now()
    run()
    return now() - started


def times(ours: float, other: float) -> str:
    """Our rate as a multiple of another."""
    ratio = ours / other
    return f"ours is {ratio:,.1f} x this" if ratio >= 1 else f"ours is {ratio:.2f} x this"


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print one section."""
    print(f"\n{title}", flush=True)
    for figure in figures:
        value = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:,.2f}"
        ratio = f"   {figure.ratio}" if figure.ratio else ""
        print(f"  {figure.name:<44}{value:>12} {figure.unit}{ratio}", flush=True)
