"""How a call of a library passes the gate: counted, labelled, and struck by its fault.

Knows no library. What a fault looks like there is handed in as `Mishaps`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.faults.inside import COVERED, INSIDE
from sqs_contract.scenario import FaultKind
from sqs_contract.world.life import life_here, pause

_TURNS: Final = 8
"""Turns of the event loop that an answer takes. The news of a failure takes two for each task
or `gather` it passes on its way up."""


def _no_error(_: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishaps:
    """What comes of a call of one library under a fault. Each raises what the library raises,
    or returns the answer the library returns.

    Attributes:
        fails: the other side refuses; nothing happened.
        unreachable: there is no connection; nothing happened.
        throttled: the other side says that there are too many calls.
        lost: it took effect, and this is what the caller sees instead of the answer.
        error_of: what is wrong with an answer that is no exception, such as a status of
            HTTP; `None` for nothing.
        patience_us: how long the caller waits for an answer; `None` for ever.
    """

    fails: Callable[[], Any]
    lost: Callable[[], Any]
    unreachable: Callable[[], Any] | None = None
    throttled: Callable[[], Any] | None = None
    error_of: Callable[[Any], str | None] = _no_error
    patience_us: int | None = None


def is_site(gate: Gate) -> bool:
    """Whether a call made here is the handler's own, and not part of one that is counted."""
    if INSIDE.get():
        return False
    if not gate.watching:
        pause()  # a thread that outlived its invocation waits here for the next one
    return gate.watching and life_here() is not None


def is_past_the_sites(gate: Gate) -> bool:
    """Whether what is done here is the handler's own and seen by no site."""
    return is_site(gate) and not COVERED.get()


@contextmanager
def under_way(gate: Gate, label: str) -> Iterator[Passage]:
    """A call on its way, and with it all that its library calls.

    An exception is what came of it; else the gate is still to be told: `leave` the passage then.
    """
    passage = gate.enter(label)
    inside = INSIDE.set(True)
    try:
        yield passage
    except (Exception, asyncio.CancelledError) as error:
        gate.leave(passage, type(error).__name__)
        raise
    finally:
        INSIDE.reset(inside)


def called(gate: Gate, label: str, send: Callable[[], Any], mishaps: Mishaps) -> Any:
    """Make a call, as its fault wants it."""
    with under_way(gate, label) as passage:
        result = attempt(gate, passage, send, mishaps)
    gate.leave(passage, mishaps.error_of(result))
    return result


async def awaited(
    gate: Gate, label: str, send: Callable[[], Awaitable[Any]], mishaps: Mishaps
) -> Any:
    """The same for a call that is awaited."""
    with under_way(gate, label) as passage:
        result = await attempt_awaited(gate, passage, send, mishaps)
    gate.leave(passage, mishaps.error_of(result))
    return result


def attempt(gate: Gate, passage: Passage, send: Callable[[], Any], mishaps: Mishaps) -> Any:
    """One try of a call that has passed the gate."""
    struck, result = _before(passage, mishaps)
    if struck:
        return result
    result = send()
    gate.after(passage)
    if not _is_lost(passage, mishaps):
        return result
    close = getattr(result, "close", None)
    if callable(close):
        close()
    return mishaps.lost()


async def attempt_awaited(
    gate: Gate, passage: Passage, send: Callable[[], Awaitable[Any]], mishaps: Mishaps
) -> Any:
    """The same for a try that is awaited."""
    struck, result = _before(passage, mishaps)
    if struck:
        return result
    await _on_its_way()
    result = await send()
    gate.after(passage)
    if not _is_lost(passage, mishaps):
        return result
    close = getattr(result, "aclose", None) or getattr(result, "close", None)
    closing = close() if callable(close) else None
    if inspect.isawaitable(closing):
        await closing
    return mishaps.lost()


async def _on_its_way() -> None:
    """Let the event loop go on meanwhile, as it does while a request is on its way.

    A mock answers at once, and without this what runs beside the call would never be met half
    done. A call that fails at once is over while others are still on their way: there
    `asyncio.gather` raises and leaves them behind.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return  # another library's event loop
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _before(passage: Passage, mishaps: Mishaps) -> tuple[bool, Any]:
    """Whether the call is not made at all, and what comes of it then."""
    passage.attempts += 1
    fault = passage.fault
    if fault is FaultKind.CALL_FAILS:
        return True, mishaps.fails()
    if fault is FaultKind.CALL_THROTTLED:
        return True, (mishaps.throttled or mishaps.fails)()
    if fault is FaultKind.NO_CONNECTION or (
        fault is FaultKind.ANSWER_LOST and passage.attempts > 1
    ):
        return True, (mishaps.unreachable or mishaps.fails)()
    return False, None


def _is_lost(passage: Passage, mishaps: Mishaps) -> bool:
    """Whether the caller gets no answer from a call that took effect."""
    if passage.attempts == 1 and passage.fault in (
        FaultKind.ANSWER_LOST,
        FaultKind.ANSWER_LOST_ONCE,
    ):
        return True
    return mishaps.patience_us is not None and passage.took_us > mishaps.patience_us


def raising(make: Callable[[], BaseException]) -> Callable[[], NoReturn]:
    """A mishap that raises what `make` makes."""

    def mishap() -> NoReturn:
        raise make()

    return mishap
