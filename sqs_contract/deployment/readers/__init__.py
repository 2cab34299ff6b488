"""Readers of what teams deploy with: each gives the same picture, a `Stack`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqs_contract.deployment.readers.choosing import read
from sqs_contract.deployment.resources import Stack

__all__ = ["read_stack"]


def read_stack(path: str | Path, given: Mapping[str, str] | None = None) -> Stack:
    """The picture of what a file or a folder deploys.

    Args:
        path: a template of AWS SAM or CloudFormation, in YAML or JSON; `cdk.out` or a template
            in it; a `serverless.yml`; a folder of Terraform's files, or one of them; or what
            `terraform show -json` prints.
        given: values of parameters and of whatever else is left open, by name.

    Raises:
        UsageError: it cannot be read. The message is one line with the file, and with the
            line in it where there is one.
    """
    return read(Path(path), given or {})
