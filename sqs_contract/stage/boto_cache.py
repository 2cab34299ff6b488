"""What is the same for every session, every client and every call: read or worked out once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moto.core.responses
from boto3.resources.factory import ResourceFactory
from botocore.retries.quota import RetryQuota
from botocore.useragent import UserAgentString

from sqs_contract.stage.plain_sessions import plain_kind
from sqs_contract.stage.read_once import read_once
from sqs_contract.world.patching import patched


@contextmanager
def worked_out_once() -> Iterator[None]:
    """Read and work out once what is the same for every client and every call."""
    load_class: Any = ResourceFactory.load_from_definition
    responses: Any = moto.core.responses
    classes: dict[object, Any] = {}

    def load_class_once(
        factory: Any,
        resource_name: str,
        single_resource_json_definition: Any,
        service_context: Any,
    ) -> Any:
        if plain_kind(factory._emitter) is None:
            return load_class(
                factory, resource_name, single_resource_json_definition, service_context
            )
        key = (resource_name, service_context.service_name)
        if key not in classes:
            classes[key] = load_class(
                factory, resource_name, single_resource_json_definition, service_context
            )
        return classes[key]

    with patched(
        *read_once(),
        (ResourceFactory, "load_from_definition", load_class_once),
        # A client lives longer here than on Lambda: its retries are not to run out with the runs.
        (RetryQuota, "acquire", lambda *_: True),
        (UserAgentString, "to_string", lambda _: "sqs-contract"),
        (responses, "method_names_from_class", functools.cache(responses.method_names_from_class)),
    ):
        yield
