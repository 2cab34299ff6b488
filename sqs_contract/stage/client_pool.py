"""Clients made once and handed out again, so that a cold start costs no client.

Making a boto3 client takes milliseconds and every cold start makes some. A
client of a session nobody has changed depends on its arguments only; it is
handed out again as it was when it was made. Whatever is unclear is not pooled.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from botocore.config import Config
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session

from sqs_contract.stage.plain_sessions import plain_kind, sessions_marked
from sqs_contract.world.patching import patched

Side = Literal["world", "handler"]
"""Who makes clients. `world`: code that outlives a run, and may keep its clients for as
long as it likes. `handler`: code that is imported again with every world, so that
whatever it kept is dead by then."""

_PLAIN: Final = (str, int, bool, float, type(None), bytes)
_MAX_HELD: Final = 16
"""Clients of one kind that the world's side holds at most; older ones are their keepers' own."""


class ClientPool:
    """Clients, handed out again from world to world."""

    def __init__(self) -> None:
        self.side: Side | None = "world"
        """Whose clients are being made; `None` makes each anew."""
        self._clients: dict[object, list[_Pooled]] = {}
        self._handed_out: dict[object, int] = {}

    def fresh(self) -> None:
        """A new world begins: every client of the handler's can be handed out again."""
        self._handed_out.clear()

    def let_go(self) -> None:
        """Hold no client any more."""
        self._clients.clear()
        self._handed_out.clear()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make clients of plain sessions come from the pool."""
        create_client: Any = Session.create_client

        def create_pooled(session: Any, *args: Any, **kwargs: Any) -> Any:
            key = None if self.side is None else _key(session, args, kwargs)
            if key is None:
                return create_client(session, *args, **kwargs)
            return self._hand_out((self.side, key), lambda: create_client(session, *args, **kwargs))

        with sessions_marked(), patched((Session, "create_client", create_pooled)):
            yield

    def _hand_out(self, key: object, create: Callable[[], Any]) -> Any:
        pool = self._clients.setdefault(key, [])
        if self.side == "handler":
            # Two clients of one world stay two, and nobody is left from another world.
            place = self._handed_out.get(key, 0)
            self._handed_out[key] = place + 1
            if place == len(pool):
                pool.append(_Pooled(create))
            return pool[place].client()
        for pooled in pool:
            if pooled.is_free:
                return pooled.client()
        del pool[: 1 - _MAX_HELD]
        pool.append(_Pooled(create))
        return pool[-1].client()


class _Pooled:
    """A client, and how it was when it was made."""

    def __init__(self, create: Callable[[], Any]) -> None:
        self._client = create()
        self._emitter = self._client.meta.events._emitter
        self._emitter.__class__ = _UndoableEmitter
        self._made = [
            (part, dict(vars(part)))
            for part in (
                self._client,
                self._client.meta,
                self._client._endpoint,
                self._client._request_signer,
            )
        ]
        self._references = sys.getrefcount(self._client)

    @property
    def is_free(self) -> bool:
        """Whether nobody but this pool has the client."""
        return sys.getrefcount(self._client) == self._references

    def client(self) -> Any:
        """The client as it was when it was made."""
        for part, made in self._made:
            now = vars(part)
            if len(now) != len(made) or any(now.get(name) is not made[name] for name in made):
                now.clear()
                now.update(made)
        self._emitter.undo()
        return self._client


class _UndoableEmitter(HierarchicalEmitter):  # type: ignore[misc]  # botocore is untyped
    """An emitter that can forget what was registered on it and taken off it."""

    _handlers: Any
    _before: tuple[dict[str, Any], Any] | None = None
    """The handlers with an id, and the cache, as they were before the first change."""
    _complete: Any = None
    """The handlers there were, once one has been taken off: a copy, which costs."""
    _added: tuple[tuple[str, Any], ...] = ()

    def undo(self) -> None:
        """Have the handlers there were before the first change."""
        if self._before is None:
            return
        if self._complete is None:
            self._forget_added(self._handlers)
        else:
            self._handlers = self._complete
        self._unique_id_handlers, self._lookup_cache = self._before
        self._before = self._complete = None
        self._added = ()

    def unregister(self, *args: Any, **kwargs: Any) -> None:
        """Take a handler off."""
        self._begin()
        if self._complete is None:
            self._complete = copy.copy(self._handlers)
            self._forget_added(self._complete)
        super().unregister(*args, **kwargs)

    def _register_section(
        self, event_name: str, handler: Any, unique_id: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Hang a handler on: what `register` and its kin come down to."""
        self._begin()
        if unique_id is None or unique_id not in self._unique_id_handlers:
            self._added += ((event_name, handler),)
        super()._register_section(event_name, handler, unique_id, *args, **kwargs)

    def _begin(self) -> None:
        if self._before is None:
            self._before = self._unique_id_handlers, self._lookup_cache
            self._unique_id_handlers = {
                name: dict(item) for name, item in self._unique_id_handlers.items()
            }
            self._lookup_cache = {}

    def _forget_added(self, handlers: Any) -> None:
        for event_name, handler in reversed(self._added):
            handlers.remove_item(event_name, handler)


def _key(session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object | None:
    kind = plain_kind(session._events)
    credentials = session._credentials
    if kind is None or getattr(credentials, "method", "env") != "env":
        return None
    # Credentials are read with the first client: unread, they are those of the environment.
    access_key = getattr(credentials, "access_key", None)
    parts: list[object] = [
        kind,
        access_key if access_key != os.environ.get("AWS_ACCESS_KEY_ID") else None,
        *sorted(map(repr, session._session_instance_vars.items())),
        *sorted(item for item in os.environ.items() if _is_setting(item[0])),
    ]
    for name, value in (*enumerate(args), *sorted(kwargs.items())):
        if isinstance(value, Config):
            options = value._user_provided_options
            parts.append((name, repr(sorted(options.items()))))
        elif isinstance(value, _PLAIN):
            parts.append((name, value))
        else:
            return None
    return tuple(parts)


def _is_setting(name: str) -> bool:
    """Whether the SDK may read this environment variable when it makes a client."""
    return name.startswith("AWS_") and not name.startswith("AWS_LAMBDA_")
