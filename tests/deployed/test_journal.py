"""What the wrapper notes becomes a history, and what the endpoint made of a response is held
against what AWS makes of it."""

from __future__ import annotations

import json

import pytest

from sqs_contract.deployed.journal import Journal, find_difference
from sqs_contract.deployment import Deployment
from sqs_contract.fault_plan import Fault, FaultKind
from sqs_contract.history import Ended, Invoked, Settled, Struck
from sqs_contract.model.invocation import ErrorKind
from sqs_contract.scenario import Scenario, ScenarioMessage

REPORTING = Deployment.of(report_batch_item_failures=True, max_receive_count=3)
IDS = {"id-1": "m1", "id-2": "m2"}
MESSAGES = tuple(ScenarioMessage(name=name, body="{}") for name in ("m1", "m2"))


def begin(at, key, *records):
    note = {"at": at, "invocation": key, "what": "begin", "environment": "e", "cold": False}
    return note | {"records": [list(record) for record in records]}


def end(at, key, *failed, **more):
    payload = json.dumps({"batchItemFailures": [{"itemIdentifier": name} for name in failed]})
    return {"at": at, "invocation": key, "what": "end"} | (more or {"payload": payload})


def journal(*notes, faults=()):
    scenario = Scenario(messages=MESSAGES, faults=faults, deployment=REPORTING)
    found = Journal(scenario=scenario, ids=IDS)
    found.take(notes)
    return found


def differs(found, *dead):
    return find_difference(found, REPORTING, list(dead), lambda _name: True)


def test_notes_make_a_history_in_whatever_order_they_come_and_however_often():
    notes = [
        begin(1, "a", ("id-1", 1), ("id-2", 1)),
        end(2, "a", "id-2"),
        begin(9, "b", ("id-2", 2)),
        end(10, "b"),
    ]
    one, other = journal(*notes), journal()
    for note in [notes[3], notes[0], notes[0], notes[2], notes[1]]:
        other.take([note])
    assert list(one.events(REPORTING))[:3] == [
        item for item in other.events(REPORTING) if getattr(item, "invocation", 0) == 1
    ]
    settled = [event for event in one.events(REPORTING) if isinstance(event, Settled)]
    assert [(item.deleted, item.kept) for item in settled] == [(("m1",), ("m2",)), (("m2",), ())]
    assert settled[0].reading.reported == {MESSAGES[1].message_id}
    assert differs(one) is None


def test_a_fault_that_struck_is_in_the_history():
    struck = {"when": "after", "how": "sleep", "receive": 1, "kind": "crash-after"}
    found = journal(
        begin(1, "a", ("id-1", 1)), end(2, "a", struck=struck),
        begin(5, "b", ("id-1", 2)), end(6, "b"),
    )  # fmt: skip
    events = list(found.events(REPORTING))
    assert [type(event) for event in events[:4]] == [Invoked, Struck, Ended, Settled]
    assert events[1].fault is FaultKind.CRASH_AFTER
    assert events[2].outcome.kind is ErrorKind.TIMED_OUT
    assert differs(found) is None


def test_a_message_that_the_wrapper_had_come_again_is_kept_whatever_the_handler_said():
    again = {"payload": '{"batchItemFailures": []}', "again": ["id-1"]}
    fault = Fault(kind=FaultKind.LOST_DELETE, message="m1")
    found = journal(
        begin(1, "a", ("id-1", 1)), end(2, "a", **again),
        begin(5, "b", ("id-1", 2)), end(6, "b"),
        faults=(fault,),
    )  # fmt: skip
    assert Struck(2, FaultKind.LOST_DELETE, message="m1") in found.events(REPORTING)
    assert differs(found) is None


@pytest.mark.parametrize(
    ("notes", "dead", "line"),
    [
        pytest.param(
            [begin(1, "a", ("id-1", 1)), end(2, "a", "nobody")],
            [],
            "deletes m1 after invocation 1: an identifier that is not of the batch spoils",
            id="a spoiled report deletes nothing",
        ),
        pytest.param(
            [begin(1, "a", ("id-1", 1)), end(2, "a", raised=["ValueError", "no"])],
            [],
            "deletes m1 after invocation 1: a function error keeps the whole batch",
            id="a failure deletes nothing",
        ),
        pytest.param(
            [begin(1, "a", ("id-1", 1)), end(2, "a"), begin(3, "b", ("id-1", 2)), end(4, "b")],
            [],
            "keeps m1 after invocation 1",
            id="what is done is deleted",
        ),
        pytest.param(
            [begin(1, "a", ("id-1", 1))],
            [],
            "ends invocation 1 (m1) before the handler is done",
            id="it is not cut off",
        ),
        pytest.param(
            [begin(1, "a", ("id-1", 3)), end(2, "a")],
            [],
            "1 of 3 receives were noted",
            id="every receive is one invocation",
        ),
        pytest.param(
            [begin(1, "a", ("id-1", 1)), end(2, "a", "id-1")],
            ["m1"],
            "dead-letters m1 after 1 receives of 3",
            id="it is dead-lettered when it has come often enough",
        ),
        pytest.param(
            [begin(1, "a", ("stranger", 1))],
            [],
            "hands over a message that nobody sent",
            id="it has no messages of its own",
        ),
        pytest.param(
            [begin(1, "a", ("id-1", 1)), end(2, "a", too_long=9)],
            [],
            "too long to be noted",
            id="a response that was not noted is not judged",
        ),
    ],
)
def test_what_an_endpoint_makes_of_a_response_otherwise_than_aws_is_told(notes, dead, line):
    assert line in differs(journal(*notes), *dead)
