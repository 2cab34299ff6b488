"""Reads `cdk.out`: the templates of all stacks in it as one, exports and imports joined."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.readers import templates
from sqs_contract.deployment.readers.cloudformation import check_template
from sqs_contract.deployment.readers.decoding import Document, decode, read_text
from sqs_contract.deployment.resources import Stack


def read(path: Path, given: Mapping[str, str], account: Account) -> Stack:
    """The picture of all stacks of a `cdk.out`. Those nested in them are in it.

    Raises:
        UsageError: a template cannot be read.
    """
    files = sorted(
        file
        for file in path.glob("*.template.json")
        if not file.name.endswith("nested.template.json")
    )
    documents = [decode(file, read_text(file)) for file in files]
    exports: dict[str, str] = {}
    for document in documents:
        exports |= _exports(document, {**exports, **given}, account)
    # An export may stand in a stack that is read later.
    for document in documents:
        exports |= _exports(document, {**exports, **given}, account)
    stacks = [
        templates.picture_of(document, {**exports, **given}, account, kind="cdk")
        for document in documents
    ]
    first, *rest = stacks
    joined: dict[str, Any] = {
        field.name: sum(
            (getattr(stack, field.name) for stack in rest), start=getattr(first, field.name)
        )
        for field in dataclasses.fields(Stack)
        if isinstance(getattr(first, field.name), tuple)
    }
    return dataclasses.replace(first, file=first.file if not rest else str(path), **joined)


def _exports(document: Document, given: Mapping[str, str], account: Account) -> dict[str, str]:
    template = check_template(document)
    resolver = Resolver(template, given=given, account=account)
    found: dict[str, str] = {}
    outputs = template.get("Outputs")
    for output in outputs.values() if isinstance(outputs, Mapping) else ():
        export = output.get("Export") if isinstance(output, Mapping) else None
        if isinstance(export, Mapping):
            name, value = (
                resolver.resolve(export.get("Name")),
                resolver.resolve(output.get("Value")),
            )
            if isinstance(name, str) and isinstance(value, str):
                found[name] = value
    return found
