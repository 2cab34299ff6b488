"""Templates as files, and what is read from them."""

from __future__ import annotations

import textwrap

from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.template import deployment_of, only_source

QUEUE = "arn:aws:sqs:us-east-1:123456789012"


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return directory


def deployed(path, **given):
    stack = read_stack(path, given)
    return stack, deployment_of(stack, only_source(stack))
