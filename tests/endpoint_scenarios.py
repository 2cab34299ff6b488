"""Scenarios that are played on every endpoint: what came of each, against the simulator."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from playing import Stand, create_table, put_item, reporting, strike

from sqs_contract.endpoints.connection import Connection
from sqs_contract.model.message import MessageAttribute
from sqs_contract.scenario import Fault, FaultKind, ScenarioMessage


def fails(data: Any) -> None:
    put_item(str(data))
    if data == "bad":
        raise ValueError(data)


def takes_long(_event: Any, _context: Any) -> None:
    time.sleep(20)


def in_group(number: int, body: str, group: str, **more: Any) -> ScenarioMessage:
    return ScenarioMessage(name=f"m{number}", body=body, group_id=group, **more)


LATE = {"visibility_timeout": 10, "function_timeout": 30, "max_receive_count": 2}
RETRYING = {"max_receive_count": 3, "visibility_timeout": 60, "report_batch_item_failures": True}
ATTRIBUTES = {
    "text": MessageAttribute(data_type="String", string_value="é"),
    "number": MessageAttribute(data_type="Number.int", string_value="5"),
    "bytes": MessageAttribute(data_type="Binary", binary_value=b"\x00\xff"),
}
GROUPS = (
    in_group(1, '"a"', "g1"), in_group(2, '"bad"', "g1"), in_group(3, '"c"', "g2"),
    in_group(4, '"d"', "g1"), in_group(5, '"e"', "g3"),
)  # fmt: skip

AROUND: tuple[Fault, ...] = (
    strike(FaultKind.DUPLICATE_LATER, "m1"),
    strike(FaultKind.DUPLICATE_IN_BATCH, "m1"),
    strike(FaultKind.LOST_DELETE, "m1"),
    strike(FaultKind.OVERTAKEN, "m1"),
    strike(FaultKind.THROTTLED, 1),
    strike(FaultKind.CRASH_BEFORE, 1),
    strike(FaultKind.CRASH_AFTER, 1),
    strike(FaultKind.COLD_START, 1),
    strike(FaultKind.OVERLAPPED, "dynamodb.PutItem items a"),
    strike(FaultKind.CONCURRENT, "dynamodb.PutItem items a"),
    strike(FaultKind.ANSWER_LOST, "dynamodb.PutItem items b"),
    strike(FaultKind.KILLED_AFTER, "dynamodb.PutItem items b"),
)

CASES: dict[str, tuple[dict[str, Any], tuple[Any, ...], tuple[Fault, ...]]] = {
    "more than a batch": (RETRYING | {"batch_size": 3}, tuple(map(str, range(13))), ()),
    "a retry, and the dead-letter queue": (RETRYING, ('"a"', '"bad"', '"c"'), ()),
    "attributes and strange text": (
        RETRYING,
        (
            ScenarioMessage(name="m1", body='"a"', attributes=ATTRIBUTES),
            ScenarioMessage(name="m2", body='"caf\u00e9 \U0001f600 <&>\r\n\t"'),
            ScenarioMessage(name="m3", body='"c"', group_id="fair"),
        ),
        (),
    ),
    "a delay": (RETRYING | {"delay": 5}, ('"a"', '"bad"'), ()),
    "a delete that comes late": (LATE, ("1", "2"), ()),
    **{f"a fault: {fault.kind.value}": (RETRYING, ('"a"', '"b"', '"bad"'), (fault,)) for fault in AROUND},
    "fifo: groups": (RETRYING | {"fifo": True, "batch_size": 2}, GROUPS, ()),
    "fifo: deduplication by content": (
        RETRYING | {"fifo": True, "content_based_deduplication": True}, GROUPS, (),
    ),
    "fifo: a lost delete": (
        RETRYING | {"fifo": True}, GROUPS, (strike(FaultKind.LOST_DELETE, "m1"),),
    ),
    "fifo: throttled": (RETRYING | {"fifo": True}, GROUPS, (strike(FaultKind.THROTTLED, 1),)),
    "fifo: a duplicate": (
        RETRYING | {"fifo": True},
        (
            in_group(1, '"a"', "g1", deduplication_id="x"),
            in_group(2, '"b"', "g1", deduplication_id="x"),
            in_group(3, '"c"', "g1", deduplication_id="x", after_ms=400_000),
        ),
        (),
    ),
    "fifo: a delete that comes too late": (
        LATE | {"fifo": True}, (in_group(1, "1", "g1"), in_group(2, "2", "g2")), (),
    ),
}  # fmt: skip
"""By name: the settings of the deployment, the messages, the faults."""

NAMES = list(CASES)

FEW = [
    "a retry, and the dead-letter queue",
    "attributes and strange text",
    "a delay",
    "a delete that comes late",
    "a fault: duplicate-later",
    "a fault: lost-delete",
    "a fault: overlapped",
    "fifo: groups",
    "fifo: a duplicate",
    "fifo: a delete that comes too late",
]
"""Those that have most to do with the queue."""


def play_all(
    stand: Stand, connection: Connection, names: Sequence[str] = NAMES
) -> dict[str, str | None]:
    """Play cases on an endpoint: what it did otherwise than AWS, by the case's name.

    Where it did nothing otherwise, the history is to be that of the simulator.
    """
    differs: dict[str, str | None] = {}
    for name in names:
        settings, messages, faults = CASES[name]
        handler = takes_long if settings["visibility_timeout"] == 10 else reporting(fails)
        using = stand.use(handler, reset=create_table, **settings)
        scenario = using.scenario(*messages, faults=faults)
        played = using.player.play_on(connection, scenario)
        differs[name] = played.differs
        if played.run is not None:
            simulated = using.player.play(scenario)
            assert played.run.events == simulated.events, name
            assert played.run.fates == simulated.fates, name
    return differs
