"""`sqs-contract init`: a first configuration and a first test file, of what a template holds.

Reads the template and what lies beside it, and imports no code of the user's. A file that is
there is never written over; a `pyproject.toml` without a table of ours gets one at its end.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqs_contract.configuration import FILE, TABLE, find_file, read_contracts
from sqs_contract.deployment.readers import read_stack
from sqs_contract.discovery import Found, look
from sqs_contract.errors import UsageError
from sqs_contract.references import shown

TEST_FILE: Final = "test_sqs_contracts.py"

_SUFFIX: Final = re.compile(r"[-_]?(function|handler|lambda|consumer|worker)$", re.IGNORECASE)
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contract:
    """A contract to be written: the function it is about, and what was found of it."""

    name: str
    function: str
    found: tuple[Found, ...]
    bodies: str


def begin(directory: Path, template: str | None = None) -> list[str]:
    """Look at a template, and write what is not there yet; what was found and done, in lines.

    Args:
        directory: where the files are to be.
        template: the template; what is found in the directory, if left out.

    Raises:
        UsageError: there is no template, it cannot be read or feeds no function from SQS, or a
            file cannot be written.
    """
    existing = find_file(directory)
    if template is None and existing is not None:
        names = list(read_contracts(existing))
        lines = [f"kept     {shown(str(existing))}, which has the contracts {', '.join(names)}"]
        return [*lines, *_write_tests(directory, names)]
    contracts, lines = _look(template or ".")
    if not contracts:
        raise UsageError(
            "init: no function of the template can be verified from it alone: write "
            f"[tool.{TABLE}.contracts.NAME] with a handler, or give TARGET to verify",
            detail="\n".join(lines),
        )
    names = [contract.name for contract in contracts]
    if existing is not None:
        names = list(read_contracts(existing))
        lines.append(f"kept     {shown(str(existing))}: it has [tool.{TABLE}] already")
    else:
        lines.append(_write_configuration(directory / FILE, template, contracts))
    lines += _write_tests(directory, names)
    lines += ["", f"next: sqs-contract verify, or sqs-contract verify {names[0]}, or pytest"]
    return lines


def _look(template: str) -> tuple[list[_Contract], list[str]]:
    """The contracts there are to be, and lines on what was found."""
    stack = read_stack(template)
    by_function: dict[str, list[Found]] = {}
    for item in look(stack):
        by_function.setdefault(item.source.function.id, []).append(item)
    lines = [f"found    {shown(stack.file)} ({stack.kind})"]
    contracts: list[_Contract] = []
    for function, found in by_function.items():
        first = found[0]
        lines.append(f"  function {function}")
        for item in found:
            queue = stack.queue_of(item.source.mapping.source)
            lines.append(f"    fed by   {queue.name if queue else item.source.mapping.source}")
        if first.program is None:
            lines.append(f"    left out: {first.why_not}")
            continue
        code = ", ".join(shown(str(path)) for path in first.program.code)
        lines.append(f"    handler  {first.program.handler} in {code}")
        bodies = _bodies_of(first)
        lines.append(f"    bodies   {bodies}")
        lines += [f"    note     {note}" for note in first.notes]
        taken = [contract.name for contract in contracts]
        contracts.append(
            _Contract(
                name=_name_of(function, taken),
                function=function,
                found=tuple(found),
                bodies=bodies,
            )
        )
    return contracts, lines


def _bodies_of(found: Found) -> str:
    """What bodies there are, as far as it can be told without importing the handler."""
    bodies = replace(found.bodies, handler=None)().found
    if bodies.startswith("realistic ones"):
        return "what the handler's annotations say, or realistic ones"
    return bodies


def _name_of(function: str, taken: list[str]) -> str:
    """`ShipOrdersFunction` is `ship-orders`."""
    core = _SUFFIX.sub("", function) or function
    name = "-".join(filter(None, _WORDS.split(core))).lower() or "contract"
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def _write_configuration(path: Path, template: str | None, contracts: list[_Contract]) -> str:
    file = contracts[0].found[0].stack.file if template is None else template
    text = "\n".join(_configuration(file, contracts))
    if not path.exists():
        _write(path, text)
        return f"written  {shown(str(path))}"
    try:
        before = path.read_text(encoding="utf-8")
        gap = "" if before.endswith("\n") else "\n"
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"{gap}\n{text}")
    except OSError as error:
        raise UsageError(f"init: cannot write {shown(str(path))}: {error.strerror}") from None
    return f"added to {shown(str(path))}"


def _configuration(template: str, contracts: list[_Contract]) -> Iterator[str]:
    yield f"[tool.{TABLE}]"
    yield f"template = {_quoted(template)}"
    yield "# Each key is a flag of `sqs-contract verify`, and may stand here, for all contracts,"
    yield "# or below, for one:"
    yield '# effects = "shop.testing:effects"  # what the world looks like; else what moto holds'
    yield '# reset = "shop.testing:reset"  # makes the world; else what the template deploys'
    yield "# strict = true  # what is not checked fails too"
    yield ""
    for contract in contracts:
        yield f"[tool.{TABLE}.contracts.{contract.name}]"
        yield f"function = {_quoted(contract.function)}"
        yield '# bodies = "bodies.json"  # else what is found when it runs'
        yield ""


def _write_tests(directory: Path, names: list[str]) -> list[str]:
    folder = directory / "tests" if (directory / "tests").is_dir() else directory
    path = folder / TEST_FILE
    if path.exists():
        return [f"kept     {shown(str(path))}: it is there already"]
    _write(path, "\n".join(_tests(names)))
    return [f"written  {shown(str(path))}"]


def _tests(names: list[str]) -> Iterator[str]:
    yield '"""The contracts of pyproject.toml: a test for each clause."""'
    yield ""
    yield "from sqs_contract import ConfiguredContract"
    for name in names:
        identifier = re.sub(r"\W", "_", name)
        variable = f"_{identifier}" if identifier[0].isdigit() else identifier
        variable += "_" if keyword.iskeyword(variable) else ""
        yield ""
        yield f"{variable} = ConfiguredContract({_quoted(name)})"
        yield ""
        yield ""
        yield f"@{variable}.parametrize()"
        yield f"def test_{identifier}(clause):"
        yield "    clause.check()"
        yield ""


def _quoted(text: str) -> str:
    """A text as TOML and Python have it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"init: cannot write {shown(str(path))}: {error.strerror}") from None
