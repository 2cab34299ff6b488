"""Golden runs: each message once, alone, in a fresh world; played once and remembered."""

from __future__ import annotations

import random
import time
import uuid

import boto3
import pytest
from playing import (
    add_one,
    as_messages,
    create_everything,
    nothing,
    order,
    playing,
    poison,
    put_item,
    reporting,
    strike,
)

from sqs_contract.history import Fate
from sqs_contract.oracle.looks import Looks
from sqs_contract.scenario import FaultKind, ScenarioMessage


class Store:
    """A world in memory: rows under keys."""

    def __init__(self):
        self.rows = {}

    def playing(self, work, **settings):
        return playing(
            reporting(work), effects=lambda: self.rows, reset=self.rows.clear,
            **{"report_batch_item_failures": True, "max_receive_count": 3, **settings},
        )  # fmt: skip

    def put(self, data):
        self.rows[data["id"]] = data


def golden_of(stand):
    return stand.oracle.golden


def test_a_golden_run_is_played_once():
    store = Store()
    with store.playing(store.put) as stand:
        messages = as_messages([order("a"), order("b")])
        first = golden_of(stand).run(messages)
        played = stand.player.runs
        assert golden_of(stand).run(messages) is first
        assert stand.player.runs == played


def test_what_makes_it_another_golden_run():
    """The messages, their order, and the faults; not the time at which they are sent."""
    store = Store()
    with store.playing(store.put) as stand:
        one, two = as_messages([order("a"), order("b")])
        golden = golden_of(stand)
        run = golden.run((one, two))
        assert golden.run((two, one)) is not run
        assert golden.run((one,)) is not run
        assert golden.run((one, two), [strike(FaultKind.CALL_FAILS, "a.B")]) is not run
        later = ScenarioMessage(name="m2", body=order("b"), after_ms=5)
        assert golden.run((one, later)) is run


def test_each_message_is_a_step_and_the_world_is_seen_after_each():
    store = Store()
    with store.playing(store.put) as stand:
        run = golden_of(stand).run(as_messages([order("a"), "!", order("b")]))
    assert run.before == {}
    assert [sorted(step.world) for step in run.steps] == [["a"], ["a"], ["a", "b"]]
    assert [step.accepted for step in run.steps] == [True, False, True]


def test_each_message_is_delivered_alone_and_once_whatever_the_deployment():
    seen = []
    store = Store()

    def work(data):
        seen.append(data)
        store.put(data)

    with store.playing(work, batch_size=10, max_receive_count=None) as stand:
        golden_of(stand).run(as_messages([order("a"), "!", order("b")]))
    assert [it["id"] for it in seen] == ["a", "b"]


def test_calls_of_a_step_and_those_that_came_back():
    def work(data):
        put_item(data["id"])
        add_one("sum")

    failing = strike(FaultKind.CALL_FAILS, "dynamodb.UpdateItem totals sum")
    with playing(reporting(work), reset=create_everything, report_batch_item_failures=True) as it:
        [clean] = golden_of(it).run(as_messages([order("a")])).steps
        [struck] = golden_of(it).run(as_messages([order("a")]), [failing]).steps
    assert (
        clean.calls
        == struck.calls
        == (
            "dynamodb.PutItem items a",
            "dynamodb.UpdateItem totals sum",
        )
    )
    assert clean.succeeded == clean.calls
    assert struck.succeeded == clean.calls[:1]
    assert (clean.struck, struck.struck) == (False, True)
    assert (clean.accepted, struck.accepted) == (True, False)


def test_what_the_handler_printed_last_is_kept_of_a_message_alone():
    def handler(event, _):
        print("refused:", event["Records"][0]["body"])
        raise ValueError

    with playing(handler) as stand:
        assert golden_of(stand).solo(*as_messages(["x"])).printed == "refused: x"


def test_whether_a_message_changes_anything_that_can_be_seen():
    store = Store()

    def work(data):
        if data["id"] != "nothing":
            store.put(data)
        if data["id"] == "half":
            raise ValueError

    with store.playing(work) as stand:
        golden = golden_of(stand)
        visible, invisible, half = as_messages([order("a"), order("nothing"), order("half")])
        assert golden.is_visible(visible)
        assert not golden.is_visible(invisible)
        assert golden.leaves_rest(half)
        assert not golden.leaves_rest(visible)
        assert not golden.leaves_rest(poison())


@pytest.mark.parametrize(
    "noise",
    [
        lambda: time.time(),  # noqa: PLW0108  looked up when it is called
        lambda: random.random(),  # noqa: PLW0108
        lambda: str(uuid.uuid4()),
        lambda: uuid.uuid4().hex,
    ],
)
def test_what_differs_between_two_golden_runs_is_noise(noise):
    store = Store()
    with store.playing(lambda data: store.put({**data, "noise": noise()})) as stand:
        analysis = stand.analyse(order("a"), faults=[strike(FaultKind.LOST_DELETE, "m1")])
        assert analysis.run.worlds[1] != analysis.run.worlds[2]
        looks = stand.oracle.golden.looks
        assert looks.text(analysis.run.worlds[1]) == looks.text(analysis.run.worlds[2])
        assert analysis.final_explanations == {frozenset({"m1"})}


def test_a_receive_count_that_is_written_down_is_noise():
    """A later delivery is another circumstance, not another effect."""
    rows = {}

    def handler(event, _):
        for record in event["Records"]:
            rows[record["body"]] = record["attributes"]["ApproximateReceiveCount"]

    with playing(handler, effects=lambda: rows, reset=rows.clear) as stand:
        analysis = stand.analyse("a", faults=[strike(FaultKind.LOST_DELETE, "m1")])
    assert analysis.final_explanations == {frozenset({"m1"})}


def test_a_random_key_is_noise_and_a_second_row_is_none():
    store = Store()
    with store.playing(lambda data: store.rows.setdefault(uuid.uuid4().hex, data)) as stand:
        once = stand.analyse(order("a"))
        twice = stand.analyse(order("a"), faults=[strike(FaultKind.LOST_DELETE, "m1")])
    assert once.final_explanations == {frozenset({"m1"})}
    assert twice.final_explanations == frozenset()


def test_an_amount_is_no_noise():
    """Look-alike: what only the message decides is the same in every golden run."""
    store = Store()

    def work(data):
        known = store.rows.get(data["id"], {"n": 0})
        store.rows[data["id"]] = {"n": known["n"] + data["n"]}

    with store.playing(work) as stand:
        twice = stand.analyse(order("a", n=5), faults=[strike(FaultKind.LOST_DELETE, "m1")])
    assert twice.final_explanations == frozenset()


def test_noise_is_not_learnt_from_runs_that_went_another_way():
    """A handler that refuses a message at some hours writes no noise then, but less."""
    store = Store()

    def work(data):
        if time.gmtime().tm_mday != 31:
            raise ValueError
        store.put(data)

    with store.playing(work) as stand:
        analysis = stand.analyse(order("a"))
        assert stand.oracle.golden.looks.mask.paths == frozenset()
    assert analysis.fates == {"m1": Fate.DELETED}


def test_noise_in_aws_is_masked_too():
    def work(data):
        put_item(data["id"], at={"N": str(time.time())}, by={"S": str(uuid.uuid4())})
        boto3.client("s3").put_object(Bucket="bucket", Key=uuid.uuid4().hex, Body=b"x")

    with playing(reporting(work), reset=create_everything, report_batch_item_failures=True) as it:
        analysis = it.analyse(order("a"), order("b"), faults=[strike(FaultKind.LOST_DELETE, "m1")])
        once = it.analyse(order("a"), order("b"))
        assert analysis.final_explanations == frozenset()  # the object is there twice
        assert once.final_explanations == {frozenset({"m1", "m2"})}


def test_services_are_left_out_while_they_look_as_in_a_fresh_world():
    baseline = {"dynamodb": {"items": [{"id": "prepared"}]}}
    looks = Looks(lambda: baseline)
    assert looks.text({}) == looks.text({"dynamodb": {"items": [{"id": "prepared"}]}})
    assert looks.text({}) != looks.text({"dynamodb": {"items": []}})
    before = looks.epoch
    baseline["sqs"] = {}
    assert looks.epoch != before


def test_a_world_that_only_lacks_something():
    looks = Looks(dict)
    full = {"items": [{"id": "a"}, {"id": "b"}]}
    assert looks.lacks_only({"items": [{"id": "a"}]}, full)
    assert not looks.lacks_only(full, full)
    assert not looks.lacks_only({"items": [{"id": "a"}, {"id": "a"}]}, full)
    assert not looks.lacks_only({"items": [{"id": "c"}]}, full)


def test_a_golden_run_after_moto_met_another_service_is_still_the_same():
    """What a fresh world looks like is learnt service by service."""

    def handler(event, _):
        body = event["Records"][0]["body"]
        if body == "queue":
            boto3.client("sqs").send_message(
                QueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/forward",
                MessageBody="x",
            )
        elif body == "table":
            put_item("a")

    with playing(nothing) as world:
        stand = world.use(handler, reset=create_everything, batch_size=1)
        table, queue = as_messages(["table", "queue"])
        assert stand.oracle.is_visible(table)
        assert stand.oracle.is_visible(queue)
        analysis = stand.analyse("table", "queue")
        assert analysis.final_explanations == {frozenset({"m1", "m2"})}
