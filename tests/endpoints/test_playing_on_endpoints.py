"""Scenarios on an endpoint: the same history as on the simulator, or it is told what the endpoint
did otherwise than AWS."""

from __future__ import annotations

import pytest
from endpoint_scenarios import FEW, play_all
from endpoint_tampering import Tampered, changed, on, swallowed
from playing import playing, put_item, reporting, strike

from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.errors import UsageError
from sqs_contract.history import Fate, Invoked
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.scenario import FaultKind, ScenarioMessage


@pytest.fixture(scope="module")
def stand():
    with playing(lambda _event, _context: None) as made:
        yield made


def test_histories_are_those_of_the_simulator(stand, moto):
    """Retries, dead letters, attributes, delays, groups and faults; more of them elsewhere."""
    differences = play_all(stand, moto, FEW)
    assert list(differences) == FEW
    # moto gives a duplicate another message id, and deletes with an expired handle.
    assert {name: what for name, what in differences.items() if what is not None} == {
        "fifo: a duplicate": "takes a duplicate of m1 for a message of its own (S51)",
        "fifo: a delete that comes too late": (
            "deletes m1 from a FIFO queue with a receipt handle that has expired (S50)"
        ),
    }


def test_what_the_handler_does_to_its_own_queue_happens_there_too(stand, moto):
    import boto3

    def handler(event, _context):
        sqs = boto3.client("sqs")
        (record,) = event["Records"]
        if record["body"] == "first":
            url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody="second")
            sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
            raise ValueError("and yet it is done")

    using = stand.use(handler, batch_size=1)
    played = using.player.play_on(moto, using.scenario("first"))
    assert played.differs is None
    assert played.run.events == using.play("first").events
    assert played.run.fates == {"m1": Fate.DELETED}


def test_time_that_does_not_pass_there_is_told(stand, moto):
    using = stand.use(reporting(put_item), visibility_timeout=60)
    scenario = using.scenario('"a"', faults=[strike(FaultKind.LOST_DELETE, "m1")])
    assert using.player.play_on(moto, scenario).skipped_ms == 60_000


def test_what_aws_leaves_open_is_remarked_and_followed(stand, moto):
    """Moto deletes with the handle of an earlier receive, as AWS may."""
    using = stand.use(lambda _event, _context: None)
    scenario = using.scenario("a", faults=[strike(FaultKind.DUPLICATE_IN_BATCH, "m1")])
    played = using.player.play_on(moto, scenario)
    assert played.remarks == ("deletes with the handle of an earlier receive, as AWS may (S40)",)
    assert played.run.fates == {"m1": Fate.DELETED}


# An endpoint that is not as AWS: told from the handler


def keeps_in_flight_visible(call, called, parameters):
    if called == "ReceiveMessage":
        parameters = {**parameters, "VisibilityTimeout": 0}
    return call(called, **parameters)


def backwards(call, called, parameters):
    """Ten messages at once, the last in front."""
    if called == "ReceiveMessage":
        answer = call(called, **parameters)
        return {**answer, "Messages": answer.get("Messages", [])[::-1]}
    return call(called, **parameters)


def forgets(call, called, parameters):
    return {} if called == "ReceiveMessage" else call(called, **parameters)


def foreign(message):
    message["MessageId"] = "somebody else's"


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (changed(lambda message: message.update(Body="b")), "hands out m1 with another body than was sent (S17)"),
        (
            changed(lambda message: message["Attributes"].update(ApproximateReceiveCount="7")),
            "hands out m1 with receive count 7, where AWS says 1 (S57)",
        ),
        (
            changed(lambda message: message.update(MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})),
            "hands out m1 with other message attributes than were sent (S4)",
        ),
        (
            changed(lambda message: message["Attributes"].update(MessageGroupId="g")),
            "hands out m1 with another message group than it was sent with (S10)",
        ),
        (changed(foreign), "hands out a message that nobody sent"),
        (swallowed("DeleteMessageBatch"), "holds 1 messages in the end, where AWS holds 0"),
        (forgets, "does not hand out m1"),
        (
            on("DeleteMessageBatch")(lambda _: {"Failed": [{"Id": "0", "Code": "Busy"}]}),
            "refuses to delete m1 (Busy)",
        ),
        (
            on("DeleteMessageBatch")(lambda _: Refusal("AccessDenied", "no")),
            "refuses to delete m1 (AccessDenied)",
        ),
        (
            on("SendMessage")(lambda _: Refusal("TooLong", "no")),
            "refuses m1 (TooLong: no)",
        ),
        (
            on("ReceiveMessage")(lambda _: Refusal("OverLimit", "no")),
            "refuses to be polled (OverLimit: no)",
        ),
    ],
)  # fmt: skip
def test_an_endpoint_that_does_otherwise_than_aws_ends_the_run(stand, moto, tamper, what):
    using = stand.use(lambda _event, _context: None)
    played = using.player.play_on(Tampered(moto, tamper), using.scenario("a"))
    assert played.differs == what
    assert played.run is None


def without_dead_letters(call, called, parameters):
    if called == "ReceiveMessage" and "-dlq" in parameters["QueueUrl"]:
        return {}
    return call(called, **parameters)


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (
            on("ChangeMessageVisibility")(lambda _: Refusal("Unsupported", "no")),
            "does not let the visibility timeout of m1 end (Unsupported)",
        ),
        (keeps_in_flight_visible, "hands out m1 again while it is in flight"),
        (
            without_dead_letters,
            "does not move m1 to the dead-letter queue after 2 receives, under its own id (S57, S59)",
        ),
    ],
)
def test_what_it_does_otherwise_on_a_retry_ends_the_run_too(stand, moto, tamper, what):
    def failing(_event, _context):
        raise ValueError

    using = stand.use(failing, max_receive_count=2, batch_size=1)
    played = using.player.play_on(Tampered(moto, tamper), using.scenario("a", "b"))
    assert played.differs == what


def test_a_second_copy_that_the_endpoint_does_not_hand_out_ends_the_run(stand, moto):
    """Whatever becomes of the batch meanwhile."""
    received: list[str] = []

    def only_once(call, called, parameters):
        if called == "ReceiveMessage":
            received.append(called)
            return call(called, **parameters) if len(received) == 1 else {}
        return call(called, **parameters)

    using = stand.use(lambda _event, _context: None)
    scenario = using.scenario("a", faults=[strike(FaultKind.DUPLICATE_IN_BATCH, "m1")])
    played = using.player.play_on(Tampered(moto, only_once), scenario)
    assert played.differs == "does not hand out m1 again"


def test_another_order_within_a_message_group_ends_the_run(stand, moto):
    using = stand.use(lambda _event, _context: None, fifo=True)
    messages = [ScenarioMessage(name=f"m{number}", body="a", group_id="g") for number in (1, 2, 3)]
    played = using.player.play_on(Tampered(moto, backwards), using.scenario(*messages))
    assert played.differs == "hands out m3 before m1 of the same message group (S45)"


def test_another_order_on_a_standard_queue_is_none_of_its_differences(stand, moto):
    using = stand.use(lambda _event, _context: None)
    scenario = using.scenario("a", "b", "c")
    played = using.player.play_on(Tampered(moto, backwards), scenario)
    assert played.differs is None
    assert played.run.events == using.player.play(scenario).events


def test_messages_that_come_bit_by_bit_make_one_batch_all_the_same(stand, moto):
    """A short poll of AWS gives what some of its servers hold (S36)."""

    def one_at_a_time(call, called, parameters):
        if called == "ReceiveMessage":
            parameters = {**parameters, "MaxNumberOfMessages": 1}
        return call(called, **parameters)

    using = stand.use(lambda _event, _context: None)
    played = using.player.play_on(Tampered(moto, one_at_a_time), using.scenario("a", "b", "c"))
    (invoked,) = [event for event in played.run.events if isinstance(event, Invoked)]
    assert [delivery.message for delivery in invoked.records] == ["m1", "m2", "m3"]


def test_what_no_handler_feels_is_only_remarked(stand, moto):
    def change(message):
        message["MD5OfBody"] = "no"
        del message["Attributes"]["SenderId"]

    using = stand.use(lambda _event, _context: None)
    played = using.player.play_on(Tampered(moto, changed(change)), using.scenario("a"))
    assert played.differs is None
    assert played.remarks == (
        "gives another MD5 of a body than AWS (S18)",
        "gives no SenderId (S8)",
    )


def test_a_queue_whose_settings_are_refused_is_not_the_handlers_fault(stand, moto):
    using = stand.use(lambda _event, _context: None)
    refusing = Tampered(moto, None)
    refusing.create = lambda _name, _attributes: Refusal("Unknown", "what is that")
    played = using.player.play_on(refusing, using.scenario("a"))
    assert played.differs == "refuses the settings of the queue (Unknown: what is that)"


def test_an_endpoint_that_goes_away_in_a_call_of_the_handlers_is_not_taken_for_its_failure(
    stand, moto
):
    """Whatever the handler does with the error of its call."""
    import boto3

    def gone(call, called, parameters):
        if called == "DeleteMessageBatch" and not over:
            over.append(called)
            raise UsageError("the endpoint is gone")
        return call(called, **parameters)

    def handler(event, _context):
        sqs = boto3.client("sqs")
        for record in event["Records"]:
            for _ in range(2):
                sqs.delete_message(QueueUrl="orders", ReceiptHandle=record["receiptHandle"])

    over: list[str] = []
    using = stand.use(handler)
    with pytest.raises(UsageError, match="the endpoint is gone"):
        using.player.play_on(Tampered(moto, gone), using.scenario("a"))


def test_no_call_is_made_after_one_that_was_interrupted(monkeypatch):
    """What would be read then may be the answer to the other."""

    def interrupted(_descriptor):
        raise KeyboardInterrupt

    with Connection.entered(Endpoint(backend="moto")) as connection:
        with monkeypatch.context() as patching:
            patching.setattr("sqs_contract.endpoints.connection.receive", interrupted)
            with pytest.raises(KeyboardInterrupt):
                connection.create("orders", {})
        with pytest.raises(UsageError, match="was interrupted, and no other is made"):
            connection.create("orders", {})
