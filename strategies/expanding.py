"""How a plan that was drawn becomes what is drawn, as far as Hypothesis sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from hypothesis import strategies as st

from sqs_contract.strategies.pools import fill_pools

P = TypeVar("P")
T = TypeVar("T")


def expanded(
    name: str, plans: st.SearchStrategy[P], expand: Callable[[P], T]
) -> st.SearchStrategy[T]:
    """What `expand` makes of a drawn plan, for the strategy of that name.

    The same as `plans.map(expand)`, but a failing example shows the value, not
    the bytes it was made from.
    """

    # Deferred until the strategy is validated: Hypothesis does that before it begins to take
    # the time of draws, which making the pools would make look slow.
    def drawn() -> st.SearchStrategy[T]:
        fill_pools()
        return drawn_by(_Expansion(name, plans, expand))

    return st.deferred(drawn)


class _Expansion(Generic[P, T]):
    """Known by a name: Hypothesis shows arguments, and bodies can be long."""

    __slots__ = ("expand", "name", "plans")

    def __init__(self, name: str, plans: st.SearchStrategy[P], expand: Callable[[P], T]) -> None:
        self.name = name
        self.plans = plans
        self.expand = expand

    def __repr__(self) -> str:
        return self.name


@st.composite
def drawn_by(draw: st.DrawFn, expansion: _Expansion[P, T]) -> T:
    """Draw one plan and expand it."""
    return expansion.expand(draw(expansion.plans))
