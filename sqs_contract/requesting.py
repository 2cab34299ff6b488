"""What a person asked for on the command line or in `pyproject.toml`, as requests for verifications."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.configuration import Configured, find_file, read_contracts, with_flags
from sqs_contract.deployment.assumptions import parse_assumptions
from sqs_contract.deployment.overrides import override, parse_pairs
from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.resources import Stack
from sqs_contract.deployment.settings import Deployment
from sqs_contract.deployment.template import only_source
from sqs_contract.discovery import Found, find, find_for
from sqs_contract.errors import UsageError
from sqs_contract.references import shown
from sqs_contract.request import MAX_EXAMPLES_DEFAULT, Request
from sqs_contract.runtime.spec import runtime_of
from sqs_contract.targets.program import ProgramSpec


def requests_of(target: str | None, options: Mapping[str, Any]) -> tuple[list[Request], list[str]]:
    """What is to be verified, and a line on each function of the template that cannot be."""
    if options["from_aws"] is not None:
        if options["template"] is not None or options["function"] is not None:
            raise UsageError("--from-aws reads a function's settings: give no template beside it")
        if target is None:
            raise UsageError("--from-aws brings no code here: give TARGET as module:function too")
        from sqs_contract.deployment.readers.live import read_function  # noqa: PLC0415

        live = find_for(target, read_function(options["from_aws"]))
        assert live.program is not None
        program = dataclasses.replace(live.program, origin=None)
        return [_request(program, options, live)], []
    if options["template"] is None:
        for name, what in (("function", "a function"), ("parameters", "a parameter")):
            if options[name]:
                flag = name.removesuffix("s")
                raise UsageError(f"--{flag} names {what} of a template: give --template too")
        if target is None:
            raise UsageError(
                "Missing argument 'TARGET': give module:function, or --template FILE, or a contract "
                "in pyproject.toml"
            )
        return [_request(ProgramSpec(handler=target), options)], []
    given = parse_pairs("--parameter", options["parameters"])
    stack = read_stack(options["template"], given)
    function = options["function"]
    if target is None and options["runtime_command"] is not None:
        target = _told_handler(stack, function)
    found = (
        find(stack, function, given=given)
        if target is None
        else [find_for(target, stack, function, given=given)]
    )
    requests = [
        _request(
            item.program,
            options,
            item,
            title="" if target is not None else f"{item.name} ({item.program.handler})",
        )
        for item in found
        if item.program is not None
    ]
    return requests, [
        f"not verified: {item.name}: {item.why_not}" for item in found if item.program is None
    ]


def _told_handler(stack: Stack, function: str | None) -> str:
    """The handler of a function in another language, as its runtime has it."""
    handler = only_source(stack, function).function.handler
    if not isinstance(handler, str):
        raise UsageError("the template does not tell the handler: give --handler")
    return handler


def everything_asked_for(
    target: str | None, flags: Mapping[str, Any]
) -> tuple[list[Request], list[str]]:
    """What is to be verified where TARGET is `module:function`, the name of a contract in
    `pyproject.toml`, or nothing: then what the template given holds, or all contracts.

    Raises:
        UsageError: something that was given is wrong.
    """
    if flags["handler"] is not None:
        if target is not None or flags["runtime_command"] is None:
            raise UsageError(
                "--handler names the handler for --runtime-command, and no TARGET is given beside it"
            )
        return requests_of(flags["handler"], flags)
    given_here = flags["template"] is not None or flags["from_aws"] is not None
    file = None
    if (target is None and not given_here) or (target is not None and ":" not in target):
        file = find_file(Path.cwd())
    if file is None:
        return requests_of(target, flags)
    contracts = read_contracts(file)
    if target is not None and target not in contracts:
        raise UsageError(
            f"{shown(str(file))} has no contract {target!r}: give module:function, or one of "
            f"{', '.join(contracts)}"
        )
    _import_from(file.parent)
    requests: list[Request] = []
    skipped: list[str] = []
    for contract in contracts.values() if target is None else [contracts[target]]:
        found, passed_over = requests_of_contract(contract, flags)
        requests += found
        skipped += passed_over
    return requests, skipped


def requests_of_contract(
    contract: Configured, flags: Mapping[str, Any]
) -> tuple[list[Request], list[str]]:
    """What a contract of `pyproject.toml` asks for, where flags say nothing else.

    Raises:
        UsageError: something in it is wrong; the message names file and contract.
    """
    try:
        requests, skipped = requests_of(contract.handler, with_flags(contract.options, flags))
    except UsageError as error:
        raise UsageError(f"{contract.where}: {error}", detail=error.detail) from None
    name = contract.name
    return [
        dataclasses.replace(
            request, title=f"{name}: {request.title}" if request.title
            else f"{name} ({request.program.handler})",
        )
        for request in requests
    ], [f"{name}: {line}" for line in skipped]  # fmt: skip


def _import_from(directory: Path) -> None:
    """Modules that the file names are found from its directory, wherever the work is done."""
    if str(directory) not in sys.path:
        sys.path.insert(1, str(directory))


def _request(
    program: ProgramSpec,
    options: Mapping[str, Any],
    found: Found | None = None,
    title: str = "",
) -> Request:
    base = Deployment() if found is None else found.deployment
    finder = None if found is None else found.bodies
    max_examples = options["max_examples"]
    return Request(
        program=dataclasses.replace(
            program,
            effects=options["effects"],
            reset=options["reset"],
            fault_sites=options["fault_sites"],
        ),
        deployment=_deployment(base, options),
        bodies=finder if options["bodies"] is None else options["bodies"],
        seed=options["seed"] or 0,
        max_examples=MAX_EXAMPLES_DEFAULT if max_examples is None else max_examples,
        budget_s=options["budget"],
        clauses=options["clauses"],
        poison=PoisonPolicy(options["poison"] or PoisonPolicy.EITHER),
        notes=() if found is None else found.notes,
        title=title,
        source=None if found is None else found.source,
        isolated=options["isolated"],
        memory_limit_mb=options["memory_limit"],
        runtime=runtime_of(options["runtime"], options["runtime_command"], options["wall_limit"]),
        strict=options["strict"],
    )


def _deployment(base: Deployment, options: Mapping[str, Any]) -> Deployment:

    return override(
        base,
        visibility_timeout=options["visibility_timeout"],
        retention=options["retention"],
        delay=options["delay"],
        max_receive_count=options["max_receive_count"],
        fifo=options["fifo"],
        filters=options["filters"] or None,
        maximum_concurrency=options["maximum_concurrency"],
        batch_size=options["batch_size"],
        batch_window=options["batch_window"],
        report_batch_item_failures=options["report_batch_item_failures"],
        function_timeout=options["function_timeout"],
        memory_size=options["memory_size"],
        environment=parse_pairs("--env", options["env"]),
        assumptions=parse_assumptions(options["assume"]),
    )
