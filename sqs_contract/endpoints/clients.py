"""Makes the boto3 client for an endpoint. Runs where nothing is mocked but what is made here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ProfileNotFound
from botocore.session import Session

from sqs_contract.endpoints.endpoint import AWS, LOCALSTACK, MOTO, Endpoint, check_url
from sqs_contract.endpoints.refusals import explain
from sqs_contract.errors import UsageError

_ACCOUNT: Final = "testing"
_SECRET: Final = {"aws_secret_access_key": "testing"}
_ANSWER_S: Final = 30
"""How long a call may take: a long poll of twenty seconds, and some more."""


_LOADING: Final = 5
"""LocalStack loads a service with the first call: it gets so many times the time to answer it."""


@contextmanager
def clients(endpoint: Endpoint) -> Iterator[tuple[Any, Callable[[str], Any], str]]:
    """A client of SQS for the first call, which may not take long; what makes the clients for
    all others, by the name of their service; and what the endpoint is called.

    Raises:
        UsageError: a part of the settings, or of the environment, is wrong.
    """
    first_s = endpoint.connect_timeout_s
    quick = _config(endpoint, first_s if endpoint.backend != LOCALSTACK else _LOADING * first_s)
    patient = _config(endpoint, max(_ANSWER_S, endpoint.connect_timeout_s))
    if endpoint.backend == MOTO:
        from moto import __version__ as version  # noqa: PLC0415
        from moto import mock_aws  # noqa: PLC0415  heavy

        with mock_aws():
            client = boto3.client("sqs", region_name=endpoint.region, config=patient)
            yield (
                client,
                lambda service: boto3.client(service, region_name=endpoint.region, config=patient),
                f"moto {version}",
            )
        return
    where = endpoint.name
    given = _arguments(endpoint)
    if endpoint.backend != AWS:
        where = str(given["endpoint_url"])
        os.environ["AWS_EC2_METADATA_DISABLED"] = "true"  # nobody to ask for credentials there
    try:
        if endpoint.backend == LOCALSTACK:
            yield (
                _localstack(endpoint, "sqs", quick),
                lambda service: _localstack(endpoint, service, patient),
                f"LocalStack {where}",
            )
            return
        session = boto3.Session(region_name=endpoint.region)
        if endpoint.account is not None:  # emulators take the key for the account
            given |= _SECRET | {"aws_access_key_id": endpoint.account}
        elif endpoint.backend != AWS and session.get_credentials() is None:
            given |= _SECRET | {"aws_access_key_id": _ACCOUNT}
        yield (
            session.client("sqs", config=quick, **given),
            lambda service: session.client(service, config=patient, **given),
            where if endpoint.backend != AWS else f"AWS {endpoint.region}",
        )
    except ProfileNotFound as error:
        raise explain(error, where, endpoint.connect_timeout_s) from None


def _config(endpoint: Endpoint, answer_s: float) -> Config:
    retries: Mapping[str, Any] = {"total_max_attempts": 3 if endpoint.backend == AWS else 1}
    return Config(
        connect_timeout=endpoint.connect_timeout_s,
        read_timeout=answer_s,
        retries=retries,
        ignore_configured_endpoint_urls=endpoint.backend == AWS,
        s3={"addressing_style": "auto" if endpoint.backend == AWS else "path"},
    )


def _arguments(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.backend == AWS:
        return {}
    if endpoint.backend == LOCALSTACK:
        return {"endpoint_url": _localstack_url()}
    return {"endpoint_url": endpoint.url}


def _localstack_url() -> str:
    """Where LocalStack is, as localstack-client finds it in the environment.

    Raises:
        UsageError: the environment says something that is no address, or AWS's own.
    """
    from localstack_client import config  # noqa: PLC0415  only where it is asked for

    name = "AWS_ENDPOINT_URL" if os.environ.get("AWS_ENDPOINT_URL") else "LOCALSTACK_HOST"
    try:
        url = config.get_service_endpoint("sqs")
    except RuntimeError as error:
        raise UsageError(f"LOCALSTACK_HOST: {error}") from None
    check_url(str(url), name)
    return str(url)


def _localstack(endpoint: Endpoint, service: str, config: Config) -> Any:
    """A client of localstack-client's session, with the credentials of a profile if one is
    set: LocalStack tells accounts apart by them."""
    from localstack_client.session import Session as LocalStackSession  # noqa: PLC0415

    keys: dict[str, Any] = {}
    found = Session().get_credentials()
    if endpoint.account is not None:
        keys = _SECRET | {"aws_access_key_id": endpoint.account, "aws_session_token": None}
    elif found is not None:
        keys = {
            "aws_access_key_id": found.access_key,
            "aws_secret_access_key": found.secret_key,
            "aws_session_token": found.token,
        }
    session = LocalStackSession(region_name=endpoint.region, **keys)
    return session.client(service, config=config, aws_session_token=session.aws_session_token)
