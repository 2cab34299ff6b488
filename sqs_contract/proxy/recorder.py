"""Looks at the effects while a session goes on, and what they came to.

Owns when a look is taken: at each delete, and between deliveries, when the consumer is
through with all it was handed. Who tells the effects is `effects`' business.
"""

from __future__ import annotations

import asyncio
from typing import Final

from sqs_contract.errors import UsageError
from sqs_contract.proxy.effects import Ask
from sqs_contract.proxy.rules import Rules
from sqs_contract.proxy.windows import AT_DELETE, QUIET, Look
from sqs_contract.world.effects import Tree, canonical

SETTLE_S: Final = 0.02
SETTLE_TRIES: Final = 25
"""Effects that still change are waited for, for so many looks."""
IDLE_LOOKS: Final = 2
"""So often the effects are looked at again while nothing is delivered: what changes then is
nobody's doing here."""


class Recorder:
    """Takes looks, where effects were given."""

    def __init__(self, rules: Rules, ask: Ask | None) -> None:
        self._rules = rules
        self._ask = ask
        self._lock = asyncio.Lock()
        self._idle = 0
        self.looks: list[Look] = []
        self.trouble: str | None = None

    def stop(self, error: UsageError) -> None:
        """The effects cannot be told any more."""
        if self.trouble is None:
            self.trouble = f"the effects could not be told: {error}"

    async def first(self) -> None:
        """Look before anything happens.

        Raises:
            UsageError: the effects cannot be told.
        """
        if self._ask is not None:
            self.looks.append(Look(position=0, when=QUIET, world=await self._ask()))

    async def at_delete(self) -> None:
        """A delete was asked for, and nothing was done about it yet."""
        async with self._lock:
            await self._look(AT_DELETE)

    async def between(self, under_way: bool) -> None:  # noqa: FBT001  the one thing it depends on
        """The consumer polls, and is or is not through with all it was handed."""
        if self._ask is None or self.trouble is not None or under_way:
            return
        async with self._lock:
            if self.looks[-1].when == QUIET and self.looks[-1].position == self._position:
                if self._idle >= IDLE_LOOKS:
                    return
                self._idle += 1
                await self._look(QUIET)
                return
            self._idle = 0
            await self._settled_look()

    async def last(self) -> None:
        """The session is over."""
        async with self._lock:
            if self._ask is not None and self.trouble is None:
                await self._settled_look()

    @property
    def _position(self) -> int:
        return len(self._rules.events)

    async def _settled_look(self) -> None:
        """A quiet look, once two in a row are the same."""
        world = await self._world()
        for _ in range(SETTLE_TRIES):
            await asyncio.sleep(SETTLE_S)
            again = await self._world()
            if canonical(again) == canonical(world):
                break
            world = again
        if self.trouble is None:
            self.looks.append(Look(position=self._position, when=QUIET, world=world))

    async def _look(self, when: str) -> None:
        if self._ask is None or self.trouble is not None:
            return
        position = self._position
        world = await self._world()
        if self.trouble is None:
            self.looks.append(Look(position=position, when=when, world=world))

    async def _world(self) -> Tree:
        assert self._ask is not None, "there is someone to ask"
        try:
            return await self._ask()
        except UsageError as error:
            self.stop(error)
            return None
