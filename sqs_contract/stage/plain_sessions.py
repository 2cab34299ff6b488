"""Which sessions nobody has changed: only botocore's and boto3's own handlers hang on them.

An emitter replaces its cache whenever a handler is hung on or taken off, so a
session is as it was made for as long as it has the cache it had then.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from boto3 import Session as BotoSession
from botocore.session import Session

from sqs_contract.world.patching import patched

_MARK: Final = "_sqs_contract_plain"


def plain_kind(events: Any) -> int | None:
    """How many handlers hang on a plain session's emitter; `None` for one that was changed."""
    emitter = getattr(events, "_emitter", events)
    cache, kind = getattr(emitter, _MARK, (None, None))
    if cache is emitter._lookup_cache:
        return kind
    # Counted once for each session that was made before sessions were marked.
    count = _count_in(emitter._handlers._root)
    kind = count if count in _plain_counts() else None
    setattr(emitter, _MARK, (emitter._lookup_cache, kind))
    return kind


@contextmanager
def sessions_marked() -> Iterator[None]:
    """Mark sessions of boto3 as they are made, so that they need not be counted."""
    make_session: Any = BotoSession.__init__
    boto3_kind = max(_plain_counts())

    def make_marked(session: Any, *args: Any, **kwargs: Any) -> None:
        make_session(session, *args, **kwargs)
        if "botocore_session" not in kwargs and len(args) <= _BEFORE_BOTOCORE_SESSION:
            emitter = getattr(session._session._events, "_emitter", None)
            if emitter is not None:
                setattr(emitter, _MARK, (emitter._lookup_cache, boto3_kind))

    with patched((BotoSession, "__init__", make_marked)):
        yield


_BEFORE_BOTOCORE_SESSION: Final = 4
"""Positional arguments of a boto3 session before the one that may bring handlers of its own."""


@functools.cache
def _plain_counts() -> frozenset[int]:
    """How many handlers a session has that nobody has changed: botocore's own, boto3's."""
    return frozenset(
        _count_in(events._emitter._handlers._root)
        for events in (Session()._events, BotoSession()._session._events)
    )


def _count_in(node: Any) -> int:
    lists = node["values"]
    here = sum(map(len, lists)) if lists else 0
    return here + sum(_count_in(child) for child in node["children"].values())
