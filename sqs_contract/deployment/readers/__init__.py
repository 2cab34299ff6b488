"""Readers of what teams deploy with: each gives the same picture, a `Stack`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqs_contract.deployment.resources import Stack

__all__ = ["read_stack"]


def read_stack(path: str | Path, given: Mapping[str, str] | None = None) -> Stack:
    """The picture of what a file or a folder deploys.

    Args:
        path: a SAM or CloudFormation template (YAML or JSON).
        given: values of parameters and of whatever else it leaves open, by name.

    Raises:
        UsageError: it cannot be read. The message is one line with the file, and with the
            line in it where there is one.
    """
    from sqs_contract.deployment.readers import templates  # noqa: PLC0415  with what they need

    return templates.read(Path(path), given or {})
