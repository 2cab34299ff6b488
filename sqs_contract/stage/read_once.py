"""What botocore reads and works out alike for every session of a process: done once."""

from __future__ import annotations

import types
from typing import Any, Final

import botocore.hooks
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import JSONFileLoader, Loader

_FILES: Final[dict[str, Any]] = {}
_SERVICES: Final[dict[tuple[str, ...], Any]] = {}
"""What botocore was installed with does not change while a process lives."""


def read_once() -> tuple[tuple[Any, str, Any], ...]:
    """What to patch: whose, by which name, with what."""
    load_file: Any = JSONFileLoader.load_file
    list_services: Any = Loader.list_available_services

    def load_file_once(loader: Any, file_path: str) -> Any:
        if file_path not in _FILES:
            _FILES[file_path] = load_file(loader, file_path)
        return _FILES[file_path]

    def list_services_once(loader: Any, type_name: str) -> Any:
        key = (type_name, *loader.search_paths)
        if key not in _SERVICES:
            _SERVICES[key] = list_services(loader, type_name)
        return _SERVICES[key]

    return (
        (EventAliaser, "__init__", _sharing_names()),
        (botocore.hooks, "accepts_kwargs", _asked_once()),
        (JSONFileLoader, "load_file", load_file_once),
        (Loader, "list_available_services", list_services_once),
    )


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
