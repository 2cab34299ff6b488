"""Reads AWS SAM and CloudFormation templates, and those CDK writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.picture import draw
from sqs_contract.deployment.readers import sam
from sqs_contract.deployment.readers.cloudformation import (
    Notes,
    check_template,
    is_sam,
    resources_of,
    without_macros,
)
from sqs_contract.deployment.readers.code import found
from sqs_contract.deployment.readers.decoding import Document, decode, read_text
from sqs_contract.deployment.readers.for_each import expanded
from sqs_contract.deployment.readers.nested import in_order, nested_in, template_of
from sqs_contract.deployment.resources import Code, Stack
from sqs_contract.deployment.values import RawResource, Unresolved
from sqs_contract.errors import UsageError

_ASSET: Final = "aws:asset:path"
_NESTED_MAX: Final = 10
_WITH_CODE: Final = frozenset({"AWS::Lambda::Function", "AWS::Lambda::LayerVersion"})


def picture_of(
    document: Document, given: Mapping[str, str], account: Account, kind: str | None = None
) -> Stack:
    """The picture of a document that is a template, and of the stacks nested in it.

    Raises:
        UsageError: it is none; the message names file and line.
    """
    gathering = _Gathering(account)
    own, _ = gathering.add(document, given)
    return draw(
        gathering.raw,
        file=document.file,
        kind=kind or own,
        account=account,
        code_of=lambda item: gathering.code[item.id],
        notes=gathering.notes.all(),
    )


class _Gathering:
    """The resources of a template and of the stacks nested in it, as far as they have been read.

    Attributes:
        raw: the resources; those of a nested stack `Child` go by ids such as `Child.Queue`.
        code: where the code of functions and layers lies, by their ids.
        notes: what could not be told.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.raw: list[RawResource] = []
        self.code: dict[str, Code] = {}
        self.notes = Notes()

    def add(
        self, document: Document, given: Mapping[str, str], prefix: str = ""
    ) -> tuple[str, Mapping[str, str]]:
        """Add what a template deploys; the kind of template it is, and what it puts out.

        Raises:
            UsageError: it is no template, or nests itself; the message names file and line.
        """
        if prefix.count(".") > _NESTED_MAX:
            raise UsageError(f"template: {document.file}: stacks are nested too deeply")
        template: Mapping[str, Any] = check_template(document)
        loops = Resolver(template, given=given, account=self._account)
        document = without_macros(expanded(document, loops, self.notes), self.notes)
        template = check_template(document)
        local: list[Any] = []
        kind = "cdk" if _written_by_cdk(template) else "cloudformation"
        if is_sam(template):
            translated = sam.Translated(document, given, self._account)
            template, local, kind = translated.template, translated.code, "sam"
        resolver = Resolver(template, given=given, account=self._account, prefix=prefix)
        directory = Path(document.file).parent
        self._nested(template, document, local, resolver, given, prefix)
        own = sorted(
            resources_of(template, resolver, document, self.notes, prefix),
            key=lambda item: item.place.line or 0,
        )
        self.raw += own
        for item in own:
            if item.type in _WITH_CODE:
                self.code[item.id] = _code(item, directory, local, resolver)
        return kind, resolver.outputs()

    def _nested(
        self,
        template: Mapping[str, Any],
        document: Document,
        local: list[Any],
        resolver: Resolver,
        given: Mapping[str, str],
        prefix: str,
    ) -> None:
        """Add the stacks nested in a template, and tell its resolver what they put out."""
        stacks = nested_in(template)
        beside = {
            key: value
            for key, value in given.items()
            if key not in (template.get("Parameters") or {})
        }
        for name, parameters, open_ in in_order(stacks, resolver):
            place = document.place("Resources", name)
            condition = stacks[name].get("Condition")
            if isinstance(condition, str) and resolver.holds(condition) is False:
                continue
            path = template_of(stacks[name], Path(document.file).parent, local, resolver)
            if isinstance(path, str):
                self.notes.add(
                    place, f"what nested stack {name} deploys is not in the picture: it {path}"
                )
                continue
            for one in open_:
                self.notes.add(place, f"a parameter of nested stack {name} {one}")
            child = decode(path, read_text(path))
            _, outputs = self.add(child, {**beside, **parameters}, f"{prefix}{name}.")
            for output, value in outputs.items():
                resolver.learn(f"{name}.Outputs.{output}", value)


def _written_by_cdk(template: Mapping[str, Any]) -> bool:
    return any(
        "aws:cdk:path" in (resource.get("Metadata") or {})
        for resource in template["Resources"].values()
        if isinstance(resource, Mapping) and isinstance(resource.get("Metadata") or {}, Mapping)
    )


def _code(item: RawResource, directory: Path, local: list[Any], resolver: Resolver) -> Code:
    """Where the code of a function or a layer lies."""
    asset = item.metadata.get(_ASSET)
    if isinstance(asset, str):
        return found(directory / asset)
    given = item.properties.get("Code", item.properties.get("Content"))
    if item.properties.get("PackageType") == "Image" or (
        isinstance(given, Mapping) and "ImageUri" in given
    ):
        return Code(missing="is a container image")
    if isinstance(given, Mapping) and "ZipFile" in given:
        return Code(missing="stands in the template itself, which is never executed")
    if isinstance(given, Mapping) and given.get("S3Bucket") == sam.LOCAL:
        uri = resolver.resolve(local[int(given["S3Key"])])
        if uri is None:
            return Code(missing="is not named: the function has no CodeUri")
        if isinstance(uri, Unresolved):
            return Code(missing=str(uri))
        return found(directory / str(uri))
    if isinstance(given, str):  # what `aws cloudformation package` takes: a path
        return found(directory / given)
    if given is None:
        return Code(missing="is not named in the template")
    return Code(missing="lies in a bucket")
