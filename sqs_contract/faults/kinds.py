"""Which faults there can be at a call, told from its label, and which are explored one by one.

Owns the choice; how a fault looks to the handler is the business of the
modules for each library.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from sqs_contract.faults.labels import is_read, operation_of
from sqs_contract.faults.partial import can_partly_fail
from sqs_contract.faults.service_errors import CANCELLED_WHEN_THROTTLED
from sqs_contract.scenario import CALL_FAULTS, INDEFINITE_FAULTS, FaultKind

_PARTIAL: Final = frozenset({FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE})

_DRAWN_ONLY: Final = frozenset(
    {
        FaultKind.CALL_THROTTLED,
        FaultKind.SLOW,
        FaultKind.KILLED_BEFORE,
        FaultKind.KILLED_AFTER,
    }
)
"""What is tried in drawn plans only, because it goes the way of another kind in nearly every
handler: a throttled call that of one that fails, a sandbox that is killed that of one that
times out, and a slow call that of one that succeeds."""

_NO_ANSWER_TO_LOSE: Final = INDEFINITE_FAULTS
"""For a call that only reads, a lost answer is a failed call: equivalent, and skipped.
So is a time-out after it, which is one before the next call."""

_AWS: Final = CALL_FAULTS - _PARTIAL
_NO_RETRIES: Final = _AWS - {FaultKind.ANSWER_LOST_ONCE}
"""Of a library that does not repeat a call of which it does not know whether it took effect."""

_FAMILIES: Final[Mapping[str, frozenset[FaultKind]]] = {
    "http": _NO_RETRIES,
    # To a database a failed statement and a lost connection are the same.
    "sqlite3": _NO_RETRIES - {FaultKind.NO_CONNECTION, FaultKind.CALL_THROTTLED},
    "psycopg": _NO_RETRIES - {FaultKind.NO_CONNECTION, FaultKind.CALL_THROTTLED},
    "pymysql": _NO_RETRIES - {FaultKind.NO_CONNECTION, FaultKind.CALL_THROTTLED},
    "redis": _AWS - {FaultKind.CALL_THROTTLED},
    "otel": _NO_RETRIES - {FaultKind.NO_CONNECTION, FaultKind.CALL_THROTTLED},
}
_FUNCTION: Final = _FAMILIES["otel"]

_READS: Final[Mapping[str, frozenset[str]]] = {
    "http": frozenset({"GET", "HEAD", "OPTIONS"}),
    **dict.fromkeys(("sqlite3", "psycopg", "pymysql"), frozenset({"SELECT", "connect"})),
    "redis": frozenset(
        {
            "GET", "MGET", "EXISTS", "TTL", "PTTL", "TYPE", "KEYS", "SCAN", "STRLEN", "GETRANGE",
            "HGET", "HMGET", "HGETALL", "HEXISTS", "HLEN", "HKEYS", "HVALS", "LRANGE", "LLEN",
            "LINDEX", "SMEMBERS", "SISMEMBER", "SMISMEMBER", "SCARD", "ZRANGE", "ZSCORE",
            "ZCARD", "ZRANK", "ZCOUNT", "PING", "DBSIZE", "INFO", "TIME",
        }
    ),
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def possible_kinds(label: str) -> frozenset[FaultKind]:
    """The faults there can be at a call of this label; any other passes it by."""
    head = operation_of(label)
    if ":" in head:
        return _FUNCTION
    family, _, operation = head.partition(".")
    if family in _FAMILIES:
        return _FAMILIES[family]
    return _AWS | _PARTIAL if can_partly_fail(family, operation) else _AWS


@functools.lru_cache(maxsize=4096)
def explored_kinds(label: str) -> tuple[FaultKind, ...]:
    """The faults that are tried at each such call, in a fixed order: distinct mechanisms."""
    kinds = possible_kinds(label) - _DRAWN_ONLY
    if operation_of(label).rpartition(".")[2] in CANCELLED_WHEN_THROTTLED:
        # To many a handler that is "somebody has done it already": a mechanism of its own.
        kinds |= {FaultKind.CALL_THROTTLED}
    if only_reads(label):
        kinds -= _NO_ANSWER_TO_LOSE
    return tuple(kind for kind in FaultKind if kind in kinds)


@functools.lru_cache(maxsize=4096)
def drawn_kinds(label: str) -> tuple[FaultKind, ...]:
    """The faults that drawn plans choose from, in a fixed order."""
    possible = possible_kinds(label)
    return tuple(kind for kind in FaultKind if kind in possible)


def only_reads(label: str) -> bool:
    """Whether a call of this label changes nothing where it goes to."""
    head = operation_of(label)
    family, _, operation = head.partition(".")
    if ":" in head:
        return False
    if family in _FAMILIES:
        return operation in _READS.get(family, frozenset())
    return is_read(head.rpartition(".")[2])
