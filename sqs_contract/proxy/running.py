"""A session from its beginning to its end: the server, the consumer, and when it is over.

Owns the life of what it starts: when it ends, in whatever way, nothing of it is left.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from sqs_contract.errors import UsageError
from sqs_contract.proxy.consumer import Consumer
from sqs_contract.proxy.effects import Ask
from sqs_contract.proxy.plans import Plan
from sqs_contract.proxy.recorder import Recorder
from sqs_contract.proxy.rules import Rules
from sqs_contract.proxy.server import Proxy
from sqs_contract.proxy.session import Session
from sqs_contract.proxy.upstream import Upstream
from sqs_contract.scenario import ScenarioMessage

_CHECK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a session is made of.

    Attributes:
        effects: tells the effects; `None` where nobody can.
        until_drained: whether it is over when the queues have drained.
        command: the consumer, if it is started here.
        timeout_s: the session ends after so long, in seconds.
    """

    upstream: Upstream
    plan: Plan
    messages: tuple[ScenarioMessage, ...]
    host: str
    port: int
    effects: Ask | None
    until_drained: bool
    command: tuple[str, ...]
    timeout_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A session that is over.

    Attributes:
        rules: what it knows of messages and queues.
        why: what ended it.
    """

    session: Session
    rules: Rules
    why: str


async def run(
    settings: Settings,
    stop: asyncio.Event,
    *,
    listening: Callable[[str], None],
    warn: Callable[[str], None],
) -> Ended:
    """Run a session until it is stopped, drained, or its consumer has ended.

    Args:
        settings: what it is made of.
        stop: set from outside to end it.
        listening: told the proxy's own URL, as soon as it takes calls.
        warn: told a line where the endpoint is in trouble.

    Raises:
        UsageError: it cannot begin.
    """
    rules = Rules(settings.plan, settings.messages, alone=settings.effects is not None)
    recorder = Recorder(rules, settings.effects)
    proxy = Proxy(rules, settings.upstream, recorder, warn)
    await settings.upstream.open()
    try:
        await recorder.first()
        async with _served(proxy.application(), settings.host, settings.port) as url:
            listening(url)
            why = await _until_over(settings, proxy, recorder, url, stop)
    finally:
        await settings.upstream.close()
    tracked = rules.book.messages.values()
    session = Session(
        events=rules.events,
        looks=recorder.looks if settings.effects is not None else None,
        groups={message.name: message.group_id for message in tracked},
        fifo=any(state.fifo for state in rules.book.queues.values()),
        trouble=recorder.trouble,
    )
    return Ended(session=session, rules=rules, why=why)


@asynccontextmanager
async def _served(application: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve, and say where.

    Raises:
        UsageError: nobody can listen there.
    """
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise UsageError(f"cannot listen on {host}:{port}: {reason}") from None
        address = runner.addresses[0]
        yield f"http://{_reachable(address[0])}:{address[1]}"
    finally:
        await runner.cleanup()


def _reachable(host: str) -> str:
    """The host of a URL at which a server that listens there is reached from here."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  every address of this machine
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


async def _until_over(
    settings: Settings, proxy: Proxy, recorder: Recorder, url: str, stop: asyncio.Event
) -> str:
    """Wait for the end; returns why it came."""
    async with _consumer(settings.command, url) as consumer:
        waiting: dict[str, asyncio.Task[object]] = {"stopped": asyncio.create_task(stop.wait())}
        if consumer is not None:
            waiting["the consumer ended"] = asyncio.create_task(consumer.ended())
        if settings.until_drained:
            waiting["drained"] = asyncio.create_task(_drained(proxy))
        try:
            done, _ = await asyncio.wait(
                waiting.values(),
                timeout=settings.timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in waiting.values():
                task.cancel()
        whys = [why for why, task in waiting.items() if task in done]
        for task in done:
            task.result()  # a fault of ours is not to be lost
        await recorder.last()
        why = (whys or [f"{settings.timeout_s:g} s were over"])[0]
        return why if consumer is None else f"{why}{consumer.told}"


async def _drained(proxy: Proxy) -> None:
    while not await proxy.is_drained():  # noqa: ASYNC110  it depends on what the endpoint says
        await asyncio.sleep(_CHECK_S)


@asynccontextmanager
async def _consumer(command: tuple[str, ...], url: str) -> AsyncIterator[Consumer | None]:
    """The consumer, if there is one to start; in the end it is gone, with all it started."""
    if not command:
        yield None
        return
    consumer = Consumer(command, url)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.end()
