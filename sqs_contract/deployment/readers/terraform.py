"""Reads Terraform's files: the resources of a module and of the local modules it calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.names import Account
from sqs_contract.deployment.readers.hcl import Evaluator, Reference, pairs_of
from sqs_contract.deployment.readers.hcl_files import Block, Body, parse_file
from sqs_contract.deployment.readers.hcl_functions import text_of
from sqs_contract.deployment.readers.terraform_modules import folder_of
from sqs_contract.deployment.readers.terraform_stack import Instance, stack_of, value_of
from sqs_contract.deployment.readers.terraform_types import policy_document
from sqs_contract.deployment.resources import Stack
from sqs_contract.deployment.values import Unresolved
from sqs_contract.errors import UsageError

_MODULES_MAX: Final = 8
"""How deep modules call modules."""


def read(path: Path, given: Mapping[str, str], account: Account) -> Stack:
    """The picture of a folder of Terraform's files, or of the folder a file lies in.

    Raises:
        UsageError: a file cannot be read; the message names file and line.
    """
    module = _Module(path if path.is_dir() else path.parent, given, account)
    instances = list(module.instances())
    return stack_of(
        instances, file=str(path), kind="terraform", account=account, notes=module.notes
    )


@dataclass(slots=True)
class _Known:
    """What is worked out once: values by reference, under way while it is."""

    values: dict[tuple[Any, ...], Any] = field(default_factory=dict)


class _Module:
    """One folder of files, with values for its variables."""

    def __init__(
        self,
        folder: Path,
        given: Mapping[str, Any],
        account: Account,
        *,
        prefix: str = "",
        depth: int = 0,
        root: Path | None = None,
        parsed: dict[Path, Body] | None = None,
    ) -> None:
        self._folder = folder
        self._root = root or folder
        self._given = given
        self._account = account
        self._prefix = prefix
        self._depth = depth
        self._known = _Known()
        self._open: dict[str, Unresolved] = {}
        self.notes: list[str] = []
        files = sorted(folder.glob("*.tf"))
        if not files:
            raise UsageError(f"template: there is no .tf file in {str(folder)!r}")
        self._parsed = {} if parsed is None else parsed  # a module may be called many times
        for file in files:
            if file not in self._parsed:
                self._parsed[file] = parse_file(file)
        self._blocks = [block for file in files for block in self._parsed[file].blocks]
        self._resources = self._by_labels("resource", 2)
        self._data = self._by_labels("data", 2)
        self._variables = self._by_labels("variable", 1)
        self._outputs = self._by_labels("output", 1)
        self._calls = self._by_labels("module", 1)
        self._locals = {
            name: node
            for block in self._blocks
            if block.kind == "locals"
            for name, node in block.body.attributes.items()
        }
        self._evaluator = Evaluator(self._look_up)
        self._modules: dict[str, dict[Any, _Module | Unresolved]] = {}

    def _by_labels(self, kind: str, labels: int) -> dict[tuple[str, ...], Block]:
        found: dict[tuple[str, ...], Block] = {}
        for block in self._blocks:
            if block.kind == kind and len(block.labels) == labels:
                known = found.setdefault(block.labels, block)
                if known is not block:
                    raise UsageError(
                        f"template: {block.place}: {kind} {'.'.join(block.labels)} stands in "
                        f"{known.place} already"
                    )
        return found

    def instances(self) -> Iterator[Instance]:
        """The resources there are, one for each of `count` and `for_each`, modules' too."""
        for (kind, name), block in self._resources.items():
            for key, evaluator in self._keys(block, f"{kind}.{name}"):
                yield self._instance(kind, name, key, block, evaluator)
        for (name,), block in self._calls.items():
            for module in self._module(name).values():
                if isinstance(module, Unresolved):
                    self.notes.append(f"{block.place}: module {name} {module}")
                    continue
                yield from module.instances()
                self.notes += module.notes

    def _instance(
        self, kind: str, name: str, key: Any, block: Block, evaluator: Evaluator
    ) -> Instance:
        suffix = "" if key is None else f"[{key!r}]" if isinstance(key, int) else f'["{key}"]'
        attributes = evaluator.attributes(block.body)
        archive = self._archive(block)
        open_ = self._open.get(f"{kind}.{name}")
        if open_ is not None and kind == "aws_lambda_event_source_mapping":
            attributes["enabled"] = open_  # one that may not be there may not be on
        return Instance(
            id=f"{self._prefix}{kind}.{name}{suffix}",
            kind=kind,
            label=name if key is None else f"{name}-{key}",
            attributes=attributes if archive is None else {**attributes, "filename": archive},
            place=block.place,
            lines=block.body.lines,
            folder=self._folder,
        )

    def _archive(self, block: Block) -> Any:
        """What a zip of Terraform's own making is made from, in the place of the zip."""
        reference = block.body.attributes.get("filename")
        with_code = block.labels[0] in ("aws_lambda_function", "aws_lambda_layer_version")
        if not with_code or reference is None:
            return None
        zipped = self._evaluator.value(reference)
        for (kind, _), data in self._data.items():
            if kind == "archive_file":
                made = self._evaluator.attributes(data.body)
                if made.get("output_path") == zipped or _names(reference, data.labels):
                    return made.get("source_dir", made.get("source_file"))
        return None

    def _keys(self, block: Block, shown: str) -> Iterator[tuple[Any, Evaluator]]:
        """The instances of a block: one without a key, or those of `count` or `for_each`."""
        attributes = block.body.attributes
        for name in ("count", "for_each"):
            if name not in attributes:
                continue
            items = self._evaluator.value(attributes[name])
            if isinstance(items, Unresolved):
                self.notes.append(
                    f"{block.place}: how many {shown} there are {items}; one is taken to be there"
                )
                self._open[shown] = items
                break
            if name == "count":
                for number in range(int(items) if text_of(items).isdecimal() else 0):
                    yield number, self._evaluator.within(count={"index": number})
            else:
                for key, value in pairs_of(items):
                    yield key, self._evaluator.within(each={"key": key, "value": value})
            return
        yield None, self._evaluator

    def _look_up(self, reference: Reference) -> Any:
        """The value of a reference, or itself where it is not whole yet."""
        path = reference.path
        if path in self._known.values:
            return self._known.values[path]
        self._known.values[path] = Unresolved(
            f"hangs on {'.'.join(map(str, path))}, which refers to itself"
        )
        found = self._found(path)
        self._known.values[path] = found
        return found

    def _found(self, path: tuple[Any, ...]) -> Any:
        match path:
            case ("var", name):
                return self._variable(str(name))
            case ("local", name):
                node = self._locals.get(str(name))
                return (
                    Unresolved(f"hangs on local.{name}, which is not there")
                    if node is None
                    else (self._evaluator.value(node))
                )
            case ("path", "module" | "root" | "cwd" as which):
                return str(self._folder if which == "module" else self._root)
            case ("terraform", "workspace"):
                return self._given.get("terraform.workspace", "default")
            case ("data", kind, name, attribute, *rest):
                return self._rest(self._of_data(str(kind), str(name), str(attribute)), rest)
            case ("module", name, *rest) if len(rest) > self._is_keyed(str(name)):
                return self._in_module(str(name), rest)
            case (("var" | "local" | "path" | "terraform" | "data" | "module"), *_):
                return Reference(path)
            case (_,) | (_, _):
                return Reference(path)
            case (kind, name, *rest):
                return self._of_resource(str(kind), str(name), rest)
        return Reference(path)

    def _rest(self, found: Any, rest: list[Any]) -> Any:
        for key in rest:
            found = self._evaluator._step(found, key)
        return found

    def _variable(self, name: str) -> Any:
        if name in self._given:
            value = self._given[name]
            return _read_as(value, self._variables.get((name,)))
        block = self._variables.get((name,))
        if block is None:
            return Unresolved(f"hangs on variable {name!r}, which is not declared")
        if "default" in block.body.attributes:
            return self._evaluator.value(block.body.attributes["default"])
        flag = f"--parameter {name}=VALUE" if not self._depth else ""
        return Unresolved(f"hangs on variable {name!r}, which has no default", flag)

    def _of_data(self, kind: str, name: str, attribute: str) -> Any:
        match kind, attribute:
            case "aws_caller_identity", "account_id" | "id":
                return self._account.id
            case "aws_region", "name" | "id" | "region":
                return self._account.region
            case "aws_partition", "partition":
                return self._account.partition
        shown = f"data.{kind}.{name}.{attribute}"
        if shown in self._given:
            return self._given[shown]
        block = self._data.get((kind, name))
        if block is not None:
            attributes = self._evaluator.attributes(block.body)
            if (kind, attribute) == ("aws_iam_policy_document", "json"):
                return policy_document(attributes)
            if attribute in attributes:
                return attributes[attribute]
            if kind in ("aws_sqs_queue", "aws_sns_topic", "aws_s3_bucket", "aws_dynamodb_table"):
                return value_of(kind, attributes, name, attribute, self._account)
        return Unresolved(
            f"hangs on {shown}, which only the account tells", f"--parameter {shown}=VALUE"
        )

    def _in_module(self, name: str, rest: list[Any]) -> Any:
        key = None
        if self._is_keyed(name):
            key, *rest = rest
        output, *rest = rest
        return self._rest(self._of_module(name, str(output), key), rest)

    def _is_keyed(self, name: str) -> bool:
        """Whether a module is called by `count` or `for_each`, and named with an index."""
        block = self._calls.get((name,))
        return block is not None and bool({"count", "for_each"} & set(block.body.attributes))

    def _module(self, name: str) -> dict[Any, _Module | Unresolved]:
        """What a call of a module stands for, by `count` or `for_each`; else by `None`."""
        if name not in self._modules:
            block = self._calls[name,]
            self._modules[name] = {
                key: self._called(name, key, evaluator.attributes(block.body))
                for key, evaluator in self._keys(block, f"module.{name}")
            }
        return self._modules[name]

    def _called(self, name: str, key: Any, values: Mapping[str, Any]) -> _Module | Unresolved:
        source = values.get("source")
        index = "" if key is None else f"[{json.dumps(key)}]"
        address = f"{self._prefix}module.{name}{index}"
        folder = folder_of(source, self._folder, self._root, address)
        if folder is None:
            return Unresolved(
                f"is not read: its source {source!r} is not on this machine: run terraform init, or "
                "give what terraform show -json prints"
            )
        if self._depth >= _MODULES_MAX:
            return Unresolved("is not read: modules are nested too deeply")
        return _Module(
            folder,
            values,
            self._account,
            prefix=f"{address}.",
            depth=self._depth + 1,
            root=self._root,
            parsed=self._parsed,
        )

    def _of_module(self, name: str, output: str, key: Any = None) -> Any:
        flag = f"--parameter module.{name}.{output}=VALUE"
        if f"module.{name}.{output}" in self._given:
            return self._given[f"module.{name}.{output}"]
        if (name,) not in self._calls:
            return Unresolved(f"hangs on module {name!r}, which is not there")
        found = self._module(name)
        if key not in found and None not in found:
            return Unresolved(f"hangs on module {name}[{key!r}], which is not there", flag)
        module = found[key] if key in found else found[None]
        if isinstance(module, Unresolved):
            return Unresolved(f"hangs on {output} of module {name}, which {module}", flag)
        block = module._outputs.get((output,))
        if block is None or "value" not in block.body.attributes:
            return Unresolved(f"hangs on {output} of module {name}, which is not there")
        return module._evaluator.value(block.body.attributes["value"])

    def _of_resource(self, kind: str, name: str, rest: list[Any]) -> Any:
        block = self._resources.get((kind, name))
        shown = f"{kind}.{name}"
        if block is None:
            return Unresolved(
                f"hangs on {shown}, which is not in the files",
                f"--parameter {'.'.join(map(str, (shown, *rest)))}=VALUE",
            )
        instances = list(self._keys(block, shown))
        if rest[0] == "*":
            return [
                _Attributes(self, kind, name, key, block, evaluator) for key, evaluator in instances
            ]
        keyed = any(key is not None for key, _ in instances) or {"count", "for_each"} & set(
            block.body.attributes
        )
        if keyed:
            found = [(key, item) for key, item in instances if key in (rest[0], str(rest[0]))]
            if not found:
                return Unresolved(f"hangs on {shown}[{rest[0]!r}], which is not there")
            if len(rest) == 1:
                return Reference((kind, name, *rest))
            (key, evaluator), rest = found[0], rest[1:]
        else:
            (key, evaluator) = instances[0]
        return self._rest(
            _Attributes(self, kind, name, key, block, evaluator)[str(rest[0])], rest[1:]
        )


class _Attributes(Mapping[str, Any]):
    """The attributes of an instance, each worked out when it is asked for."""

    def __init__(
        self, module: _Module, kind: str, name: str, key: Any, block: Block, evaluator: Evaluator
    ) -> None:
        self._module = module
        self._kind = kind
        self._label = name if key is None else f"{name}-{key}"
        self._block = block
        self._evaluator = evaluator

    def __getitem__(self, attribute: str) -> Any:
        body = self._block.body
        own = self._module._given.get(f"{self._kind}.{self._block.labels[1]}.{attribute}")
        if own is not None:
            return own
        naming = {
            name: self._evaluator.value(node)
            for name, node in body.attributes.items()
            if name in _NAMING or name == attribute
        }
        return value_of(self._kind, naming, self._label, attribute, self._module._account)

    def __iter__(self) -> Iterator[str]:
        return iter(self._block.body.attributes)

    def __len__(self) -> int:
        return len(self._block.body.attributes)


_NAMING: Final = frozenset(
    {"name", "bucket", "function_name", "layer_name", "fifo_queue", "fifo_topic", "event_bus_name"}
)
"""Attributes that a name or an ARN is made of."""


def _names(node: Any, labels: tuple[str, ...]) -> bool:
    """Whether an expression refers to a data source: its tokens are `data.KIND.NAME...`."""
    tokens = [str(token) for token in node.scan_values(lambda token: str(token) not in ".[]")]
    return tokens[:3] == ["data", *labels]


def _read_as(value: Any, block: Block | None) -> Any:
    """A value given as text, as the variable's type wants it."""
    if not isinstance(value, str) or block is None:
        return value
    kind = block.body.attributes.get("type")
    named = str(next(iter(kind.scan_values(lambda _: True)), "")) if kind is not None else ""
    if named == "number":
        try:
            return int(value)
        except ValueError:
            return value
    if named == "bool":
        return value == "true"
    if named in ("list", "set", "tuple"):
        return [item.strip() for item in value.split(",")]
    return value
