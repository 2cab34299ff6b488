"""Reads what `terraform show -json` prints, of a plan or of the state.

A plan leaves open what only the provider tells, such as ARNs; which resource such a value comes
from stands in its configuration, and is looked up there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqs_contract.deployment.names import Account
from sqs_contract.deployment.readers.decoding import Document
from sqs_contract.deployment.readers.terraform_stack import Instance, stack_of, value_of
from sqs_contract.deployment.resources import Stack
from sqs_contract.deployment.values import Place, Unresolved

_Path = tuple[str | int, ...]


def read(document: Document, account: Account, given: Mapping[str, str]) -> Stack:
    """The picture of a plan or a state.

    Raises:
        UsageError: a setting is of another kind than it can be.
    """
    data = document.data
    top = "planned_values" if "planned_values" in data else "values"
    found = list(
        _resources(_mapping(_mapping(data.get(top)).get("root_module")), (top, "root_module"))
    )
    by_address = {resource["address"]: resource for resource, _ in found}
    configured = dict(
        _configured(_mapping(_mapping(data.get("configuration")).get("root_module")), "")
    )
    plan = _Plan(by_address, configured, account, given)
    instances = [
        Instance(
            id=resource["address"],
            kind=resource["type"],
            label=_label(resource),
            attributes=plan.attributes(resource),
            place=_place(document, path),
            lines=document.lines_below(*path, "values"),
            folder=Path(document.file).parent,
        )
        for resource, path in found
        if resource.get("mode", "managed") == "managed"
    ]
    return stack_of(instances, file=document.file, kind="terraform-json", account=account)


def _place(document: Document, path: _Path) -> Place:
    return document.place(*path)


def _resources(module: Mapping[str, Any], path: _Path) -> Iterator[tuple[Mapping[str, Any], _Path]]:
    for number, resource in enumerate(_list(module.get("resources"))):
        if isinstance(resource, Mapping) and all(
            isinstance(resource.get(name), str) for name in ("address", "type", "name")
        ):
            yield resource, (*path, "resources", number)
    for number, child in enumerate(_list(module.get("child_modules"))):
        yield from _resources(_mapping(child), (*path, "child_modules", number))


def _configured(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The expressions of each resource of the configuration, by its address without keys."""
    for resource in _list(module.get("resources")):
        if isinstance(resource, Mapping):
            yield f"{prefix}{resource.get('address')}", _mapping(resource.get("expressions"))
    for name, call in _mapping(module.get("module_calls")).items():
        yield from _configured(_mapping(_mapping(call).get("module")), f"{prefix}module.{name}.")


class _Plan:
    """The resources of a plan, and where what is not known of them comes from."""

    def __init__(
        self,
        resources: Mapping[str, Mapping[str, Any]],
        configured: Mapping[str, Mapping[str, Any]],
        account: Account,
        given: Mapping[str, str],
    ) -> None:
        self._resources = resources
        self._configured = configured
        self._account = account
        self._given = given

    def attributes(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes of a resource, what is not known worked out where it can be."""
        values = dict(_mapping(resource.get("values")))
        expressions = self._configured.get(_without_keys(resource["address"]), {})
        prefix = _module_of(resource["address"])
        for name, expression in expressions.items():
            if isinstance(expression, Mapping) and "references" in expression:
                if values.get(name) is None:
                    values[name] = self._referred(
                        expression, prefix, f"{resource['address']}.{name}"
                    )
            elif name == "environment" and isinstance(expression, list):
                values[name] = self._environment(values, expression, prefix)
        return values

    def _environment(
        self, values: Mapping[str, Any], expression: Sequence[Any], prefix: str
    ) -> list[dict[str, Any]]:
        """The variables of a function. A plan tells of those that are not known neither their
        names nor which reference is whose: they are named as open."""
        known = [
            dict(item) for item in _list(values.get("environment")) if isinstance(item, Mapping)
        ]
        made = known or [{}]
        variables = dict(_mapping(made[0].get("variables")))
        references = _mapping(_mapping(expression[0] if expression else None).get("variables"))
        open_ = [name for name, value in variables.items() if value is None]
        for name in open_:
            found = self._referred(references, prefix, name) if len(open_) == 1 else None
            variables[name] = (
                found if isinstance(found, str) else Unresolved("is known after apply only")
            )
        made[0]["variables"] = variables
        return made

    def _referred(self, expression: Mapping[str, Any], prefix: str, shown: str) -> Any:
        """The value of an expression that is one reference to a resource."""
        if shown in self._given:
            return self._given[shown]
        for reference in _list(expression.get("references")):
            for address in (f"{prefix}{reference}", str(reference)):
                base, dot, attribute = address.rpartition(".")
                resource = self._resources.get(base)
                if dot and resource is not None:
                    return value_of(
                        resource["type"],
                        _mapping(resource.get("values")),
                        _label(resource),
                        attribute,
                        self._account,
                    )
        return Unresolved("is known after apply only", f"--parameter {shown}=VALUE")


def _label(resource: Mapping[str, Any]) -> str:
    index = resource.get("index")
    return str(resource["name"]) if index is None else f"{resource['name']}-{index}"


def _without_keys(address: str) -> str:
    """An address without the keys of `count` and `for_each`."""
    kept: list[str] = []
    depth = 0
    for character in address:
        depth += character == "["
        if not depth:
            kept.append(character)
        depth -= character == "]"
    return "".join(kept)


def _module_of(address: str) -> str:
    parts = address.split(".")
    end = len(parts) - 2
    while end > 0 and not (end >= 2 and parts[end - 2] == "module"):
        end -= 1
    return ".".join(parts[:end]) + "." if end > 0 else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
