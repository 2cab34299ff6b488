"""The consumer, where it is started here: begun again when it crashes, and ended with the session."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Final

from sqs_contract.proxy.programs import kill_group, start

GRACE_S: Final = 5.0
"""So long a consumer that is asked to end may take."""
STARTS_MAX: Final = 10
"""A consumer that crashes is started again, as whatever runs it would; not for ever."""

_GUARD: Final = 'read _; kill -KILL -"$0" 2>/dev/null'
"""Waits for the end of its input, which comes however we end, and then ends a process group."""


class Consumer:
    """A program that polls at the proxy.

    Args:
        command: its words.
        url: where the proxy listens.
    """

    def __init__(self, command: tuple[str, ...], url: str) -> None:
        self._command = command
        self._url = url
        self._process: asyncio.subprocess.Process | None = None
        self._guard: asyncio.subprocess.Process | None = None
        self._starts = 0
        self._status = 0

    @property
    def told(self) -> str:
        """How it fared, in words that follow others."""
        if self._starts > 1:
            return f"; it crashed with status {self._status} and was started {self._starts} times"
        return f", with status {self._status}" if self._status else ""

    async def start(self) -> None:
        """Start it.

        Raises:
            UsageError: it cannot be started.
        """
        self._starts += 1
        self._process = await start(
            list(self._command),
            "the consumer",
            stdout=2,  # standard output is the report's
            environment={"AWS_ENDPOINT_URL_SQS": self._url},
        )
        self._guard = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", _GUARD, str(self._process.pid),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    async def ended(self) -> None:
        """Wait until it has ended as it meant to, or crashed too often."""
        while True:
            assert self._process is not None, "it was started"
            status = await self._process.wait()
            self._status = status or self._status
            if status == 0 or self._starts >= STARTS_MAX:
                return
            await self._clear_up()
            await self.start()

    async def end(self) -> None:
        """End it, and all it started."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self._process.wait()
        await self._clear_up()

    async def _clear_up(self) -> None:
        if self._process is not None:
            kill_group(self._process)
            await self._process.wait()
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            await self._guard.wait()
