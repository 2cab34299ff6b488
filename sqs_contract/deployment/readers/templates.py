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
)
from sqs_contract.deployment.readers.code import found
from sqs_contract.deployment.readers.decoding import Document
from sqs_contract.deployment.resources import Code, Stack
from sqs_contract.deployment.values import RawResource, Unresolved

_ASSET: Final = "aws:asset:path"


def picture_of(
    document: Document, given: Mapping[str, str], account: Account, kind: str | None = None
) -> Stack:
    """The picture of a document that is a template.

    Raises:
        UsageError: it is none; the message names file and line.
    """
    template: Mapping[str, Any] = check_template(document)
    notes = Notes()
    code: list[Any] = []
    if is_sam(template):
        kind = kind or "sam"
        translated = sam.Translated(document, given, account)
        template, code = translated.template, translated.code
    elif kind is None:
        written_by_cdk = any(
            "aws:cdk:path" in (resource.get("Metadata") or {})
            for resource in template["Resources"].values()
            if isinstance(resource, Mapping) and isinstance(resource.get("Metadata") or {}, Mapping)
        )
        kind = "cdk" if written_by_cdk else "cloudformation"
    resolver = Resolver(template, given=given, account=account)
    directory = Path(document.file).parent

    def code_of(item: RawResource) -> Code:
        return _code(item, directory, code, resolver)

    raw = sorted(
        resources_of(template, resolver, document, notes), key=lambda item: item.place.line or 0
    )
    return draw(
        raw, file=document.file, kind=kind, account=account, code_of=code_of, notes=notes.all()
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
