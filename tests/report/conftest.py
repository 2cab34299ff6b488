"""The command line that these tests read the reports of."""

from __future__ import annotations

from pathlib import Path

import pytest
from little_shop import CommandLine, write_shop


@pytest.fixture
def call(
    in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """`sqs-contract` beside the little shop's files."""
    return CommandLine(write_shop(in_tmp_path), monkeypatch, capsys)
