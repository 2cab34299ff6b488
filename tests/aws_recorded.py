"""Answers recorded from real AWS, where they stand beside the checkout.

They are not part of the product. Tests that need them say so by `needs_recordings`;
each rule they prove is also tested with cases of our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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


MASKED = re.compile(r"<[^<>]+>")
VOLATILE = {"timestamp", "datetime", "date", "sent-timestamp", "sender-id"} | {
    "maximum-batching-window-in-seconds"
}


class Masks:
    """Compares answers of ours with recorded ones, in which values are masked.

    A mask stands for any value, the same mask for the same value; what is left out
    by `without` is not looked at.
    """

    def __init__(self, *, without: frozenset[str] = frozenset()) -> None:
        self._values: dict[str, object] = {}
        self._without = without

    def differences(self, recorded: Any, ours: Any, where: str = "") -> Iterator[str]:
        """Each place that differs, with what was recorded and what is ours."""
        if isinstance(recorded, dict) and isinstance(ours, str):
            ours = json.loads(ours)  # a body: the recordings hold JSON parsed
        if isinstance(recorded, dict) and isinstance(ours, dict):
            left, right = recorded.keys() - self._without, ours.keys() - self._without
            if left != right:
                yield f"{where}: recorded {sorted(left)}, ours {sorted(right)}"
            for key in sorted(left & right):
                yield from self.differences(recorded[key], ours[key], f"{where}/{key}")
        elif isinstance(recorded, list) and isinstance(ours, list):
            if len(recorded) != len(ours):
                yield f"{where}: recorded {len(recorded)}, ours {len(ours)}"
            for number, (left, right) in enumerate(zip(recorded, ours, strict=False)):
                yield from self.differences(left, right, f"{where}/{number}")
        elif not self._same(recorded, ours):
            yield f"{where}: recorded {recorded!r}, ours {ours!r}"

    def _same(self, recorded: Any, ours: Any) -> bool:
        if not isinstance(recorded, str):
            return bool(recorded == ours)
        if recorded in VOLATILE:
            return ours is not None
        if MASKED.fullmatch(recorded):
            return ours is not None and self._values.setdefault(recorded, ours) == ours
        if isinstance(ours, bytes):
            return recorded == repr(ours)
        # Account and names of the recording are not ours.
        pattern = "[^ ]+".join(map(re.escape, re.split(r"<[^<>]+>|111111111111", recorded)))
        return isinstance(ours, str) and re.fullmatch(pattern, ours) is not None
