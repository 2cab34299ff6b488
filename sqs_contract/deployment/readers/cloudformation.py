"""Reads CloudFormation, and SAM and CDK's output with it: resources under the conditions that
hold, their properties worked out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.readers.decoding import Document
from sqs_contract.deployment.values import Place, RawResource, Unresolved
from sqs_contract.errors import UsageError

_SERVERLESS: Final = "AWS::Serverless"
_MACRO: Final = "Fn::Transform"


class Notes:
    """What could not be told and was taken for something, each sentence once."""

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}

    def add(self, place: Place, sentence: str) -> None:
        """Note a sentence about a line of the template."""
        self._notes[f"{place}: {sentence}"] = None

    def all(self) -> tuple[str, ...]:
        """All of them, in the order they came up."""
        return tuple(self._notes)


def check_template(document: Document) -> Mapping[str, Any]:
    """The template of a document, its parts of the kinds they must be.

    Raises:
        UsageError: it is no template; the message names the line.
    """
    data = document.data
    if not isinstance(data, Mapping) or not isinstance(data.get("Resources"), Mapping):
        raise UsageError(
            f"template: {document.file!r} has no Resources: it is no CloudFormation template"
        )
    for section in ("Parameters", "Mappings", "Conditions", "Globals"):
        if not isinstance(data.get(section) or {}, Mapping):
            raise UsageError(f"template: {document.place(section)}: {section} must be a mapping")
    for name, resource in data["Resources"].items():
        place = document.place("Resources", name)
        if str(name).startswith(("Fn::ForEach", _MACRO)):
            continue
        if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
            raise UsageError(f"template: {place}: resource {name!r} has no Type")
        if not isinstance(resource.get("Properties") or {}, Mapping):
            raise UsageError(f"template: {place}: Properties of {name!r} must be a mapping")
    return data


def without_macros(document: Document, notes: Notes) -> Document:
    """The template without what macros and files make in its resources, which is noted."""
    resources = document.data["Resources"]
    if _MACRO not in resources:
        return document
    place = document.place("Resources", _MACRO)
    notes.add(place, f"{_MACRO} is not run: what it makes is not in the picture")
    kept = {name: resource for name, resource in resources.items() if name != _MACRO}
    return dataclasses.replace(document, data={**document.data, "Resources": kept})


def is_sam(template: Mapping[str, Any]) -> bool:
    """Whether a template needs SAM's transform."""
    return any(
        isinstance(resource, Mapping) and str(resource.get("Type", "")).startswith(_SERVERLESS)
        for resource in template["Resources"].values()
    )


def resources_of(
    template: Mapping[str, Any],
    resolver: Resolver,
    document: Document,
    notes: Notes,
    prefix: str = "",
) -> Iterator[RawResource]:
    """The resources a template deploys.

    Args:
        template: CloudFormation; what SAM makes of a document, or the document itself.
        resolver: of that template.
        document: the file, for the lines.
        notes: gets what is taken for something.
        prefix: what stands before the ids of a nested stack's resources.
    """
    for name, resource in template["Resources"].items():
        path = _path_of(name, resource, document)
        place = document.place(*path)
        condition = resource.get("Condition")
        open_: dict[str, Any] = {}
        if isinstance(condition, str):
            holds = resolver.holds(condition)
            if holds is False:
                continue
            if isinstance(holds, Unresolved):
                notes.add(place, f"whether {name} is deployed {holds}; it is taken to be")
                if resource["Type"] == "AWS::Lambda::EventSourceMapping":
                    open_ = {"Enabled": holds}  # one that may not be there may not be on
        found = resolver.resolve(resource.get("Properties") or {})
        yield RawResource(
            id=f"{prefix}{_id_of(name, resource, path)}",
            type=resource["Type"],
            properties={**(found if isinstance(found, Mapping) else {}), **open_},
            place=place,
            lines={
                **(
                    document.lines_below("Globals", "Function")
                    if resource["Type"] == "AWS::Lambda::Function"
                    else {}
                ),
                **document.lines_below(*path),
                **document.lines_below(*path, "Properties"),
            },
            metadata=_mapping(resource.get("Metadata")),
        )


def _id_of(name: str, resource: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """The id a resource goes by: a mapping that SAM made of an event goes by that event."""
    if resource["Type"] == "AWS::Lambda::EventSourceMapping" and "Events" in path:
        return f"{path[1]}.Events.{path[-1]}"
    return name


def _path_of(name: str, resource: Mapping[str, Any], document: Document) -> tuple[str, ...]:
    """Where a resource stands. What SAM made of an event stands where the event does."""
    resources = _mapping(document.at("Resources"))
    if name in resources:
        return "Resources", name
    for owner in sorted(resources, key=len, reverse=True):
        if not name.startswith(owner):
            continue
        events = _mapping(document.at("Resources", owner, "Properties", "Events"))
        for event in sorted(events, key=len, reverse=True):
            if name.startswith(f"{owner}{event}") and (
                name == f"{owner}{event}" or resource["Type"] != "AWS::Lambda::Permission"
            ):
                return "Resources", owner, "Properties", "Events", event
        return "Resources", owner
    return ("Resources",)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
