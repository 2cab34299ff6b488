"""Intrinsic functions of CloudFormation, worked out as far as a template alone can tell.

A reference to a resource becomes the name, URL or ARN it is deployed under. What cannot be told
is `Unresolved`, with the reason and the flag that supplies it; never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.deployment import names
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.plain_functions import PLAIN_FUNCTIONS, is_pair, text_of, truth_of
from sqs_contract.deployment.values import Unresolved

_VARIABLE: Final = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC: Final = re.compile(r"\{\{resolve:([a-z-]+):([^{}]+)\}\}")
_DEPTH_MAX: Final = 60
_NO_VALUE: Final = "AWS::NoValue"
_REMOVED: Final = object()
"""A property whose value is `AWS::NoValue`: as if it was not there."""


class Resolver:
    """Works out the values of one template.

    Args:
        template: the template as data.
        given: values of parameters, exports of other stacks and dynamic references, by name.
        account: where the stack is deployed.
        name: what the stack is called.
        prefix: what stands before the ids of a nested stack's resources.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        *,
        given: Mapping[str, str] | None = None,
        account: Account | None = None,
        name: str = "stack",
        prefix: str = "",
    ) -> None:
        self.account = account or Account()
        self._given = dict(given or {})
        self._resources = _mapping(template.get("Resources"))
        self._mappings = _mapping(template.get("Mappings"))
        self._conditions = _mapping(template.get("Conditions"))
        self._parameters = _mapping(template.get("Parameters"))
        self._outputs = _mapping(template.get("Outputs"))
        self._prefix = prefix
        self._known: dict[str, Any] = {}
        self._depth = 0
        self._pseudo: dict[str, Any] = {
            "AWS::Region": self.account.region,
            "AWS::AccountId": self.account.id,
            "AWS::Partition": self.account.partition,
            "AWS::StackName": self._given.get("AWS::StackName", name),
            "AWS::StackId": self.account.arn("cloudformation", f"stack/{name}/0"),
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
            _NO_VALUE: _REMOVED,
        }

    def resolve(self, value: Any) -> Any:
        """The value with its intrinsic functions worked out."""
        found = self._resolve(value)
        return None if found is _REMOVED else found

    def holds(self, condition: str) -> bool | Unresolved:
        """Whether a condition of the template is true."""
        if condition not in self._conditions:
            return Unresolved(f"hangs on condition {condition!r}, which the template does not have")
        value = self._conditions[condition]
        return truth_of(self._once(f"condition {condition!r}", lambda: self._resolve(value)))

    def learn(self, name: str, value: str) -> None:
        """Take a value that was open, such as what a nested stack puts out."""
        self._given.setdefault(name, value)

    def outputs(self) -> dict[str, str]:
        """What the stack puts out, as far as it can be told."""
        found = {
            name: self.resolve(_mapping(output).get("Value"))
            for name, output in self._outputs.items()
        }
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = Unresolved(f"hangs on {key}, which refers to itself")
            self._known[key] = make()
        return self._known[key]

    def _resolve(self, value: Any) -> Any:
        if self._depth > _DEPTH_MAX:
            return Unresolved("is nested too deeply")
        self._depth += 1
        try:
            if isinstance(value, str):
                return self._dynamic(value) if "{{resolve:" in value else value
            if isinstance(value, list):
                items = [self._resolve(item) for item in value]
                return [item for item in items if item is not _REMOVED]
            if not isinstance(value, Mapping):
                return value
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                if name in ("Ref", "Condition") or (
                    isinstance(name, str) and name.startswith("Fn::")
                ):
                    return self._call(name, argument, value)
            found = {str(key): self._resolve(item) for key, item in value.items()}
            return {key: item for key, item in found.items() if item is not _REMOVED}
        finally:
            self._depth -= 1

    def _call(self, name: str, argument: Any, whole: Mapping[str, Any]) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Condition":
            # Only where conditions stand; elsewhere it is a key like any other.
            if isinstance(argument, str) and argument in self._conditions:
                return self.holds(argument)
            return (
                {"Condition": self._resolve(argument)} if not isinstance(argument, str) else whole
            )
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](self, argument)
        if name in PLAIN_FUNCTIONS:
            found = PLAIN_FUNCTIONS[name](self._resolve(argument))
            return self._dynamic(found) if isinstance(found, str) else found
        return Unresolved(f"hangs on {name}, which the template alone does not tell")

    def _ref(self, name: Any) -> Any:
        if isinstance(name, Mapping):
            name = self._resolve(name)  # as language extensions allow
            if isinstance(name, Unresolved):
                return name
        if not isinstance(name, str):
            return Unresolved(f"hangs on a Ref to {name!r}, which is no name")
        if name in self._parameters:
            return self._once(f"parameter {name!r}", lambda: self._parameter(name))
        if name in self._resources:
            return self._of_resource(name, None)
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._given:
            return self._given[name]
        return Unresolved(
            f"hangs on {name!r}, which is neither a parameter nor a resource of the template",
            f"--parameter {name}=VALUE",
        )

    def _parameter(self, name: str) -> Any:
        definition = _mapping(self._parameters[name])
        kind = str(definition.get("Type", "String"))
        flag = f"--parameter {name}=VALUE"
        if name in self._given:
            value: Any = self._given[name]
        elif "Default" not in definition:
            return Unresolved(f"hangs on parameter {name!r}, which has no default", flag)
        elif kind.startswith("AWS::SSM::Parameter::Value"):
            # The default is the name of an SSM parameter, which only the account knows.
            return Unresolved(
                f"hangs on parameter {name!r}, which stands for the SSM parameter "
                f"{definition['Default']!r}",
                flag,
            )
        else:
            value = definition["Default"]
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            items = value if isinstance(value, list) else str(value).split(",")
            return [str(item).strip() for item in items]
        if isinstance(value, bool):
            return str(value).lower()
        return value

    def _of_resource(self, logical_id: str, attribute: str | None) -> Any:
        resource = _mapping(self._resources[logical_id])
        kind = str(resource.get("Type", ""))
        given = self._given.get(logical_id if attribute is None else f"{logical_id}.{attribute}")
        if given is not None:
            return given
        if kind in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            return self._alias(resource, kind)
        naming = self._naming(logical_id, kind, resource)
        name = names.name_of(kind, f"{self._prefix}{logical_id}", naming)
        if attribute is None:
            return names.reference(kind, name, naming, self.account)
        found = names.attribute(kind, name, attribute, naming, self.account)
        if found is not None:
            return found
        return Unresolved(
            f"hangs on {attribute} of {logical_id} ({kind}), which only a deployment tells",
            f"--parameter {logical_id}.{attribute}=VALUE",
        )

    def _alias(self, resource: Mapping[str, Any], kind: str) -> Any:
        """The ARN of an alias or a version: that of the function, and its own name."""
        properties = _mapping(resource.get("Properties"))
        function = self._resolve(properties.get("FunctionName"))
        if not isinstance(function, str):
            return function if function is not None else Unresolved("hangs on a function")
        arn = function if ":" in function else self.account.arn("lambda", f"function:{function}")
        own = self._resolve(properties.get("Name")) if kind == "AWS::Lambda::Alias" else "1"
        return f"{arn}:{own}" if isinstance(own, str) else arn

    def _naming(self, logical_id: str, kind: str, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties a name, an ARN or an attribute of a resource is made of."""
        properties = _mapping(resource.get("Properties"))
        wanted = {names.name_property(kind), "FifoQueue", "FifoTopic", "EventBusName"}
        if kind == "AWS::SSM::Parameter":
            wanted |= {"Value", "Type"}
        chosen = {key: value for key, value in properties.items() if key in wanted}
        found = self._once(f"the name of {logical_id}", lambda: self._resolve(chosen))
        return {
            key: value
            for key, value in _mapping(found).items()
            if not isinstance(value, Unresolved)
        }

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if isinstance(parts, list) and parts and isinstance(parts[0], Mapping):
            parts = [self._resolve(parts[0]), *parts[1:]]  # as language extensions allow
        if isinstance(parts, list) and parts and isinstance(parts[0], Unresolved):
            return parts[0]
        if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
            return Unresolved(f"hangs on Fn::GetAtt of {argument!r}, which is no attribute")
        rest = self._resolve(parts[1:])
        if any(not isinstance(part, str) for part in rest):
            return Unresolved(f"hangs on an attribute of {parts[0]!r}")
        if parts[0] not in self._resources:
            name = ".".join((parts[0], *rest))
            if name in self._given:
                return self._given[name]
            return Unresolved(
                f"hangs on {parts[0]!r}, which is no resource of the template",
                f"--parameter {name}=VALUE",
            )
        return self._of_resource(parts[0], ".".join(rest))

    def _sub(self, argument: Any) -> Any:
        text, variables = argument if is_pair(argument) else (argument, {})
        if not isinstance(text, str):
            return Unresolved("hangs on Fn::Sub of something that is no text")
        open_: list[Unresolved] = []

        def value(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{match[2]}}}"
            if name in _mapping(variables):
                found = self._resolve(variables[name])
            elif "." in name and name not in self._parameters:
                found = self._get_att(name)
            else:
                found = self._ref(name)
            if isinstance(found, Unresolved):
                open_.append(found)
            return text_of(found)

        made = _VARIABLE.sub(value, text)
        return open_[0] if open_ else self._resolve(made)

    def _find_in_map(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) < 3:
            return Unresolved("hangs on Fn::FindInMap without three keys")
        found: Any = self._mappings
        keys = self._resolve(argument[:3])
        for part in keys:
            if isinstance(part, Unresolved):
                return part
            if not isinstance(found, Mapping) or str(part) not in map(str, found):
                default = argument[3].get("DefaultValue") if _is_default(argument) else None
                if default is not None:
                    return self._resolve(default)
                return Unresolved(f"hangs on {part!r} of the mappings, which is not there")
            found = next(item for key, item in found.items() if str(key) == str(part))
        return self._resolve(found)

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            return Unresolved("hangs on Fn::If without a condition and two values")
        truth = self.holds(str(argument[0]))
        if isinstance(truth, Unresolved):
            return truth
        return self._resolve(argument[1] if truth else argument[2])

    def _import_value(self, argument: Any) -> Any:
        name = self._resolve(argument)
        if isinstance(name, Unresolved):
            return name
        if name in self._given:
            return self._given[name]
        return Unresolved(
            f"hangs on the export {name!r} of another stack", f"--parameter {name}=VALUE"
        )

    def _zones(self, _: Any) -> Any:
        return [f"{self.account.region}{letter}" for letter in "abc"]

    def _dynamic(self, text: str) -> Any:
        """Text with `{{resolve:...}}` in it: a parameter or secret of the account."""
        open_: list[Unresolved] = []

        def value(match: re.Match[str]) -> str:
            service, rest = match[1], match[2]
            name = rest.split(":", 1)[0] if service.startswith("ssm") else f"{service}:{rest}"
            if name not in self._given:
                flag = f"--parameter {name}=VALUE"
                open_.append(Unresolved(f"hangs on {match[0]}, which only the account tells", flag))
            return self._given.get(name, "")

        made = _DYNAMIC.sub(value, text)
        return open_[0] if open_ else made


_FUNCTIONS: Final[Mapping[str, Callable[[Resolver, Any], Any]]] = {
    "Fn::GetAtt": Resolver._get_att,
    "Fn::Sub": Resolver._sub,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::If": Resolver._if,
    "Fn::ImportValue": Resolver._import_value,
    "Fn::GetAZs": Resolver._zones,
}
"""Functions that need to know the template; the rest are plain functions of their arguments."""


def _is_default(argument: list[Any]) -> bool:
    return len(argument) > 3 and isinstance(argument[3], Mapping)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
