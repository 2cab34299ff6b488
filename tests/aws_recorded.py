"""Answers recorded from real AWS, where they stand beside the checkout.

They are not part of the product. Tests that need them say so by `needs_recordings`;
each rule they prove is also tested with cases of our own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DIRECTORY = Path(__file__).resolve().parents[2] / "shared" / "aws-recorded"

needs_recordings = pytest.mark.skipif(
    not DIRECTORY.is_dir(), reason="no recordings of AWS stand beside the checkout"
)


def load(name: str) -> Any:
    """One file of recordings, or an empty one where there are none."""
    path = DIRECTORY / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
