"""The endpoint that the proxies of these tests stand before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from proxying import moto_server


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """The URL of a moto server."""
    with moto_server() as url:
        yield url
