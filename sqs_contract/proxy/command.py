"""The work of `sqs-contract proxy`: reads what was given, runs the session, tells the verdicts."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqs_contract.clauses.verdict import Verdict
from sqs_contract.errors import UsageError
from sqs_contract.fields import field, mapping
from sqs_contract.proxy import wire
from sqs_contract.proxy.effects import effects_of
from sqs_contract.proxy.judging import judge
from sqs_contract.proxy.plans import DrawnPlan, ListedPlan, NoFaults, Plan
from sqs_contract.proxy.telling import document, render
from sqs_contract.report.document import check_writable, write_json
from sqs_contract.report.streams import tell_error
from sqs_contract.report.text import escape
from sqs_contract.scenario import Fault, ScenarioMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a session came to: the lines to print, and whether a clause was broken."""

    lines: tuple[str, ...]
    violated: bool


def run_proxy(options: Mapping[str, Any]) -> Told:
    """Run a session with the options of the command line.

    Raises:
        UsageError: something that was given is wrong.
    """
    try:
        from sqs_contract.proxy.running import Ended, Settings, run  # noqa: PLC0415
        from sqs_contract.proxy.upstream import Upstream, check_url  # noqa: PLC0415  optional
    except ModuleNotFoundError as error:
        if error.name not in ("aiohttp", "multidict"):
            raise
        raise UsageError(
            "the proxy needs aiohttp: install sqs-contract with the extra `proxy`, "
            "sqs-contract[proxy]"
        ) from None
    url = check_url(options["upstream"], allow_aws=options["allow_aws"])
    plan, messages = _plan(options["scenario"], options["seed"])
    history = None if options["history"] is None else Path(options["history"])
    if history is not None:
        check_writable(history)
    settings = Settings(
        upstream=Upstream(url, sign=options["sign"]),
        plan=plan,
        messages=messages,
        host=options["host"],
        port=options["port"],
        effects=effects_of(options["effects"], options["effects_command"]),
        until_drained=options["until_drained"],
        command=tuple(options["command"]),
        timeout_s=options["timeout"],
    )

    async def until_stopped() -> Ended:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await run(
            settings,
            stop,
            listening=lambda own: _tell(f"listening on {own}, for {url}"),
            warn=_tell,
        )

    ended = asyncio.run(until_stopped())
    results = judge(ended.session)
    if history is not None:
        write_json(history, document(results, ended.rules, options["seed"]))
    lines = render(options["title"], results, ended.rules, ended.why)
    return Told(
        lines=tuple(lines),
        violated=any(result.verdict is Verdict.VIOLATED for result in results),
    )


def _tell(text: str) -> None:
    """One line for the operator."""
    tell_error(f"sqs-contract: {escape(text)}\n")


def _plan(file: str | None, seed: int | None) -> tuple[Plan, tuple[ScenarioMessage, ...]]:
    if file is not None and seed is not None:
        raise UsageError("give --scenario or --seed, not both")
    if file is not None:
        return _scenario(Path(file))
    return (NoFaults() if seed is None else DrawnPlan(seed)), ()


def _scenario(path: Path) -> tuple[Plan, tuple[ScenarioMessage, ...]]:
    """The faults and messages of a file: a scenario, or what holds one under `scenario`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--scenario: cannot read {str(path)!r}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--scenario: {str(path)!r} is not JSON: {error}") from None
    try:
        data = mapping(data, "a scenario")
        data = mapping(data.get("scenario", data), "a scenario")
        faults = [Fault.from_json(item) for item in field(data, "faults", list, [])]
        messages = [ScenarioMessage.from_json(item) for item in field(data, "messages", list, [])]
        return ListedPlan(faults, wire.operations()), tuple(messages)
    except UsageError as error:
        raise UsageError(f"--scenario {str(path)!r}: {error}") from None
