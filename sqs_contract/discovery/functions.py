"""The functions of a template that are fed by SQS: handler, code, layers, settings, world."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqs_contract.deployment.creation import open_variables, plan_of
from sqs_contract.deployment.origin import Origin
from sqs_contract.deployment.resources import Code, Function, Stack
from sqs_contract.deployment.settings import Deployment
from sqs_contract.deployment.template import Source, deployment_of, only_source, sources_of
from sqs_contract.deployment.values import Unresolved
from sqs_contract.discovery.bodies import Finder
from sqs_contract.errors import UsageError
from sqs_contract.references import Reference
from sqs_contract.targets.program import Given, ProgramSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A function fed by SQS, with everything its template tells.

    Attributes:
        program: how it is called; `None` where it cannot be, and then `why_not` says why.
        notes: what could not be told or made, and was done without.
    """

    stack: Stack
    source: Source
    deployment: Deployment
    program: ProgramSpec | None
    why_not: str = ""
    notes: tuple[str, ...] = ()

    @property
    def bodies(self) -> Finder:
        """What finds bodies where nobody gives any."""
        handler = self.program.handler if self.program is not None else None
        return Finder(
            stack=self.stack,
            function=self.source.function,
            queue=self.stack.queue_of(self.source.mapping.source),
            handler=Reference.parse(handler, "handler")
            if isinstance(handler, str) and ":" in handler  # else of another language
            else None,
        )

    @property
    def name(self) -> str:
        """The function, and where several queues feed it, by which."""
        function, mapping = self.source.function, self.source.mapping
        if len(self.stack.sources_of(function)) > 1:
            return f"{function.id} ({mapping.id})"
        return function.id


def find(
    stack: Stack, function_id: str | None = None, *, given: Mapping[str, str] | None = None
) -> list[Found]:
    """The functions of a stack that are fed by SQS, each with each of its mappings.

    Args:
        stack: the picture of the template.
        function_id: only this one.
        given: what was given for what the template leaves open; a replay needs it again.

    Raises:
        UsageError: there is none, none can be called from here, or AWS would refuse a setting.
    """
    found = look(stack, function_id, given=given)
    if all(item.program is None for item in found):
        reasons = "; ".join(f"{item.name}: {item.why_not}" for item in found)
        raise UsageError(
            f"template: no function of {stack.file!r} can be verified from it alone "
            f"({reasons}): give TARGET as module:function"
        )
    return found


def look(
    stack: Stack, function_id: str | None = None, *, given: Mapping[str, str] | None = None
) -> list[Found]:
    """As `find`, but also where none of them can be called from here.

    Raises:
        UsageError: there is none, or AWS would refuse a setting.
    """
    return [_found(stack, source, given or {}, None) for source in sources_of(stack, function_id)]


def find_for(
    target: Given,
    stack: Stack,
    function_id: str | None = None,
    *,
    given: Mapping[str, str] | None = None,
) -> Found:
    """What a template tells of one function, whose handler is given.

    Args:
        target: the handler.
        stack: the picture of the template.
        function_id: the function; the only one, if none is named.
        given: what was given for what the template leaves open; a replay needs it again.

    Raises:
        UsageError: there is none or several, or AWS would refuse a setting.
    """
    return _found(stack, only_source(stack, function_id), given or {}, target)


def _found(stack: Stack, source: Source, given: Mapping[str, str], target: Given | None) -> Found:
    function = source.function
    handler: Given | None = target
    why_not = ""
    if target is None:
        handler, why_not = _handler(function)
    layers = list(_layers(function))
    code = [] if function.code.path is None or target is not None else [function.code.path]
    program = None
    if handler is not None:
        program = ProgramSpec(
            handler=handler,
            world=plan_of(stack),
            code=(*code, *(path for path in layers if isinstance(path, Path))),
            origin=Origin(template=stack.file, function=function.id, parameters=dict(given)),
        )
    return Found(
        stack=stack,
        source=source,
        deployment=deployment_of(stack, source),
        program=program,
        why_not=why_not,
        notes=(
            *stack.notes,
            *(text for text in layers if isinstance(text, str)),
            *_open(function),
        ),
    )


def _handler(function: Function) -> tuple[str | None, str]:
    """The handler as `module:function`, or why it cannot be called from here."""
    if isinstance(function.runtime, str) and not function.runtime.startswith("python"):
        return None, f"its runtime is {function.runtime}, and only Python runs in this process"
    if function.code.path is None:
        return None, f"its code {function.code.missing}"
    if not isinstance(function.handler, str):
        open_ = f": it {function.handler}" if isinstance(function.handler, Unresolved) else ""
        return None, f"its handler is not told{open_}"
    module, dot, name = function.handler.replace("/", ".").rpartition(".")
    if not dot or not all(part.isidentifier() for part in [*module.split("."), name]):
        return None, f"its handler is {function.handler!r}, which names no function of a module"
    return f"{module}:{name}", ""


def _layers(function: Function) -> Iterator[Path | str]:
    """Where the modules of layers lie, or what is to be said of one that is not here."""
    for layer in function.layers:
        places = list(_python_of(layer.code))
        if places:
            yield from places
        else:
            missing = layer.code.missing or "holds no Python"
            yield f"layer {layer.name} of {function.id} {missing}: what it holds must be installed"


def _python_of(code: Code) -> Iterator[Path]:
    """The directories of a layer that Lambda puts on the path; one that is not built yet holds
    the modules itself."""
    if code.path is None:
        return
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    built = [code.path / "python", code.path / "python" / "lib" / version / "site-packages"]
    there = [path for path in built if path.is_dir()]
    if there:
        yield from there
    elif any(code.path.glob("*.py")) or any(code.path.glob("*/__init__.py")):
        yield code.path


def _open(function: Function) -> Iterator[str]:
    for name, value in open_variables(function):
        flags = f"{value.flag} or --env {name}=VALUE" if value.flag else f"--env {name}=VALUE"
        yield (
            f"{function.at('Environment')}: the environment variable {name} is not set: it "
            f"{value.why}; give {flags}"
        )
