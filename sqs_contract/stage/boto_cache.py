"""Clients made once and handed out again, so that a cold start costs no client.

Making a boto3 client takes milliseconds and every cold start makes some. A
client of the default session depends on its arguments only; one whose event
handlers were changed is not handed out again. Whatever is unclear is not cached.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
import moto.core.responses
from boto3.resources.factory import ResourceFactory
from botocore.config import Config
from botocore.retries.quota import RetryQuota
from botocore.session import Session
from botocore.useragent import UserAgentString

from sqs_contract.world.patching import patched

_REGISTERING: Final = (
    "register",
    "register_first",
    "register_last",
    "unregister",
)
_PLAIN: Final = (str, int, bool, float, type(None), bytes)


@contextmanager
def cached_clients() -> Iterator[None]:
    """Hand out clients and resource classes of the default session again while entered."""
    create_client: Any = Session.create_client
    load_class: Any = ResourceFactory.load_from_definition
    responses: Any = moto.core.responses
    clients: dict[object, Any] = {}
    classes: dict[object, Any] = {}

    def create_client_once(session: Any, *args: Any, **kwargs: Any) -> Any:
        key = _key(session, args, kwargs)
        if key is None:
            return create_client(session, *args, **kwargs)
        client = clients.get(key)
        if client is None:
            client = create_client(session, *args, **kwargs)
            clients[key] = client
            _watch(client, lambda: clients.pop(key, None))
        return client

    def load_class_once(
        factory: Any, resource_name: str, single_resource_json_definition: Any, service_context: Any
    ) -> Any:
        key = (id(factory._emitter), resource_name, service_context.service_name)
        known = classes.get(key)
        if known is None:
            # The emitter is kept, so that its id stays its own.
            made = load_class(
                factory, resource_name, single_resource_json_definition, service_context
            )
            known = classes[key] = made, factory._emitter
        return known[0]

    with patched(
        (Session, "create_client", create_client_once),
        (ResourceFactory, "load_from_definition", load_class_once),
        # A client lives longer here than on Lambda: its retries are not to run out with the runs.
        (RetryQuota, "acquire", lambda *_: True),
        # These two are worked out anew for every call, and always the same.
        (UserAgentString, "to_string", lambda _: "sqs-contract"),
        (responses, "method_names_from_class", functools.cache(responses.method_names_from_class)),
    ):
        yield


def _key(session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object | None:
    default = boto3.DEFAULT_SESSION
    if default is None or default._session is not session:
        return None
    parts: list[object] = [id(session)]
    for name, value in (*enumerate(args), *sorted(kwargs.items())):
        if isinstance(value, Config):
            options = value._user_provided_options
            parts.append((name, repr(sorted(options.items()))))
        elif isinstance(value, _PLAIN):
            parts.append((name, value))
        else:
            return None
    return tuple(parts)


def _watch(client: Any, changed: Any) -> None:
    events = client.meta.events
    for name in _REGISTERING:
        original = getattr(events, name)

        def watched(*args: Any, _original: Any = original, **kwargs: Any) -> Any:
            # With a unique id, registering again changes nothing (s3transfer does so).
            if "unique_id" not in kwargs:
                changed()
            return _original(*args, **kwargs)

        setattr(events, name, watched)
