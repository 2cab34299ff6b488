"""What tells that something on an endpoint was made by a run of ours, and whether that run is over."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RUN_TAG: Final = "sqs-contract-run"
HOST_TAG: Final = "sqs-contract-host"
PROCESS_TAG: Final = "sqs-contract-process"
TIME_TAG: Final = "sqs-contract-time"

_ELSEWHERE_S: Final = 3_600
"""A queue that another machine made may be in use there for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What `clean` found: names of queues it removed, and of those it let be, with the reason;
    and what else it removed, such as `function orders`."""

    removed: tuple[str, ...]
    left: tuple[str, ...]
    others: tuple[str, ...] = ()


def tags_of(run: str) -> dict[str, str]:
    """The tags of what a run makes, in this process and now."""
    return {
        RUN_TAG: run,
        HOST_TAG: host(),
        PROCESS_TAG: str(os.getpid()),
        TIME_TAG: str(int(time.time())),
    }


def host() -> str:
    """This machine, without its name."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:12]


def why_not_ours(tags: Mapping[str, str]) -> str | None:
    """Why something with these tags may not be removed; `None` if a run that is over left it."""
    made, process = tags.get(TIME_TAG, ""), tags.get(PROCESS_TAG, "")
    if RUN_TAG not in tags or not made.isdecimal() or not process.isdecimal():
        return "it does not carry our tags"
    if tags.get(HOST_TAG) != host():
        young = time.time() - int(made) < _ELSEWHERE_S
        return "another machine made it less than an hour ago" if young else None
    return "its run is still on" if _is_alive(int(process)) else None


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it has just ended, or there is no such file system
        return not Path("/proc/self").exists()
    # One that has ended and that nobody waits for: as in a container whose first process does not.
    return status.rpartition(")")[2].split()[:1] != ["Z"]
