"""What keeps an endpoint from answering, in one line that says which and what to do."""

from __future__ import annotations

import pytest
from botocore import exceptions as boto

from sqs_contract.endpoints.endpoint import AWS_CALLS_MAX, check_url, choose_endpoint
from sqs_contract.endpoints.refusals import explain
from sqs_contract.errors import UsageError

URL = "http://sqs.test:4566"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (boto.NoCredentialsError(), "needs credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"),
        (boto.ProfileNotFound(profile="x"), "The config profile (x) could not be found: set AWS_PROFILE"),
        (boto.ConnectTimeoutError(endpoint_url=URL), "no connection within 2 s: is the endpoint running"),
        (boto.ReadTimeoutError(endpoint_url=URL), "takes connections and does not answer within 2 s"),
        (boto.SSLError(endpoint_url=URL, error="wrong version"), "TLS fails"),
        (boto.EndpointConnectionError(endpoint_url=URL), "connection refused, or no such host"),
        (boto.ConnectionClosedError(endpoint_url=URL), "closes the connection without an answer"),
        (KeyError("x"), "does not answer as SQS does (KeyError: 'x'): is it an SQS endpoint?"),
        (ValueError("a\nb" * 200), "...): is it an SQS endpoint?"),
        (
            boto.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetQueueUrl"),
            "refuses the credentials (AccessDenied): set AWS_PROFILE",
        ),
        (boto.ClientError({}, "GetQueueUrl"), "does not answer as SQS does"),
    ],
)  # fmt: skip
def test_each_failure_has_its_line(error, line):
    told = str(explain(error, URL, 2))
    assert line in told
    assert URL in told
    assert len(told.splitlines()) == 1
    assert len(told) < 300


@pytest.mark.parametrize(
    "url",
    [
        "https://sqs.us-east-1.amazonaws.com",
        "https://SQS.us-east-1.amazonaws.com./123/orders",
        "https://queue.amazonaws.com",
        "https://sqs.cn-north-1.amazonaws.com.cn",
        "https://sqs.us-east-1.api.aws",
    ],
)
def test_aws_is_not_called_by_its_url(url):
    with pytest.raises(UsageError, match="is AWS itself"):
        check_url(url, "--endpoint-url")


@pytest.mark.parametrize("url", ["http://localhost:4566", "https://amazonaws.com.example.org"])
def test_other_hosts_are(url):
    check_url(url, "--endpoint-url")


def test_aws_is_called_only_where_it_was_asked_for_by_name_and_with_a_bound():
    endpoint = choose_endpoint("aws", allow_aws=True, prefix="ours")
    assert endpoint is not None
    assert (endpoint.backend, endpoint.prefix, endpoint.calls_max) == ("aws", "ours", AWS_CALLS_MAX)
    assert choose_endpoint(None) is None
    assert choose_endpoint("simulator") is None
