"""The story of a scenario: what was sent, what broke where, what AWS did about it."""

from __future__ import annotations

import json

import pytest
from little_shop import write_module

from sqs_contract import Deployment
from sqs_contract.fault_plan import POLLING_FAULTS
from sqs_contract.report.story import describe_fault
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage

ORDER = '{"order_id": "a1", "customer": "c1", "amount": 5}'
LATER = '{"order_id": "a2", "customer": "c2", "amount": 7}'
BOOKS = "dynamodb.UpdateItem customers c1"

TOLD = {
    FaultKind.DUPLICATE_IN_BATCH: (
        "m1 is delivered twice in one batch",
        "0.000 fault: a second copy of m1 is in the batch",
    ),
    FaultKind.DUPLICATE_LATER: (
        "m1 is delivered once more after it was deleted",
        "0.002 fault: a copy of m1 turns up again",
    ),
    FaultKind.LOST_DELETE: (
        "the delete of m1 does not arrive, so it comes back",
        "0.002 fault: the delete of m1 did not arrive",
    ),
    FaultKind.CRASH_BEFORE: (
        "the sandbox of invocation 1 dies before the handler runs",
        "0.000 fault: the sandbox died before the handler ran",
    ),
    FaultKind.CRASH_AFTER: (
        "the sandbox of invocation 1 dies after the handler returned",
        "0.002 fault: the sandbox died before Lambda had the response",
    ),
    FaultKind.COLD_START: (
        "invocation 1 runs in a new sandbox",
        "0.000 fault: the sandbox was recycled",
    ),
    FaultKind.OVERTAKEN: (
        "m1 is handed out after messages that were sent later",
        "0.000 fault: m1 is not found yet",
    ),
    FaultKind.THROTTLED: (
        "invocation 1 is throttled until the messages are visible again",
        "0.000 fault: the invocation is throttled; Lambda forgets the batch",
    ),
    FaultKind.CALL_FAILS: (
        f"{BOOKS} fails as long as the invocation lasts",
        "0.002 fault: the service failed at every try",
    ),
    FaultKind.NO_CONNECTION: (
        f"{BOOKS} finds no connection, nor do the SDK's retries",
        "0.002 fault: no connection at any try",
    ),
    FaultKind.ANSWER_LOST: (
        f"{BOOKS} takes effect, but its answer is lost and retries fail",
        "0.002 fault: it took effect, its answer was lost, retries failed",
    ),
    FaultKind.ANSWER_LOST_ONCE: (
        f"{BOOKS} takes effect, its answer is lost, and the SDK tries again",
        "0.002 fault: it took effect, its answer was lost, tried again",
    ),
    FaultKind.TIMEOUT_BEFORE: (
        f"the function times out just before {BOOKS}",
        "0.002 fault: the deadline passed before the call",
    ),
    FaultKind.TIMEOUT_AFTER: (
        f"the function times out just after {BOOKS} took effect",
        "0.002 fault: it took effect, then the deadline passed",
    ),
    FaultKind.CALL_THROTTLED: (
        f"{BOOKS} is throttled as long as the invocation lasts",
        "fault: throttled at every try",
    ),
    FaultKind.SLOW: (
        f"{BOOKS} is slow",
        "fault: it took most of the time that was left",
    ),
    FaultKind.KILLED_BEFORE: (
        f"the sandbox is killed just before {BOOKS}",
        "fault: the sandbox was killed before the call",
    ),
    FaultKind.KILLED_AFTER: (
        f"the sandbox is killed just after {BOOKS} took effect",
        "fault: it took effect, then the sandbox was killed",
    ),
    FaultKind.SHORT_OF_TIME: (
        f"{BOOKS} takes nearly all the time there is, and later calls are slow",
        "fault: it took so long that 50 ms are left",
    ),
    FaultKind.OVERLAPPED: (
        f"just before {BOOKS}, copies of the messages are handled elsewhere",
        (
            "0.002 fault: before it is made, SQS delivers copies of the messages "
            "0.002 invoke 2 m1 (receive 2), new sandbox"
        ),
    ),
    FaultKind.CONCURRENT: (
        f"just before {BOOKS}, the next message is handled elsewhere",
        (
            "0.002 fault: before it is made, Lambda handles the next message too "
            "0.002 invoke 2 m2 (receive 1), new sandbox"
        ),
    ),
}


def fault(kind, **given):
    place = {
        FaultKind.DUPLICATE_IN_BATCH: {"message": "m1"},
        FaultKind.DUPLICATE_LATER: {"message": "m1"},
        FaultKind.LOST_DELETE: {"message": "m1"},
        FaultKind.OVERTAKEN: {"message": "m1"},
        FaultKind.THROTTLED: {"invocation": 1},
        FaultKind.CRASH_BEFORE: {"invocation": 1},
        FaultKind.CRASH_AFTER: {"invocation": 1},
        FaultKind.COLD_START: {"invocation": 1},
    }.get(kind, {"site": BOOKS})
    return Fault(kind=kind, **place, **given)


IN_MEMORY = {"effects": "world:charges", "reset": "world:empty"}
IN_AWS = {"reset": "shop.testing:empty_tables"}


def play(call, *bodies, faults=(), target="orders:handler", world=IN_MEMORY, **deployment):
    """The lines of a replay."""
    scenario = Scenario(
        messages=tuple(
            ScenarioMessage(name=f"m{number}", body=body, after_ms=1_000 * (body == LATER))
            for number, body in enumerate(bodies, 1)
        ),
        faults=tuple(faults),
        deployment=Deployment.of(**{"report_batch_item_failures": True, **deployment}),
    )
    data = {**scenario.to_json(), "target": target, **world}
    (call.directory / "scenario.json").write_text(json.dumps(data), encoding="utf-8")
    result = call("replay", "scenario.json")
    assert result.err == ""
    return result.out.splitlines()


def happened(lines):
    start = lines.index("  What happened (virtual time)") + 1
    return lines[start : lines.index("", start)]


PARTIAL = {FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE}


def test_a_call_that_fails_in_part_is_told_as_a_success(call):
    (call.directory / "batches.py").write_text(
        "import boto3\n\n\n"
        "def handler(event, context):\n"
        "    put = {'PutRequest': {'Item': {'order_id': {'S': 'o'}}}}\n"
        "    boto3.client('dynamodb').batch_write_item(RequestItems={'orders': [put]})\n",
        encoding="utf-8",
    )
    site = "dynamodb.BatchWriteItem orders"
    told = {
        FaultKind.PARTLY_FAILS: f"{site} answers that its last entry failed, again and again",
        FaultKind.PARTLY_FAILS_ONCE: f"{site} answers that its last entry failed",
    }
    environment = {"ORDERS_TABLE": "orders", "CUSTOMERS_TABLE": "customers"}
    for kind, planned in told.items():
        faults = [Fault(kind=kind, site=site)]
        lines = play(
            call,
            ORDER,
            faults=faults,
            target="batches:handler",
            world=IN_AWS,
            environment=environment,
        )
        text = " ".join(" ".join(lines).split())
        assert f"faults {planned} What happened" in text
        assert f"{site} -> its last entry failed" in text
        assert "fault: a success, but for the last entry" in text


def test_every_fault_has_its_words():
    assert {*TOLD, *PARTIAL} | POLLING_FAULTS == set(FaultKind)


def test_what_only_a_polling_consumer_meets_never_strikes_a_handler(call):
    """Lambda's pollers spare it these: a scenario that holds them says that they did not happen."""
    faults = (
        Fault(kind=FaultKind.EMPTY_RECEIVE, site="sqs.ReceiveMessage orders"),
        Fault(kind=FaultKind.EXPIRED_HANDLE, message="m1"),
    )
    told = [
        "sqs.ReceiveMessage orders answers that there is no message",
        "the visibility timeout of m1 is over before it is deleted",
    ]
    assert [describe_fault(fault) for fault in faults] == told
    text = " ".join(" ".join(play(call, ORDER, faults=faults)).split())
    assert f"What did not happen faults {told[0]} {told[1]}" in text


@pytest.mark.parametrize("kind", list(TOLD))
def test_every_fault_is_told_where_it_was_put_and_where_it_struck(call, kind):
    """On a handler that talks to AWS; each kind of fault has its words."""
    planned, struck = TOLD[kind]
    lines = play(
        call,
        ORDER,
        *([LATER] if kind is FaultKind.CONCURRENT else []),
        faults=[fault(kind)],
        target="shop.broken.adds_again:handler",
        world=IN_AWS,
        max_receive_count=3,
        environment={"ORDERS_TABLE": "orders", "CUSTOMERS_TABLE": "customers"},
    )
    text = " ".join(" ".join(lines).split())
    assert describe_fault(fault(kind)) == planned
    assert f"faults {planned} What happened" in text
    assert struck in text
    times = [float(line.split()[0]) for line in happened(lines)]
    assert times == sorted(times)
    assert all(len(line) <= 80 for line in lines)


def test_the_nth_time_is_said_where_it_is_not_the_first():
    assert describe_fault(fault(FaultKind.CALL_FAILS, nth=2)).endswith("lasts (2. time)")


def test_a_site_cannot_write_to_the_terminal():
    hostile = Fault(kind=FaultKind.CALL_FAILS, site="s3.PutObject \x1b[2J\u202e")
    assert r"\x1b[2J\u202e" in describe_fault(hostile)


def test_a_delivery_that_goes_well(call):
    assert happened(play(call, ORDER)) == [
        "        0.000  invoke 1  m1 (receive 1)",
        '        0.000  returned  {"batchItemFailures": []}',
        "        0.000    effect  charges + {order_id: a1, amount: 5}",
        "        0.000  deleted  m1",
    ]


def test_ids_are_shortened_to_names_in_what_the_handler_returned(call):
    lines = play(call, ORDER, "!", max_receive_count=1)
    assert '        0.000  returned  {"batchItemFailures": [m2]}' in lines
    assert "        0.000  kept  m2: reported as failed" in lines


def test_the_last_receive_ends_in_the_dead_letter_queue(call):
    lines = happened(play(call, "!", max_receive_count=2))
    assert lines[-1] == "       60.000  to the dead-letter queue  m1"
    assert sum("invoke" in line for line in lines) == 2


def test_what_goes_the_same_way_again_and_again_is_summed_up(call):
    """The first and the last are shown, and how many lie between them."""
    lines = happened(play(call, "!", max_receive_count=10))
    assert "       30.000  ... 8 invocations more like this ..." in lines
    assert "      270.000  invoke 10  m1 (receive 10)" in lines
    assert len(lines) == 8


def test_doing_it_again_every_time_is_summed_up_too(call):
    """Only the counts differ: `1 -> 2 times`, `2 -> 3 times`, and so on."""
    write_module(
        call.directory,
        "raises_late",
        """
        import json
        import world

        def handler(event, context):
            for record in event["Records"]:
                world.ROWS.append(json.loads(record["body"])["order_id"])
            raise RuntimeError("too late")
        """,
    )
    lines = happened(play(call, ORDER, target="raises_late:handler", max_receive_count=10))
    assert any("more like this" in line for line in lines)
    assert len(lines) <= 20


def test_a_failure_is_told_with_its_place_and_what_aws_makes_of_it(call):
    write_module(
        call.directory,
        "raises",
        """
        def handler(event, context):
            raise ValueError("bad order '!' " + "x" * 100)
        """,
    )
    lines = happened(play(call, ORDER, target="raises:handler", max_receive_count=1))
    assert lines[1].startswith("        0.000  failed  ValueError: bad order '!' x")
    assert lines[1].endswith("...  raises.py:2")
    assert "        0.000  kept  m1: the function failed, so the whole batch comes back" in lines


def test_a_message_sent_later_says_so(call):
    scenario = Scenario(
        messages=(
            ScenarioMessage(name="m1", body=ORDER),
            ScenarioMessage(name="m2", body="!", after_ms=2_500, note="not JSON"),
        ),
        deployment=Deployment.of(report_batch_item_failures=True, max_receive_count=1),
    )
    data = {**scenario.to_json(), "target": "orders:handler", "effects": "world:charges"}
    (call.directory / "scenario.json").write_text(json.dumps(data), encoding="utf-8")
    lines = call("replay", "scenario.json").out.splitlines()
    assert f"    messages  m1  {ORDER}" in lines
    assert "              m2  !   <- not JSON   (sent after 2.5 s)" in lines
    assert "        2.500  invoke 2  m2 (receive 1)" in lines


def test_the_deployment_is_told_as_far_as_it_matters(call):
    lines = play(
        call, ORDER, visibility_timeout=45, batch_size=20, batch_window=3, max_receive_count=1
    )
    assert "    queue     visibility 45 s, dead-letter queue after 1 receive" in lines
    assert "    mapping   batch 20, window 3 s, partial batch responses on" in lines


def test_a_long_body_is_cut_and_its_length_told(call):
    body = json.dumps({"order_id": "a1", "amount": 5, "note": "x" * 1_000})
    line = next(line for line in play(call, body) if line.startswith("    messages"))
    assert line.endswith(f"... ({len(body)} characters)")
    assert len(line) <= 80


def test_a_hostile_body_is_one_line_of_text(call):
    lines = play(call, "\x1b[2J\n\u202e\x9b", max_receive_count=1)
    assert r"    messages  m1  \x1b[2J\n\u202e\u009b" in lines


def test_a_broken_handler_and_a_fixed_one_tell_the_same_scenario(call):
    """Same deployment, messages and faults; only what happened differs."""
    faults = [fault(FaultKind.DUPLICATE_LATER)]
    broken = play(call, ORDER, faults=faults, target="charges_again:handler")
    fixed = play(call, ORDER, faults=faults)
    start = "  Smallest scenario (1 message, 1 fault)"
    assert broken[broken.index(start) :][:5] == fixed[fixed.index(start) :][:5]
    assert happened(broken) != happened(fixed)


def test_what_is_sent_anew_again_and_again_is_summed_up_too(call):
    """The copies have other names, and go the same way."""
    write_module(
        call.directory,
        "sends_anew",
        """
        import boto3

        def handler(event, context):
            sqs = boto3.client("sqs", region_name="us-east-1")
            for record in event["Records"]:
                name = record["eventSourceARN"].rpartition(":")[2]
                url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=record["body"])
        """,
    )
    lines = happened(play(call, ORDER, target="sends_anew:handler"))
    assert any("more like this" in line for line in lines)
    assert "stopped: the handler has sent" in " ".join(lines)
    assert len(lines) <= 25
