"""Reads the attributes of a queue as a program gives them: as the strings SQS wants."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqs_contract.conformance.queue_steps import NotExecutable
from sqs_contract.model.queue_attributes import KNOWN, NUMBERS


def attributes_of(given: object, where: str) -> dict[str, str]:
    """Queue attributes as the strings SQS wants; prose where a number must be cannot be run."""
    if not isinstance(given, Mapping):
        raise NotExecutable(f"{where} is no object of attributes: {given!r}")
    attributes = {name: _attribute_text(value) for name, value in given.items()}
    for name in NUMBERS.keys() & attributes.keys():
        if not attributes[name].lstrip("-").isdecimal():
            raise NotExecutable(f"{where} has {name} {attributes[name]!r}")
    return attributes


def known(attributes: dict[str, str], where: str) -> dict[str, str]:
    """The same attributes, if SQS knows them all."""
    for name in sorted(attributes.keys() - KNOWN - {"maxReceiveCount"}):
        raise NotExecutable(f"{where} says {name!r}, which has no meaning here")
    return attributes


def _attribute_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, Mapping | list) else str(value)
