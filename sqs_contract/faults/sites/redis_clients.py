"""redis-py: each command and each pipeline is a site, synchronous or not.

A command meets its fault below the client's own retries, which repeat it
whatever it does; fakeredis answers below the site.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final

from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.faults.kinds import only_reads
from sqs_contract.faults.sites.passing import (
    Mishaps,
    attempt,
    attempt_awaited,
    awaited,
    called,
    is_site,
    raising,
    under_way,
)
from sqs_contract.faults.sites.patches import Patches

_MAX_KEY: Final = 40
_COMMAND: Final[ContextVar[tuple[Passage, Mishaps] | None]] = ContextVar(
    "sqs_contract_redis", default=None
)


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make commands of `redis.client` sites."""
    _put_in_place(module, _Wraps(gate), patches)


def install_async(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make commands of `redis.asyncio.client` sites."""
    _put_in_place(module, _AsyncWraps(gate), patches)


def _put_in_place(module: Any, wrap: _Wraps | _AsyncWraps, patches: Patches) -> None:
    patches.replace(module.Redis, "execute_command", wrap.command)
    patches.replace(module.Redis, "_send_command_parse_response", wrap.one_try)
    patches.replace(module.Pipeline, "execute", wrap.pipeline)


class _Wraps:
    """What stands in the place of redis-py's own methods."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def command(self, real: Any) -> Any:
        """`Redis.execute_command`."""

        def watched(client: Any, *args: Any, **options: Any) -> Any:
            if not is_site(self._gate):
                return real(client, *args, **options)
            with _under_way(self._gate, args):
                return real(client, *args, **options)

        return watched

    def one_try(self, real: Any) -> Any:
        """`Redis._send_command_parse_response`."""

        def watched(client: Any, *args: Any, **options: Any) -> Any:
            command = _COMMAND.get()
            if command is None:
                return real(client, *args, **options)
            passage, mishaps = command
            return attempt(self._gate, passage, lambda: real(client, *args, **options), mishaps)

        return watched

    def pipeline(self, real: Any) -> Any:
        """`Pipeline.execute`."""

        def watched(pipeline: Any, *args: Any, **options: Any) -> Any:
            label = _pipeline_label(pipeline) if is_site(self._gate) else None
            if label is None:
                return real(pipeline, *args, **options)
            return called(
                self._gate, label, lambda: real(pipeline, *args, **options), _mishaps(label)
            )

        return watched


class _AsyncWraps:
    """The same for the methods that are awaited."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def command(self, real: Any) -> Any:
        """`Redis.execute_command`."""

        async def watched(client: Any, *args: Any, **options: Any) -> Any:
            if not is_site(self._gate):
                return await real(client, *args, **options)
            with _under_way(self._gate, args):
                return await real(client, *args, **options)

        return watched

    def one_try(self, real: Any) -> Any:
        """`Redis._send_command_parse_response`."""

        async def watched(client: Any, *args: Any, **options: Any) -> Any:
            command = _COMMAND.get()
            if command is None:
                return await real(client, *args, **options)
            passage, mishaps = command
            return await attempt_awaited(
                self._gate, passage, lambda: real(client, *args, **options), mishaps
            )

        return watched

    def pipeline(self, real: Any) -> Any:
        """`Pipeline.execute`."""

        async def watched(pipeline: Any, *args: Any, **options: Any) -> Any:
            label = _pipeline_label(pipeline) if is_site(self._gate) else None
            if label is None:
                return await real(pipeline, *args, **options)
            return await awaited(
                self._gate, label, lambda: real(pipeline, *args, **options), _mishaps(label)
            )

        return watched


@contextmanager
def _under_way(gate: Gate, args: tuple[Any, ...]) -> Iterator[None]:
    """A command on its way: its tries find it, and what comes of it is recorded."""
    label = _label(args)
    with under_way(gate, label) as passage:
        command = _COMMAND.set((passage, _mishaps(label)))
        try:
            yield
        finally:
            _COMMAND.reset(command)
    gate.leave(passage)


def _label(args: tuple[Any, ...]) -> str:
    words = [_text(arg) for arg in args[:2]]
    command = words[0].upper().replace(" ", "-") if words else "COMMAND"
    return " ".join([f"redis.{command}", *words[1:]])


def _pipeline_label(pipeline: Any) -> str | None:
    """After the first command it holds; an empty pipeline reaches nobody."""
    commands = [command[0] for command in pipeline.command_stack]
    if not commands:
        return None
    key = f" {_text(commands[0][1])}" if len(commands[0]) > 1 else ""
    return f"redis.EXEC{key}"


def _text(value: object) -> str:
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text[:_MAX_KEY]


def _mishaps(label: str) -> Mishaps:
    from redis import exceptions  # noqa: PLC0415  the handler has imported it

    def fails() -> Exception:
        if only_reads(label):
            return exceptions.BusyLoadingError("Redis is loading the dataset in memory")
        return exceptions.ReadOnlyError("You can't write against a read only replica.")

    return Mishaps(
        fails=raising(fails),
        unreachable=raising(lambda: exceptions.ConnectionError("Error 111. Connection refused.")),
        lost=raising(lambda: exceptions.TimeoutError("Timeout reading from socket")),
    )
