"""Reads `serverless.yml` of the Serverless Framework: its functions and events as the framework
makes CloudFormation of them, beside the resources that are CloudFormation already."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.picture import draw
from sqs_contract.deployment.readers.cloudformation import Notes, check_template
from sqs_contract.deployment.readers.code import found
from sqs_contract.deployment.readers.decoding import Document, Path_
from sqs_contract.deployment.readers.for_each import PREFIX as FOR_EACH
from sqs_contract.deployment.readers.serverless_files import Files, joined
from sqs_contract.deployment.readers.serverless_variables import Variables
from sqs_contract.deployment.resources import Code, Stack
from sqs_contract.deployment.values import Place, RawResource, Unresolved, unresolved_in
from sqs_contract.errors import UsageError

_TIMEOUT_S: Final = 6
_MEMORY_MB: Final = 1024
"""What the framework sets where a function says nothing: not AWS's defaults."""

_POLLING: Final = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
_ROLE: Final = "IamRoleLambdaExecution"
_EXPANDED_BY: Final = (
    "give what `serverless package` makes, .serverless/cloudformation-template-update-stack.json"
)


def read(document: Document, given: Mapping[str, str], account: Account) -> Stack:
    """The picture of a service.

    Raises:
        UsageError: a part of it is of another kind than it must be; the message names the line.
    """
    return _Service(document, given, account).stack()


class _Service:
    def __init__(self, document: Document, given: Mapping[str, str], account: Account) -> None:
        files = Files(Path(document.file).parent)
        first = Variables(document.data, given, account, files)
        document = joined(document, files, first.value)
        self._document = document
        for section in ("functions", "custom", "layers"):
            part = document.data.get(section) or {}
            if not isinstance(part, Mapping | list) and not str(part).startswith("${"):
                place = document.place(section)
                raise UsageError(f"template: {place}: {section} must be a mapping")
        self._variables = Variables(document.data, given, account, files)
        data = self._variables.value(
            {key: value for key, value in document.data.items() if key != "resources"}
        )
        resources = document.data.get("resources")
        self._data: Mapping[str, Any] = data
        self._provider = _mapping(data.get("provider"))
        region = self._provider.get("region")
        self._account = (
            Account(region=region, id=account.id)
            if isinstance(region, str) and "AWS::Region" not in given
            else account
        )
        self._given = given
        self._paths: dict[str, Path_] = {}
        self._resources: dict[str, Any] = {}
        self._notes = Notes()
        self._take(resources)

    def _take(self, resources: Any) -> None:
        """The CloudFormation in the file: one template, or a list of them."""
        parts = resources if isinstance(resources, list) else [resources]
        for number, part in enumerate(parts):
            path: Path_ = ("resources", number) if isinstance(resources, list) else ("resources",)
            found = self._variables.value(part) if isinstance(part, str) else part
            inside = _mapping(found).get("Resources")
            inside = self._variables.value(inside) if isinstance(inside, str) else inside
            for open_ in (found, inside):
                if isinstance(open_, Unresolved):
                    self._notes.add(
                        self._document.place(*path), f"resources are not read: it {open_}"
                    )
            for name, resource in _mapping(inside).items():
                if str(name).startswith((FOR_EACH, "Fn::Transform")):
                    place = self._document.place(*path, "Resources", name)
                    self._notes.add(place, f"{name} is not expanded: {_EXPANDED_BY}")
                    continue
                self._resources[name] = self._variables.value(resource)
                self._paths[name] = (*path, "Resources", name)
        lines: dict[Path_, int] = {
            ("Resources", path[-1]): self._document.lines[path]
            for path in self._paths.values()
            if path in self._document.lines
        }
        files: dict[Path_, str] = {
            ("Resources", path[-1]): self._document.place(*path).file
            for path in self._paths.values()
        }
        check_template(
            Document(
                file=self._document.file,
                data={"Resources": self._resources},
                lines=lines,
                files=files,
            )
        )

    def stack(self) -> Stack:
        self._layers()
        queues: list[Any] = []
        for name, path, function in self._functions():
            queues += self._function(name, path, function)
        self._role(queues)
        template = {"Resources": copy.deepcopy(self._resources)}
        resolver = Resolver(template, given=self._given, account=self._account, name=self._name)
        raw = [self._raw(name, resource, resolver) for name, resource in self._resources.items()]
        return draw(
            raw,
            file=self._document.file,
            kind="serverless",
            account=self._account,
            code_of=self._code,
            notes=self._notes.all(),
        )

    @property
    def _name(self) -> str:
        service = self._data.get("service")
        name = service.get("name") if isinstance(service, Mapping) else service
        return f"{name}-{self._stage}"

    @property
    def _stage(self) -> str:
        own = self._given.get("opt:stage", self._given.get("stage", self._provider.get("stage")))
        return own if isinstance(own, str) else "dev"

    def _functions(self) -> Iterator[tuple[str, Path_, Mapping[str, Any]]]:
        functions = self._data.get("functions")
        parts = functions if isinstance(functions, list) else [functions]
        for number, part in enumerate(parts):
            path: Path_ = ("functions", number) if isinstance(functions, list) else ("functions",)
            if isinstance(part, Unresolved):
                self._notes.add(self._document.place(*path), f"functions are not read: it {part}")
            for name, function in _mapping(part).items():
                if not isinstance(function, Mapping):
                    place = self._document.place(*path, name)
                    raise UsageError(f"template: {place}: function {name!r} must be a mapping")
                yield name, (*path, name), function

    def _layers(self) -> None:
        for name, layer in _mapping(self._data.get("layers")).items():
            logical = f"{_normal(name)}LambdaLayer"
            self._resources[logical] = {
                "Type": "AWS::Lambda::LayerVersion",
                "Properties": {"Content": _mapping(layer).get("path")},
            }
            self._paths[logical] = ("layers", name)

    def _function(self, name: str, path: Path_, function: Mapping[str, Any]) -> list[Any]:
        """Add a function and its mappings; the queues that feed it."""
        provider = self._provider
        logical = f"{_normal(name)}LambdaFunction"
        variables = {
            **_mapping(provider.get("environment")),
            **_mapping(function.get("environment")),
        }
        properties = {
            "FunctionName": function.get("name", f"{self._name}-{name}"),
            "Handler": function.get("handler"),
            "Runtime": function.get("runtime", provider.get("runtime")),
            "Timeout": function.get("timeout", provider.get("timeout", _TIMEOUT_S)),
            "MemorySize": function.get("memorySize", provider.get("memorySize", _MEMORY_MB)),
            "ReservedConcurrentExecutions": function.get("reservedConcurrency"),
            "Environment": {"Variables": variables},
            "Layers": function.get("layers", provider.get("layers")),
            "Role": self._role_of(logical, path, function),
            "DeadLetterConfig": (
                {"TargetArn": function["onError"]} if function.get("onError") else None
            ),
            "PackageType": "Image" if function.get("image") is not None else None,
        }
        self._resources[logical] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {key: value for key, value in properties.items() if value is not None},
        }
        self._paths[logical] = path
        queues = []
        events = function.get("events")
        for number, event in enumerate(events if isinstance(events, list) else ()):
            if isinstance(event, Mapping) and "sqs" in event:
                queues.append(
                    self._mapping_of(logical, (*path, "events", number, "sqs"), event["sqs"])
                )
        return queues

    def _mapping_of(self, function: str, path: Path_, sqs: Any) -> Any:
        place = self._document.place(*path)
        settings = {"arn": sqs} if not isinstance(sqs, Mapping) or _is_intrinsic(sqs) else sqs
        if not isinstance(settings.get("arn"), str | Mapping | Unresolved) or not settings["arn"]:
            raise UsageError(f"template: {place}: an sqs event must name the arn of a queue")
        properties = {
            "FunctionName": {"Fn::GetAtt": [function, "Arn"]},
            "EventSourceArn": settings["arn"],
            "BatchSize": settings.get("batchSize"),
            "MaximumBatchingWindowInSeconds": settings.get("maximumBatchingWindow"),
            "Enabled": settings.get("enabled"),
            "FunctionResponseTypes": (
                [settings["functionResponseType"]] if settings.get("functionResponseType") else None
            ),
            "ScalingConfig": (
                {"MaximumConcurrency": settings["maximumConcurrency"]}
                if settings.get("maximumConcurrency") is not None
                else None
            ),
            "FilterCriteria": (
                {"Filters": [{"Pattern": pattern} for pattern in settings["filterPatterns"]]}
                if settings.get("filterPatterns")
                else None
            ),
        }
        name = f"{path[-4]}.events.{path[-2]}.sqs"
        self._resources[name] = {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {key: value for key, value in properties.items() if value is not None},
        }
        self._paths[name] = path
        return settings["arn"]

    def _role_of(self, logical: str, path: Path_, function: Mapping[str, Any]) -> Any:
        """The role of a function: one that is named, one of its own, or that of all functions."""
        provider = self._provider
        shared = _mapping(provider.get("iam")).get("role")
        named = function.get("role", provider.get("role", shared))
        if named is not None and not isinstance(named, Mapping):
            return named
        if isinstance(named, Mapping) and _is_intrinsic(named):
            return named
        statements = function.get("iamRoleStatements")  # of the plugin for roles per function
        if statements is None:
            return {"Fn::GetAtt": [_ROLE, "Arn"]}
        events = function.get("events")
        sqs = [
            event["sqs"]
            for event in (events if isinstance(events, list) else ())
            if isinstance(event, Mapping) and "sqs" in event
        ]
        queues = [one["arn"] if isinstance(one, Mapping) and "arn" in one else one for one in sqs]
        inherited = self._statements() if function.get("iamRoleStatementsInherit") else []
        own = f"{logical}Role"
        self._add_role(own, path, [*_listed(statements), *inherited], queues)
        return {"Fn::GetAtt": [own, "Arn"]}

    def _statements(self) -> list[Any]:
        provider = self._provider
        own = _mapping(_mapping(provider.get("iam")).get("role")).get("statements")
        return _listed(own or provider.get("iamRoleStatements"))

    def _role(self, queues: list[Any]) -> None:
        """The role of all functions: what the file says, and what the framework adds itself."""
        shared = _mapping(_mapping(self._provider.get("iam")).get("role"))
        managed = shared.get("managedPolicies", self._provider.get("iamManagedPolicies"))
        self._add_role(_ROLE, ("provider",), self._statements(), queues, _listed(managed))

    def _add_role(
        self,
        name: str,
        path: Path_,
        statements: list[Any],
        queues: list[Any],
        managed: Sequence[Any] = (),
    ) -> None:
        polling = {"Effect": "Allow", "Action": _POLLING, "Resource": queues}
        document = {"Statement": [*statements, *([polling] if queues else [])]}
        self._resources[name] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "Policies": [{"PolicyDocument": document}],
                "ManagedPolicyArns": [*managed],
            },
        }
        self._paths[name] = path

    def _raw(self, name: str, resource: Mapping[str, Any], resolver: Resolver) -> RawResource:
        path = self._paths[name]
        properties = resolver.resolve(resource.get("Properties") or {})
        return RawResource(
            id=str(path[-1])
            if path[0] == "functions" and resource["Type"] == "AWS::Lambda::Function"
            else name,
            type=resource["Type"],
            properties=properties if isinstance(properties, Mapping) else {},
            place=self._place(path),
            lines={
                _LINES.get(key, key): line
                for key, line in {
                    **self._document.lines_below(*path),
                    **self._document.lines_below(*path, "Properties"),
                }.items()
            },
        )

    def _place(self, path: Path_) -> Place:
        return self._document.place(*path)

    def _code(self, item: RawResource) -> Code:
        home = Path(self._document.file).parent
        if item.type == "AWS::Lambda::LayerVersion":
            given = item.properties.get("Content")
            open_ = next(unresolved_in(given), None)
            return Code(missing=str(open_)) if open_ is not None else found(home / str(given))
        if item.properties.get("PackageType") == "Image":
            return Code(missing="is a container image")
        return Code(path=home)


_LINES: Final[Mapping[str, str]] = {
    "batchSize": "BatchSize", "maximumBatchingWindow": "MaximumBatchingWindowInSeconds",
    "functionResponseType": "FunctionResponseTypes", "maximumConcurrency": "ScalingConfig",
    "filterPatterns": "FilterCriteria", "enabled": "Enabled", "timeout": "Timeout",
    "memorySize": "MemorySize", "handler": "Handler", "environment": "Environment",
    "reservedConcurrency": "ReservedConcurrentExecutions", "arn": "EventSourceArn",
}  # fmt: skip


def _is_intrinsic(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def _normal(name: str) -> str:
    """A name as the framework makes logical ids of it."""
    text = name.replace("-", "Dash").replace("_", "Underscore")
    return re.sub(r"[^A-Za-z0-9]", "", text[:1].upper() + text[1:])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
