"""Calling an endpoint: what answers as SQS does, which queues are ours, how many calls are made."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import boto3
import pytest
from botocore.stub import Stubber

from sqs_contract.endpoints.account import Account
from sqs_contract.endpoints.endpoint import Endpoint, choose_endpoint
from sqs_contract.endpoints.ours import PROCESS_TAG, tags_of, why_not_ours
from sqs_contract.errors import UsageError
from sqs_contract.model.sqs_errors import Refusal


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@contextmanager
def listening(answer):
    """A server that answers every request with these bytes."""
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                with suppress(OSError):
                    connection.sendall(answer) if isinstance(answer, bytes) else answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def http(status, body, kind="text/html"):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        pytest.param(b"", "closes the connection without an answer", id="hangs-up"),
        pytest.param(b"220 mail ready\r\n", "is it an SQS endpoint?", id="no-http"),
        pytest.param(http("200 OK", "<html>hello"), "is it an SQS endpoint?", id="a-web-page"),
        pytest.param(http("200 OK", "{}"), "is it an SQS endpoint?", id="no-queue"),
        pytest.param(http("404 Not Found", "no"), "does not answer as SQS does", id="not-found"),
        pytest.param(
            http("403 Forbidden", '{"__type": "InvalidClientTokenId", "message": "who?"}'),
            "refuses the credentials (InvalidClientTokenId): set AWS_PROFILE",
            id="credentials",
        ),
    ],
)  # fmt: skip
def test_an_endpoint_that_answers_garbage(answer, line):
    with listening(answer) as url:
        endpoint = Endpoint(backend="endpoint", url=url, connect_timeout_s=1)
        with pytest.raises(UsageError) as refused:
            Account.entered(endpoint, "run").__enter__()
    assert line in str(refused.value)
    assert url in str(refused.value)


def in_drops(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.1)


def without_end(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n\r\n")
    while True:
        connection.sendall(b"{" * 4096)
        time.sleep(0.01)


@pytest.mark.parametrize("answer", [in_drops, without_end])
def test_an_answer_that_takes_its_time_is_cut_off(answer):
    with listening(answer) as url:
        endpoint = Endpoint(backend="endpoint", url=url, connect_timeout_s=0.5)
        began = time.monotonic()
        with pytest.raises(UsageError, match=r"does not answer within 0\.5 s"):
            Account.entered(endpoint, "run").__enter__()
        assert time.monotonic() - began < 5


# AWS itself, which no test calls


@pytest.fixture
def stubbed():
    """An account at AWS, and what AWS is to answer with."""
    client = boto3.client("sqs", region_name="eu-west-1")
    endpoint = choose_endpoint(
        "aws", region="eu-west-1", allow_aws=True, prefix="ours", calls_max=4
    )
    assert endpoint is not None
    with Stubber(client) as stub:
        yield Account(lambda _service: client, endpoint, "AWS eu-west-1", "run"), stub
        stub.assert_no_pending_responses()


URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/ours-run-1-orders"
ARN = "arn:aws:sqs:eu-west-1:123456789012:ours-run-1-orders"


def made(stub):
    stub.add_response("create_queue", {"QueueUrl": URL})
    stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": ARN}})


def test_queues_are_named_tagged_and_removed(stubbed):
    account, stub = stubbed
    sent = []
    account._clients("sqs").meta.events.register(
        "provide-client-params.sqs.*", lambda params, model, **_: sent.append((model.name, params))
    )
    made(stub)
    stub.add_response("delete_queue", {}, {"QueueUrl": URL})
    assert account.create("orders", {"VisibilityTimeout": "5"}) == {"url": URL, "arn": ARN}
    account.close()
    operation, parameters = sent[0]
    assert operation == "CreateQueue"
    assert parameters["QueueName"] == "ours-run-1-orders"
    assert parameters["Attributes"] == {"VisibilityTimeout": "5"}
    assert parameters["tags"]["sqs-contract-run"] == "run"
    account.close()  # nothing is left to remove


def test_no_more_calls_are_made_than_were_allowed_but_to_remove_queues(stubbed):
    account, stub = stubbed
    made(stub)
    account.create("orders", {})
    for _ in range(2):
        stub.add_response("purge_queue", {})
        account.call("PurgeQueue", {"QueueUrl": URL})
    with pytest.raises(UsageError, match="AWS eu-west-1: 4 calls were made, and no more may be"):
        account.call("PurgeQueue", {"QueueUrl": URL})
    stub.add_response("delete_queue", {}, {"QueueUrl": URL})
    account.close()


@pytest.mark.parametrize("operation", ["PurgeQueue", "DeleteQueue", "ReceiveMessage"])
def test_a_queue_that_is_not_ours_is_never_called(stubbed, operation):
    account, _ = stubbed
    with pytest.raises(AssertionError, match="orders is not ours"):
        account.call(operation, {"QueueUrl": "https://sqs/123456789012/orders"})
    with pytest.raises(AssertionError, match="orders is not ours"):
        account.drop(("https://sqs/123456789012/orders",))


def test_a_refusal_is_an_answer_and_missing_rights_are_told(stubbed):
    account, stub = stubbed
    stub.add_client_error("create_queue", "InvalidAttributeValue", "no", http_status_code=400)
    assert account.create("orders", {}) == Refusal("InvalidAttributeValue", "no")
    stub.add_client_error("create_queue", "AccessDenied", "no")
    with pytest.raises(
        UsageError, match=r"refuses the credentials \(AccessDenied\): set AWS_PROFILE"
    ):
        account.create("orders", {})


def test_what_boto3_itself_refuses_is_an_answer_too():
    """It never gets as far as the network."""
    client = boto3.client("sqs", region_name="eu-west-1")
    account = Account(
        lambda _service: client, Endpoint(backend="endpoint", url="http://a"), "a", "run"
    )
    answer = account._send("ReceiveMessage", {"QueueUrl": URL, "MaxNumberOfMessages": "ten"})
    assert isinstance(answer, Refusal)
    assert answer.code == "RequestRefusedBySdk"
    assert "Invalid type for parameter MaxNumberOfMessages" in answer.message


def test_a_process_that_has_ended_is_no_run_that_is_on_though_nobody_waited_for_it():
    ended = subprocess.Popen(["true"])
    tags = tags_of("run") | {PROCESS_TAG: str(ended.pid)}
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    assert why_not_ours(tags) is None
    assert why_not_ours(tags | {PROCESS_TAG: str(os.getpid())}) == "its run is still on"
    ended.wait()
    assert why_not_ours(tags) is None
    assert why_not_ours({}) == "it does not carry our tags"
