"""An account, for tests that call the SQS API on model queues."""

from __future__ import annotations

import pytest
from api_account import Account


@pytest.fixture
def account():
    return Account()
