"""Programs that are started here, and end when we do, in whatever way that is."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import Final

from sqs_contract.errors import UsageError

_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG."""


async def start(
    words: list[str],
    what: str,
    *,
    stdout: int | None = None,
    environment: dict[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """Start a program that ends when we do, in whatever way that is.

    Raises:
        UsageError: it cannot be started.
    """
    try:
        return await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{what}: cannot start {words[0]!r}: {reason}") from None


def kill_group(process: asyncio.subprocess.Process) -> None:
    """Kill a program, and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
