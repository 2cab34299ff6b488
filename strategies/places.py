"""Which of several places in a plan are taken."""

from __future__ import annotations


def chosen_places(firsts: bytes, share: int, fewest: int) -> list[int]:
    """The places whose first byte is among the `share` of 256 highest, and more of them
    where these are fewer than `fewest`.

    With every share as likely as any other, so is every number of places; and as
    each place has a byte of its own, each goes without the others.
    """
    least = 256 - share
    chosen = [place for place, first in enumerate(firsts) if first >= least]
    if len(chosen) < fewest:
        spare = [place for place, first in enumerate(firsts) if first < least]
        chosen = sorted(chosen + spare[: fewest - len(chosen)])
    return chosen
