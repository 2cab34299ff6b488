"""Fixes as a person would write them into the template: YAML or JSON of CloudFormation and SAM,
`serverless.yml`, Terraform's language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from sqs_contract.deployment.resources import EventSourceMapping, Function, Item, Queue
from sqs_contract.deployment.values import Unresolved
from sqs_contract.lint.problem import Change, Fix, Grant, New, Reference, Removed
from sqs_contract.lint.terraform import attribute, kind_of

_EVENT: Final = re.compile(r"^(?:.+\.)?(?P<function>[^.]+)\.Events\.(?P<event>.+)$")
_SERVERLESS: Final[Mapping[str, str]] = {
    "BatchSize": "batchSize",
    "MaximumBatchingWindowInSeconds": "maximumBatchingWindow",
    "FunctionResponseTypes": "functionResponseType",
    "Timeout": "timeout",
    "ReservedConcurrentExecutions": "reservedConcurrency",
}


def snippet(fix: Fix, kind: str, file: str) -> Iterator[str]:
    """The lines of a fix, in the language of a template."""
    for part in fix:
        if kind.startswith("terraform"):
            yield from _terraform(part)
        elif kind == "serverless":
            yield from _yaml(_serverless(part))
        else:
            data = _cloudformation(part, kind)
            yield from _json(data) if file.endswith(".json") or kind == "cdk" else _yaml(data)


def _cloudformation(part: Change | Grant, kind: str) -> dict[str, Any]:
    if isinstance(part, Grant):
        return _granted(part, kind)
    item, properties = part.item, dict(part.properties)
    event = _EVENT.match(item.id)
    if event is not None and isinstance(item, EventSourceMapping):
        inner = {"Events": {event["event"]: {"Properties": properties}}}
        return {event["function"]: {"Properties": inner}}
    typed = {"Type": item.type} if isinstance(item, New) else {}
    return {_own(item.id): {**typed, "Properties": properties}}


def _own(identity: str) -> str:
    """The id a resource has in its own template: `Queue` of `Shop.Queue`, in a nested stack."""
    return identity.rsplit(".", 1)[-1]


def _granted(part: Grant, kind: str) -> dict[str, Any]:
    statement = _statement(part)
    if kind == "sam":
        return {_own(part.function.id): {"Properties": {"Policies": [{"Statement": [statement]}]}}}
    policy = {"PolicyName": "read-queue", "PolicyDocument": {"Statement": [statement]}}
    role = part.function.properties.get("Role")
    name = role.rsplit("/", 1)[-1] if isinstance(role, str) else f"{_own(part.function.id)}Role"
    return {name: {"Properties": {"Policies": [policy]}}}


def _statement(part: Grant) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(part.actions), "Resource": part.resource}


def _serverless(part: Change | Grant) -> dict[str, Any]:
    if isinstance(part, Grant):
        return {"provider": {"iam": {"role": {"statements": [_statement(part)]}}}}
    item, properties = part.item, part.properties
    if isinstance(item, Function):
        return {"functions": {item.id: _framework(properties)}}
    if isinstance(item, EventSourceMapping) and ".events." in item.id:
        function = item.id.split(".events.")[0]
        settings = {"arn": item.source, **_framework(properties)}
        return {"functions": {function: {"events": [{"sqs": settings}]}}}
    return {"resources": {"Resources": _cloudformation(part, "cloudformation")}}


def _framework(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties by the names the Serverless Framework has for them."""
    made: dict[str, Any] = {}
    for name, value in properties.items():
        if name == "ScalingConfig":
            made["maximumConcurrency"] = value["MaximumConcurrency"]
        elif name == "FilterCriteria" and isinstance(value, Mapping):
            patterns = [json.loads(one["Pattern"]) for one in value["Filters"]]
            made["filterPatterns"] = patterns
        elif name == "FilterCriteria":
            made["filterPatterns"] = value
        elif name == "FunctionResponseTypes" and isinstance(value, list):
            made["functionResponseType"] = value[0]
        else:
            made[_SERVERLESS.get(name, name)] = value
    return made


_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]
    """Writes references as short tags, and what is to go as a remark."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  its signature
        return True


_Dumper.add_representer(
    Reference,
    lambda dumper, value: dumper.represent_scalar("!GetAtt", f"{_own(value.item.id)}.Arn"),
)
_GONE: Final = "take this line away"
_Dumper.add_representer(Removed, lambda dumper, _: dumper.represent_str(_GONE))


_OPEN: Final = "..."
"""What the template leaves open: the person who reads the fix knows what stands there."""
_Dumper.add_representer(Unresolved, lambda dumper, _: dumper.represent_str(_OPEN))


def _yaml(data: Any) -> list[str]:
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=False)
    gone = f": {_GONE}"
    return [line.replace(gone, f":  # {_GONE}") for line in text.splitlines()]


def _json(data: Any) -> list[str]:
    def written(value: Any) -> Any:
        if isinstance(value, Reference):
            return {"Fn::GetAtt": [_own(value.item.id), "Arn"]}
        if isinstance(value, Removed):
            return _GONE
        if isinstance(value, Unresolved):
            return _OPEN
        raise TypeError(value)

    return json.dumps(data, indent=2, default=written).splitlines()


def _terraform(part: Change | Grant) -> Iterator[str]:
    if isinstance(part, Grant):
        name = _label(part.function.id)
        yield f'resource "aws_iam_role_policy" "{name}_queue" {{'
        yield f"  role   = aws_lambda_function.{name}.role"
        yield f"  policy = jsonencode({_hcl({'Statement': [_statement(part)]}, 2)})"
        yield "}"
        return
    item = part.item
    yield f'resource "{_kind(item)}" "{_label(item.id)}" {{'
    if isinstance(item, New):
        yield f'  name = "{_label(item.id)}{".fifo" if "FifoQueue" in part.properties else ""}"'
    for name, value in part.properties.items():
        yield from _attribute(name, value)
    yield "}"


def _attribute(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Removed):
        yield f"  # {attribute(name)}: {_GONE}"
    elif name == "ScalingConfig":
        yield "  scaling_config {"
        yield f"    maximum_concurrency = {value['MaximumConcurrency']}"
        yield "  }"
    elif name == "FilterCriteria":
        yield "  filter_criteria {"
        for one in value["Filters"]:
            yield "    filter {"
            yield f"      pattern = jsonencode({one['Pattern']})"
            yield "    }"
        yield "  }"
    elif name == "RedrivePolicy":
        yield f"  {attribute(name)} = jsonencode({_hcl(value, 2)})"
    else:
        yield f"  {attribute(name)} = {_hcl(value, 2)}"


def _hcl(value: Any, indent: int) -> str:
    if isinstance(value, Reference):
        return f"{_address(value.item)}.arn"
    if isinstance(value, Mapping):
        inner = " " * (indent + 2)
        lines = [f"{inner}{name} = {_hcl(item, indent + 2)}" for name, item in value.items()]
        return "{\n" + "\n".join(lines) + f"\n{' ' * indent}}}"
    if isinstance(value, list):
        return "[" + ", ".join(_hcl(item, indent) for item in value) + "]"
    if isinstance(value, Unresolved):
        return _OPEN
    # In a text of Terraform's, these start what is worked out.
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _kind(item: Item | New) -> str:
    if isinstance(item, New):
        return kind_of(item.type)
    if isinstance(item, Queue):
        return "aws_sqs_queue"
    return "aws_lambda_function" if isinstance(item, Function) else item.id.rsplit(".", 2)[-2]


def _address(item: Item | New) -> str:
    return f"{_kind(item)}.{_label(item.id)}"


def _label(identity: str) -> str:
    """The label of a resource: the last part of its address, without an index."""
    name = re.sub(r"\[[^\]]*\]", "", identity).rsplit(".", 1)[-1]
    # A new resource is named after an old one: `aws_sqs_queue.ordersDeadLetters`.
    return re.sub(r"DeadLetters$", "_dead_letters", re.sub(r"[^A-Za-z0-9_-]", "_", name))
