"""Clients made once and handed out again, so that a cold start costs no client.

Making a boto3 client takes milliseconds and every cold start makes some. A
client of a session nobody has changed depends on its arguments only; event
handlers that were registered on it are taken off before it is handed out
again. Whatever is unclear is not pooled. What is the same for every session and
every client is read or worked out once.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import botocore.hooks
import moto.core.responses
from boto3 import Session as BotoSession
from boto3.resources.factory import ResourceFactory
from botocore.config import Config
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import JSONFileLoader
from botocore.retries.quota import RetryQuota
from botocore.session import Session
from botocore.useragent import UserAgentString

from sqs_contract.world.patching import patched

_REGISTERING: Final = ("register", "register_first", "register_last")
_UNREGISTER_BY: Final = ("unique_id", "unique_id_uses_count")
_PLAIN: Final = (str, int, bool, float, type(None), bytes)


class ClientPool:
    """Clients and resource classes, handed out again from world to world."""

    def __init__(self) -> None:
        self._clients: dict[object, list[_Pooled]] = {}
        self._handed_out: dict[object, int] = {}

    def fresh(self) -> None:
        """A new world begins: every client can be handed out again, as it was when it was made."""
        self._handed_out.clear()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make clients of plain sessions come from the pool."""
        create_client: Any = Session.create_client

        def create_pooled(session: Any, *args: Any, **kwargs: Any) -> Any:
            key = _key(session, args, kwargs)
            if key is None:
                return create_client(session, *args, **kwargs)
            # Two clients of one world stay two.
            place = self._handed_out.get(key, 0)
            self._handed_out[key] = place + 1
            pool = self._clients.setdefault(key, [])
            if place == len(pool) or pool[place].spoilt:
                pool[place:] = [_Pooled(create_client(session, *args, **kwargs))]
            return pool[place].client()

        with patched((Session, "create_client", create_pooled)), _read_once():
            yield


class _Pooled:
    """A client, and what was registered on it since it was made."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._registered: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.spoilt = False
        events = client.meta.events
        self._unregister = events.unregister
        events.unregister = self._spoiling
        for name in _REGISTERING:
            setattr(events, name, self._noting(getattr(events, name)))

    def client(self) -> Any:
        """The client as it was when it was made."""
        for args, kwargs in self._registered:
            self._unregister(*args, **kwargs)
        self._registered.clear()
        return self._client

    def _spoiling(self, *args: Any, **kwargs: Any) -> Any:
        """A handler was taken off by the user: this client is not handed out again."""
        self.spoilt = True
        return self._unregister(*args, **kwargs)

    def _noting(self, register: Any) -> Any:
        def noting(event: str, handler: Any, *args: Any, **kwargs: Any) -> Any:
            self._registered.append(
                ((event, handler), {key: kwargs[key] for key in _UNREGISTER_BY if key in kwargs})
            )
            return register(event, handler, *args, **kwargs)

        return noting


@contextmanager
def _read_once() -> Iterator[None]:
    """Read and work out once what is the same for every client and every call."""
    load_class: Any = ResourceFactory.load_from_definition
    load_file: Any = JSONFileLoader.load_file
    responses: Any = moto.core.responses
    classes: dict[object, Any] = {}
    files: dict[str, Any] = {}

    def load_file_once(loader: Any, file_path: str) -> Any:
        if file_path not in files:
            files[file_path] = load_file(loader, file_path)
        return files[file_path]

    def load_class_once(
        factory: Any,
        resource_name: str,
        single_resource_json_definition: Any,
        service_context: Any,
    ) -> Any:
        if _count_handlers_of(factory._emitter) not in _plain_sessions():
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


def _key(session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object | None:
    plain = _plain_sessions()
    handlers = _count_handlers(session)
    credentials = session._credentials
    if handlers not in plain or getattr(credentials, "method", "env") != "env":
        return None
    parts: list[object] = [handlers, *sorted(map(repr, session._session_instance_vars.items()))]
    for name, value in (*enumerate(args), *sorted(kwargs.items())):
        if isinstance(value, Config):
            options = value._user_provided_options
            parts.append((name, repr(sorted(options.items()))))
        elif isinstance(value, _PLAIN):
            parts.append((name, value))
        else:
            return None
    return tuple(parts)


@functools.cache
def _plain_sessions() -> frozenset[int]:
    """How many event handlers a session has that nobody has changed: botocore's own, boto3's."""
    return frozenset({_count_handlers(Session()), _count_handlers(BotoSession()._session)})


def _count_handlers(session: Any) -> int:
    return _count_handlers_of(session._events)


def _count_handlers_of(emitter: Any) -> int:
    emitter = getattr(emitter, "_emitter", emitter)
    return _count_in(emitter._handlers._root)


def _count_in(node: Any) -> int:
    lists = node["values"]
    here = sum(map(len, lists)) if lists else 0
    return here + sum(_count_in(child) for child in node["children"].values())
