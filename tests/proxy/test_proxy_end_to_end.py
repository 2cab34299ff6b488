"""The proxy between boto3 and a moto server: both protocols, every fault, and what passes whole."""

from __future__ import annotations

import threading
import time

import botocore.exceptions
import pytest
from proxying import Running, client, listed, moto_server, old_client

from sqs_contract.history import DeleteRequested, Received, Struck
from sqs_contract.proxy.upstream import Upstream
from sqs_contract.scenario import Fault, FaultKind

HOSTILE = '{"a": "<&>\\"\' \u202e \U0001f600 é"}\t\n '


@pytest.fixture
def queue(upstream):
    """A queue at the endpoint, and a way to send to it past the proxy."""
    direct = client(upstream)
    url = direct.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"})[
        "QueueUrl"
    ]
    yield lambda *bodies: [direct.send_message(QueueUrl=url, MessageBody=body) for body in bodies]
    direct.delete_queue(QueueUrl=url)


@pytest.fixture
def fifo(upstream):
    direct = client(upstream)
    url = direct.create_queue(
        QueueName="orders.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    yield lambda *bodies: [
        direct.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g") for body in bodies
    ]
    direct.delete_queue(QueueUrl=url)


def receive(consumer, url, maximum=10):
    answer = consumer.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=maximum,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return answer.get("Messages", [])


def bodies(messages):
    return [message["Body"] for message in messages]


def delete(consumer, url, message):
    return consumer.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


PROTOCOLS = pytest.mark.parametrize("connect", [client, old_client], ids=["json", "query"])


@PROTOCOLS
def test_what_goes_through_comes_out_as_it_went_in(upstream, queue, connect):
    """Bodies and attributes of every kind; the SDK checks the digests of each."""
    with Running(upstream) as proxy:
        consumer = connect(proxy.url)
        url = consumer.get_queue_url(QueueName="orders")["QueueUrl"]
        assert url.startswith(proxy.url)
        attributes = {
            "text": {"DataType": "String", "StringValue": "<&> é"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        }
        consumer.send_message(QueueUrl=url, MessageBody=HOSTILE, MessageAttributes=attributes)
        entries = [{"Id": f"e{number}", "MessageBody": f"b{number}"} for number in range(9)]
        consumer.send_message_batch(QueueUrl=url, Entries=entries)
        messages = receive(consumer, url)
        assert sorted(bodies(messages)) == sorted([HOSTILE, *(f"b{n}" for n in range(9))])
        first = next(message for message in messages if message["Body"] == HOSTILE)
        assert first["MessageAttributes"] == attributes
        done = consumer.delete_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ],
        )
        assert len(done["Successful"]) == 10
        assert receive(consumer, url) == []
    assert not any(isinstance(event, Struck) for event in proxy.history)
    assert len([event for event in proxy.history if isinstance(event, DeleteRequested)]) == 10


@PROTOCOLS
def test_a_message_that_was_deleted_comes_once_more_with_its_digests_right(
    upstream, queue, connect
):
    queue(HOSTILE)
    plan = listed(Fault(kind=FaultKind.DUPLICATE_LATER, message="m1"))
    with Running(upstream, plan=plan) as proxy:
        consumer = connect(proxy.url)
        url = consumer.get_queue_url(QueueName="orders")["QueueUrl"]
        (first,) = receive(consumer, url)
        delete(consumer, url, first)
        (again,) = receive(consumer, url)
        assert (again["MessageId"], again["Body"]) == (first["MessageId"], HOSTILE)
        assert again["ReceiptHandle"] != first["ReceiptHandle"]
        assert again["Attributes"]["ApproximateReceiveCount"] == "2"
        delete(consumer, url, again)
        assert receive(consumer, url) == []


@PROTOCOLS
def test_a_delete_that_is_answered_and_not_done_brings_the_message_back(upstream, queue, connect):
    queue("a", "b")
    plan = listed(Fault(kind=FaultKind.LOST_DELETE, message="m1"))
    with Running(upstream, plan=plan) as proxy:
        consumer = connect(proxy.url)
        url = consumer.get_queue_url(QueueName="orders")["QueueUrl"]
        messages = receive(consumer, url)
        entries = [
            {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)
        ]
        answer = consumer.delete_message_batch(QueueUrl=url, Entries=entries)
        assert {item["Id"] for item in answer["Successful"]} == {"0", "1"}
        assert not answer.get("Failed")
        (again,) = receive(consumer, url)
        assert again["Body"] == messages[0]["Body"]
        delete(consumer, url, again)
        left = client(upstream).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        assert left["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"


@PROTOCOLS
def test_an_expired_handle_is_refused_in_the_words_of_aws(upstream, fifo, connect):
    """S50: a FIFO queue refuses a delete after the visibility timeout."""
    fifo("a")
    plan = listed(Fault(kind=FaultKind.EXPIRED_HANDLE, message="m1"))
    with Running(upstream, plan=plan) as proxy:
        consumer = connect(proxy.url)
        url = consumer.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
        (first,) = receive(consumer, url)
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            delete(consumer, url, first)
        error = caught.value.response["Error"]
        assert error["Code"] == "InvalidParameterValue"
        assert error["Message"].endswith("Reason: The receipt handle has expired.")
        (again,) = receive(consumer, url)
        delete(consumer, url, again)
        assert receive(consumer, url) == []


@PROTOCOLS
def test_a_consumer_that_asks_for_no_group_gets_none_and_the_proxy_knows_it(
    upstream, fifo, connect
):
    """Without the groups nobody could tell whether their order is kept."""
    fifo("a")
    plan = listed(Fault(kind=FaultKind.LOST_DELETE, message="m1"))
    with Running(upstream, plan=plan) as proxy:
        consumer = connect(proxy.url)
        url = consumer.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
        for _ in range(2):
            (message,) = consumer.receive_message(QueueUrl=url, AttributeNames=["SentTimestamp"])[
                "Messages"
            ]
            assert list(message["Attributes"]) == ["SentTimestamp"]
            delete(consumer, url, message)
    with Running(upstream) as watching:
        fifo("b")
        url = connect(watching.url).get_queue_url(QueueName="orders.fifo")["QueueUrl"]
        (message,) = connect(watching.url).receive_message(QueueUrl=url)["Messages"]
        assert "Attributes" not in message
    assert watching.ended.session.groups == {"m1": "g"}
    assert proxy.ended.session.groups == {"m1": "g"}


def struck(upstream, kind, operation, connect=client, tries=1):
    """A proxy that strikes the first call of an operation, and a consumer at it."""
    plan = listed(Fault(kind=kind, site=f"sqs.{operation} orders"))
    return Running(upstream, plan=plan)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (FaultKind.CALL_THROTTLED, "RequestThrottled", 403),
        (FaultKind.CALL_FAILS, "InternalError", 500),
    ],
)
@PROTOCOLS
def test_a_refused_call_has_the_code_and_shape_of_aws(upstream, queue, connect, kind, code, status):
    queue("a")
    with struck(upstream, kind, "GetQueueAttributes") as proxy:
        consumer = client(proxy.url, tries=1) if connect is client else connect(proxy.url)
        url = f"{proxy.url}/123456789012/orders"
        consumer.meta.events.register("needs-retry.*.*", lambda **_: None)
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            consumer.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_fault_that_lasts_meets_the_sdks_retries_too(upstream, queue):
    queue("a")
    with struck(upstream, FaultKind.CALL_THROTTLED, "ReceiveMessage") as proxy:
        consumer = client(proxy.url, tries=2)
        url = f"{proxy.url}/123456789012/orders"
        with pytest.raises(botocore.exceptions.ClientError, match="reached max retries: 1"):
            receive(consumer, url)
        assert bodies(receive(consumer, url)) == ["a"]


def test_a_delete_whose_answer_is_lost_once_is_tried_again_by_the_sdk_and_succeeds(upstream, queue):
    queue("a")
    with struck(upstream, FaultKind.ANSWER_LOST_ONCE, "DeleteMessage") as proxy:
        consumer = client(proxy.url, tries=2)
        url = f"{proxy.url}/123456789012/orders"
        delete(consumer, url, receive(consumer, url)[0])
        assert receive(consumer, url) == []
    first, second = [event for event in proxy.history if isinstance(event, DeleteRequested)]
    assert (first.done, first.answer) == (True, "no answer")
    assert (second.done, second.answer) == (True, None)


@pytest.mark.parametrize("kind", [FaultKind.ANSWER_LOST, FaultKind.NO_CONNECTION])
def test_a_connection_that_is_lost_at_every_try_is_told_by_the_sdk(upstream, queue, kind):
    queue("a")
    with struck(upstream, kind, "DeleteMessage") as proxy:
        consumer = client(proxy.url, tries=2)
        url = f"{proxy.url}/123456789012/orders"
        (message,) = receive(consumer, url)
        with pytest.raises(botocore.exceptions.HTTPClientError):
            delete(consumer, url, message)
        came_back = bodies(receive(consumer, url))
        assert came_back == ([] if kind is FaultKind.ANSWER_LOST else ["a"])


def test_messages_of_a_receive_whose_answer_is_lost_come_again(upstream, queue):
    queue("a")
    with struck(upstream, FaultKind.ANSWER_LOST_ONCE, "ReceiveMessage") as proxy:
        consumer = client(proxy.url, tries=2)
        messages = receive(consumer, f"{proxy.url}/123456789012/orders")
        assert bodies(messages) == ["a"]
    assert [len(e.records) for e in proxy.history if isinstance(e, Received)] == [1]


def test_an_empty_receive_hides_what_waits(upstream, queue):
    queue("a")
    with struck(upstream, FaultKind.EMPTY_RECEIVE, "ReceiveMessage") as proxy:
        consumer = client(proxy.url)
        url = f"{proxy.url}/123456789012/orders"
        assert [bodies(receive(consumer, url)) for _ in range(2)] == [[], ["a"]]


def test_the_last_entry_of_a_batch_fails_and_comes_back(upstream, queue):
    queue("a", "b")
    with struck(upstream, FaultKind.PARTLY_FAILS_ONCE, "DeleteMessageBatch") as proxy:
        consumer = client(proxy.url)
        url = f"{proxy.url}/123456789012/orders"
        messages = receive(consumer, url)
        entries = [
            {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)
        ]
        answer = consumer.delete_message_batch(QueueUrl=url, Entries=entries)
        assert [item["Id"] for item in answer["Successful"]] == ["0"]
        (failed,) = answer["Failed"]
        assert (failed["Id"], failed["Code"]) == ("1", "InternalError")
        assert bodies(receive(consumer, url)) == [messages[1]["Body"]]


def test_a_long_poll_stays_a_long_poll(upstream, queue):
    with Running(upstream) as proxy:
        consumer = client(proxy.url)
        url = f"{proxy.url}/123456789012/orders"
        threading.Timer(0.3, queue, ["late"]).start()
        started = time.monotonic()
        answer = consumer.receive_message(QueueUrl=url, WaitTimeSeconds=5)
        assert bodies(answer["Messages"]) == ["late"]
        assert 0.2 < time.monotonic() - started < 4


def test_several_connections_at_once_get_what_the_endpoint_hands_out(upstream, queue):
    """As it hands it out: moto is not quite safe for threads, and now and then doubles one."""
    queue(*(str(number) for number in range(30)))
    found = []
    with Running(upstream) as proxy:
        url = f"{proxy.url}/123456789012/orders"

        def work():
            consumer = client(proxy.url)
            while messages := receive(consumer, url, 3):
                for message in messages:
                    delete(consumer, url, message)
                    found.append(message["Body"])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    body_of = {message.name: message.body for message in proxy.ended.rules.book.messages.values()}
    handed_out = [
        body_of[record.message]
        for event in proxy.history
        if isinstance(event, Received)
        for record in event.records
    ]
    assert sorted(found) == sorted(handed_out)
    assert len(set(found)) > 20
    assert proxy.warnings == []


def test_an_endpoint_that_goes_down_is_an_error_of_aws_and_one_line(queue):
    with moto_server() as own:
        client(own).create_queue(QueueName="orders")
        proxy = Running(own).__enter__()
    consumer = client(proxy.url, tries=1)
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            receive(consumer, f"{proxy.url}/123456789012/orders")
        assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    proxy.stop()
    (warning,) = proxy.warnings
    assert warning.startswith(f"the upstream {own} is in trouble: ")


def test_requests_are_signed_anew_where_the_endpoint_wants_it(upstream, queue, monkeypatch):
    """Moto tells accounts apart by the key a request is signed with."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "operator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator")
    signatures = []

    class Watched(Upstream):
        def _signed(self, *given, **named):
            headers = super()._signed(*given, **named)
            signatures.append(headers["Authorization"])
            return headers

    with Running(upstream, upstream=Watched(upstream, sign=True)) as proxy:
        client(proxy.url).list_queues()
    assert len(signatures) == 2  # the proxy's own first call, and the consumer's
    assert all("Credential=operator/" in signature for signature in signatures)
    assert all("/us-east-1/sqs/aws4_request" in signature for signature in signatures)
