"""A /tmp of its own for a process, as each execution environment of Lambda's has one (S119).

By a mount in a namespace of Linux that only the process is in; not every system lets one do that.
Runs in the process itself, before anything of the user's does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

_TMP: Final = "/tmp"  # noqa: S108  Lambda's
_NEW_USER: Final = 0x1000_0000
_NEW_MOUNTS: Final = 0x0002_0000
_BIND: Final = 4096
_PRIVATE_BELOW: Final = 16384 | 262144


def can_be_hidden(needed: list[str]) -> bool:
    """Whether nothing that a process needs lies in the /tmp it is not to see."""
    return not any(Path(path).resolve().is_relative_to(_TMP) for path in needed if path)


def mount(libc: Any, folder: str) -> bool:
    """Let /tmp be a folder, for this process and what it starts. False where the system does
    not let us; then nothing has changed."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_USER | _NEW_MOUNTS) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    except OSError:
        return False
    if libc.mount(b"none", b"/", None, _PRIVATE_BELOW, None) != 0:
        return False
    return bool(libc.mount(os.fsencode(folder), _TMP.encode(), None, _BIND, None) == 0)
