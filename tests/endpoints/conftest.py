"""Endpoints for the tests here: each is started once, and when a test first asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docs.endpoints.servers import localstack as serving_localstack
from docs.endpoints.servers import ministack as serving_ministack
from docs.endpoints.servers import moto_server as serving_moto
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


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """The URL of MiniStack."""
    with serving_ministack() as url:
        yield url


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of LocalStack."""
    with serving_localstack(tmp_path_factory.mktemp("localstack")) as url:
        yield url
