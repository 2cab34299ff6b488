"""Which bodies SQS refuses, and why."""

from __future__ import annotations

import re
from typing import Final

from sqs_contract.model.limits import MESSAGE_MAX_BYTES

_REFUSED: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters outside of those S27 lists."""


def why_sqs_refuses(body: str) -> str | None:
    """Why SQS would not take this body, or `None` if it would (S23, S27, S28)."""
    if not body:
        return "SQS refuses an empty body (S28)"
    # Size first: no character has less than a byte, so a hopeless body is not searched.
    if len(body) <= MESSAGE_MAX_BYTES and (refused := _REFUSED.search(body)) is not None:
        return f"SQS refuses the character U+{ord(refused.group()):04X} in a body (S27)"
    size = len(body.encode(errors="surrogatepass"))
    if size > MESSAGE_MAX_BYTES:
        return f"it has {size} bytes, and SQS takes {MESSAGE_MAX_BYTES} (S23)"
    return None
