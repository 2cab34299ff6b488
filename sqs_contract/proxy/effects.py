"""What the effects are, asked of the user: a function of theirs, or a command that prints JSON."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Awaitable, Callable
from typing import Final

from sqs_contract.errors import UsageError
from sqs_contract.proxy.programs import kill_group, start
from sqs_contract.references import Reference, first_line, import_for, name_of
from sqs_contract.world.effects import Tree, normalise

Ask = Callable[[], Awaitable[Tree]]

COMMAND_TIMEOUT_S: Final = 30.0


def effects_of(reference: str | None, command: str | None) -> Ask | None:
    """How the effects are asked for; `None` where neither is given.

    Raises:
        UsageError: both are given, or what is given is not there.
    """
    if reference is not None and command is not None:
        raise UsageError("give --effects or --effects-command, not both")
    if reference is not None:
        return _function(reference)
    if command is not None:
        return _command(command)
    return None


def _function(text: str) -> Ask:
    reference = Reference.parse(text, "--effects")
    function = reference.find(import_for(reference, "--effects"), "--effects")
    if not callable(function):
        raise UsageError(f"--effects {text!r} is no function")

    async def ask() -> Tree:
        try:
            # In a thread: calls of the consumer go on meanwhile.
            return normalise(await asyncio.to_thread(function))
        except UsageError:
            raise
        except Exception as error:
            told = f"{name_of(type(error))}: {first_line(error)}"
            raise UsageError(f"--effects {text!r} raised {told}") from error

    return ask


def _command(text: str) -> Ask:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--effects-command {text!r} cannot be read: {error}") from None
    if not words:
        raise UsageError("--effects-command is empty")

    async def ask() -> Tree:
        process = await start(words, "--effects-command", stdout=asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                output, _ = await process.communicate()
        except TimeoutError:
            raise UsageError(
                f"--effects-command {text!r} did not end in {COMMAND_TIMEOUT_S:g} s"
            ) from None
        finally:
            kill_group(process)
        if process.returncode != 0:
            raise UsageError(f"--effects-command {text!r} ended with status {process.returncode}")
        try:
            return normalise(json.loads(output))
        except (ValueError, RecursionError):
            shown = output[:40].decode("utf-8", "replace")
            raise UsageError(f"--effects-command {text!r} printed no JSON: {shown!r}") from None

    return ask
