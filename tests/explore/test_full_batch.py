"""A batch as full as the mapping makes it, where limits on the size of a request show."""

from __future__ import annotations

import json

import boto3
import pytest
from playing import create_everything, create_table, modes, order, playing, put_item, reporting

from sqs_contract import Contract, Deployment
from sqs_contract.bodies.source import Bodies
from sqs_contract.clauses.verdict import Verdict
from sqs_contract.explore.cases import prepare_cases
from sqs_contract.explore.full_batch import FULL_MAX, full_batch


def put(data):
    put_item(data["id"])


def full(*bodies, size=10, work=put, **settings):
    settings = {"report_batch_item_failures": True, **settings}
    with playing(reporting(work), reset=create_table, **settings) as stand:
        cases = prepare_cases(stand.oracle, Bodies(bodies, None, "the test's bodies"), 0)
        return full_batch(stand.oracle, cases.healthy, size)


def test_it_is_filled_with_messages_about_other_things():
    ids = [json.loads(message.body)["id"] for message in full(order("a1"), order("b1"), size=7)]
    assert len(set(ids)) == 7
    assert {"a1", "b1"} <= set(ids)


@pytest.mark.parametrize(("size", "there"), [(1, 0), (3, 0), (4, 4), (10_000, FULL_MAX)])
def test_it_is_as_full_as_the_mapping_makes_it_up_to_the_greatest_limit(size, there):
    assert len(full(order("a1"), size=size)) == there


def test_bodies_that_name_no_thing_fill_no_batch():
    assert full('{"n": 1}', work=lambda data: put_item(str(data["n"]))) == ()


def test_what_the_handler_refuses_alone_is_not_in_it():
    def work(data):
        if data["id"] == "a5":
            raise ValueError
        put(data)

    ids = [json.loads(message.body)["id"] for message in full(order("a1"), size=6, work=work)]
    assert ids == ["a1", "a2", "a3", "a4", "a6", "a7"]


def test_on_a_fifo_queue_its_messages_are_of_several_groups():
    groups = {message.group_id for message in full(order("a1"), size=6, fifo=True)}
    assert len(groups) == 3


def sending(entries_at_once):
    """Two messages for each record, in requests of so many entries at the most."""

    def handler(event, _):
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="forward")["QueueUrl"]
        entries = [
            {"Id": f"{number}-{kind}", "MessageBody": f"{kind} {record['body']}"}
            for number, record in enumerate(event["Records"])
            for kind in ("mail", "print")
        ]
        failed = set()
        for start in range(0, len(entries), entries_at_once):
            answer = sqs.send_message_batch(
                QueueUrl=url, Entries=entries[start : start + entries_at_once]
            )
            failed |= {int(entry["Id"].split("-")[0]) for entry in answer.get("Failed", ())}
        records = event["Records"]
        return {"batchItemFailures": [{"itemIdentifier": records[n]["messageId"]} for n in failed]}

    return handler


TEN = [order(f"a{number}") for number in range(1, 11)]


def test_more_entries_than_a_request_takes_keep_a_full_batch_from_being_done(world):
    stand = world.use(sending(100), reset=create_everything, max_receive_count=3)
    judgement = stand.judge("drains", *TEN)
    assert modes(judgement) == ["never-done-together"]
    assert "and m10 end in the dead-letter queue" in judgement.violations[0].claim
    assert not stand.judge("drains", *TEN[:5]).violations  # ten entries are taken


def test_requests_of_ten_entries_are_taken_whatever_the_batch(world):
    stand = world.use(sending(10), reset=create_everything, max_receive_count=3)
    assert not stand.judge("drains", *TEN).violations


def one_at_a_time(event, _):
    [record] = event["Records"]
    put(json.loads(record["body"]))


def test_a_handler_of_single_records_never_does_a_batch(world):
    stand = world.use(one_at_a_time, reset=create_table)
    judgement = stand.judge("drains", *TEN[:2])
    assert modes(judgement) == ["never-done-together"]
    assert "m1 and m2 come back for ever when 2 messages come" in judgement.violations[0].claim


def test_it_does_batches_of_one(world):
    stand = world.use(one_at_a_time, reset=create_table, batch_size=1)
    assert not stand.judge("drains", *TEN[:2]).violations


def only_one_of_all(data):
    boto3.client("dynamodb").put_item(
        TableName="items", Item={"id": {"S": "one"}}, ConditionExpression="attribute_not_exists(id)"
    )


def test_messages_that_exclude_each_other_one_by_one_too_are_no_matter_of_the_batch(world):
    """Look-alike: of two bookings of one seat, the second is refused however it comes."""
    stand = world.use(reporting(only_one_of_all), reset=create_table, max_receive_count=3)
    assert not stand.judge("drains", *TEN[:2]).violations


rows = {}


def put_row(record):
    rows[record["messageId"]] = record["body"]


def first_five_only(event, _):
    for record in event["Records"][:5]:
        put_row(record)


def five_and_the_rest_later(event, _):
    first_five_only(event, _)
    rest = [{"itemIdentifier": record["messageId"]} for record in event["Records"][5:]]
    return {"batchItemFailures": rest}


def verdicts(handler):
    report = Contract(
        handler,
        bodies=[order("a1")],
        effects=lambda: rows,
        reset=rows.clear,
        deployment=Deployment.of(report_batch_item_failures=True, max_receive_count=5),
        clauses=["no-loss", "drains"],
        max_examples=0,
    ).verify()
    return {clause.id: clause for clause in report.clauses}


def test_what_a_full_batch_holds_beyond_the_fifth_is_lost_if_it_is_neither_done_nor_reported():
    found = verdicts(first_five_only)["no-loss"]
    assert found.verdict is Verdict.VIOLATED
    assert found.reason.startswith("m6 is lost")


def test_to_do_five_of_a_batch_and_report_the_rest_is_no_violation():
    """The correct twin: what is reported comes back and is done then."""
    assert {it.verdict for it in verdicts(five_and_the_rest_later).values()} == {Verdict.HELD}
