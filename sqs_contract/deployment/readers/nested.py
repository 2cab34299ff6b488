"""Nested stacks: where the template of one lies on this machine, and what it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.readers import sam
from sqs_contract.deployment.values import Unresolved, unresolved_in

STACK: Final = "AWS::CloudFormation::Stack"

_ASSET: Final = "aws:asset:path"
"""Where CDK says which file the template of a nested stack is."""

_LOCAL: Final = f"s3://{sam.LOCAL}/"


def nested_in(template: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The nested stacks of a template, by their logical ids."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if isinstance(resource, Mapping) and resource.get("Type") == STACK
    }


def template_of(
    resource: Mapping[str, Any], directory: Path, local: list[Any], resolver: Resolver
) -> Path | str:
    """The file a nested stack is made of, or why it cannot be read, as the end of a sentence.

    Args:
        resource: the nested stack.
        directory: of the template it stands in.
        local: what SAM's placeholders for code and templates stand for.
        resolver: of the template it stands in.
    """
    url = _mapping(resource.get("Properties")).get("TemplateURL")
    if isinstance(url, str) and url.startswith(_LOCAL):
        url = local[int(url.removeprefix(_LOCAL))]
        if isinstance(url, Mapping) and "ApplicationId" in url:
            return "is of the Serverless Application Repository, and not on this machine"
    asset = _mapping(resource.get("Metadata")).get(_ASSET)
    url = asset if isinstance(asset, str) else resolver.resolve(url)
    if isinstance(url, Unresolved):
        return str(url)
    if not isinstance(url, str) or "://" in url:
        return f"lies at {url!r}, and not on this machine"
    path = directory / url
    return path if path.is_file() else f"is to be in {str(path)!r}, and there is no such file"


def in_order(
    stacks: Mapping[str, Mapping[str, Any]], resolver: Resolver
) -> Iterator[tuple[str, dict[str, str], list[Unresolved]]]:
    """Nested stacks in the order in which they can be made: each with the parameters it is given,
    and what of those is left open. What one puts out has to be told to the resolver before the
    next is asked for."""
    left = list(stacks)
    while left:
        given_to = {name: _parameters(stacks[name], resolver) for name in left}
        ready = (
            name
            for name, given in given_to.items()
            if not any(_waits(item, left) for item in unresolved_in(given))
        )
        name = next(ready, left[0])
        given = given_to[name]
        left.remove(name)
        told = {key: _text(value) for key, value in given.items() if not list(unresolved_in(value))}
        yield name, told, list(unresolved_in(given))


def _waits(open_: Unresolved, left: list[str]) -> bool:
    """Whether a value hangs on what a nested stack puts out that was not made yet."""
    return any(f"{name}.Outputs." in open_.flag for name in left)


def _parameters(resource: Mapping[str, Any], resolver: Resolver) -> Mapping[str, Any]:
    found = resolver.resolve(_mapping(resource.get("Properties")).get("Parameters"))
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
