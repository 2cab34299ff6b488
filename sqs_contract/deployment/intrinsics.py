"""Intrinsic functions of CloudFormation, resolved as far as a template alone can tell.

A reference to a resource stays a reference: `Resource("OrdersQueue", "Arn")`.
What cannot be told is `UNKNOWN`, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_VARIABLE: Final = re.compile(r"\$\{([^!${}][^${}]*)\}")
_PSEUDO: Final = {
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """A reference to a resource of the template, or to one of its attributes."""

    logical_id: str
    attribute: str | None = None


class Unknown:
    """The value of something a template alone does not tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


class Resolver:
    """Resolves values of one template."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Any] = template.get("Resources") or {}
        self._mappings: Mapping[str, Any] = template.get("Mappings") or {}
        self._parameters = {
            name: definition.get("Default", UNKNOWN)
            for name, definition in (template.get("Parameters") or {}).items()
            if isinstance(definition, Mapping)
        }

    def resolve(self, value: Any) -> Any:
        """The value with its intrinsic functions worked out."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                return self._call(name, argument)
        return {key: self.resolve(item) for key, item in value.items()}

    def _call(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                parts = argument.split(".", 1) if isinstance(argument, str) else argument
                if isinstance(parts, list) and len(parts) > 1 and parts[0] in self._resources:
                    return Resource(parts[0], ".".join(map(str, parts[1:])))
                return UNKNOWN
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::Join":
                return self._join(argument)
            case "Fn::FindInMap":
                return self._find_in_map(argument)
            case "Fn::Select":
                return self._select(argument)
        return UNKNOWN

    def _ref(self, name: Any) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if name in self._resources:
            return Resource(name)
        return _PSEUDO.get(name, UNKNOWN)

    def _sub(self, argument: Any) -> Any:
        text, variables = argument if isinstance(argument, list) else (argument, {})
        if not isinstance(text, str):
            return UNKNOWN
        whole = _VARIABLE.fullmatch(text)
        found: dict[str, Any] = {}
        for name in _VARIABLE.findall(text):
            if name in variables:
                found[name] = self.resolve(variables[name])
            elif "." in name:
                found[name] = self._call("Fn::GetAtt", name)
            else:
                found[name] = self._ref(name)
        if whole:
            return found[whole.group(1)]
        if any(isinstance(item, Resource | Unknown) for item in found.values()):
            return UNKNOWN
        return _VARIABLE.sub(lambda match: str(found[match.group(1)]), text).replace("${!", "${")

    def _join(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:
            return UNKNOWN
        parts = self.resolve(argument[1])
        if not isinstance(parts, list) or not all(isinstance(part, str | int) for part in parts):
            return UNKNOWN
        return str(argument[0]).join(map(str, parts))

    def _find_in_map(self, argument: Any) -> Any:
        found: Any = self._mappings
        for part in self.resolve(argument) if isinstance(argument, list) else ():
            if not isinstance(found, Mapping) or part not in found:
                return UNKNOWN
            found = found[part]
        return found

    def _select(self, argument: Any) -> Any:
        index, items = argument if isinstance(argument, list) and len(argument) == 2 else (0, None)
        items = self.resolve(items)
        try:
            return items[int(index)] if isinstance(items, list) else UNKNOWN
        except (IndexError, ValueError):
            return UNKNOWN
