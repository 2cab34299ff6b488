"""Endpoints for the tests here: each is started once, and when a test first asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from endpoint_servers import moto_server as serving_moto

from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import Endpoint


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The URL of moto's server."""
    with serving_moto() as url:
        yield url


@pytest.fixture(scope="session")
def moto() -> Iterator[Connection]:
    """moto, in a process of ours."""
    with Connection.entered(Endpoint(backend="moto")) as connection:
        yield connection
