"""What is the same for every session, every client and every call: read or worked out once."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import botocore.hooks
import moto.core.responses
from boto3.resources.factory import ResourceFactory
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import JSONFileLoader, Loader
from botocore.retries.quota import RetryQuota
from botocore.useragent import UserAgentString

from sqs_contract.stage.plain_sessions import plain_kind
from sqs_contract.world.patching import patched

_FILES: Final[dict[str, Any]] = {}
_SERVICES: Final[dict[tuple[str, ...], Any]] = {}
"""What botocore was installed with does not change while a process lives."""


@contextmanager
def worked_out_once() -> Iterator[None]:
    """Read and work out once what is the same for every client and every call."""
    load_class: Any = ResourceFactory.load_from_definition
    load_file: Any = JSONFileLoader.load_file
    list_services: Any = Loader.list_available_services
    responses: Any = moto.core.responses
    classes: dict[object, Any] = {}

    def load_file_once(loader: Any, file_path: str) -> Any:
        if file_path not in _FILES:
            _FILES[file_path] = load_file(loader, file_path)
        return _FILES[file_path]

    def list_services_once(loader: Any, type_name: str) -> Any:
        key = (type_name, *loader.search_paths)
        if key not in _SERVICES:
            _SERVICES[key] = list_services(loader, type_name)
        return _SERVICES[key]

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
        (EventAliaser, "__init__", _sharing_names()),
        (botocore.hooks, "accepts_kwargs", _asked_once()),
        (JSONFileLoader, "load_file", load_file_once),
        (Loader, "list_available_services", list_services_once),
        (ResourceFactory, "load_from_definition", load_class_once),
        # A client lives longer here than on Lambda: its retries are not to run out with the runs.
        (RetryQuota, "acquire", lambda *_: True),
        (UserAgentString, "to_string", lambda _: "sqs-contract"),
        (responses, "method_names_from_class", functools.cache(responses.method_names_from_class)),
    ):
        yield


def _sharing_names() -> Any:
    """`EventAliaser.__init__`, with one cache for all that alias alike."""
    make: Any = EventAliaser.__init__
    shared: dict[str, str] = {}

    def make_sharing(emitter: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        make(emitter, event_emitter, event_aliases)
        if emitter._event_aliases == EVENT_ALIASES:
            emitter._alias_name_cache = shared

    return make_sharing


def _asked_once() -> Any:
    """`accepts_kwargs`, asked once for each function: a session asks it of all its handlers."""
    ask: Any = botocore.hooks.accepts_kwargs
    answers: dict[object, bool] = {}

    def ask_once(handler: Any) -> bool:
        function = getattr(handler, "__func__", handler)
        if not isinstance(function, types.FunctionType):
            return bool(ask(handler))
        code = function.__code__
        if code not in answers:
            answers[code] = bool(ask(handler))
        return answers[code]

    return ask_once
