"""Where a run is cut off that would go on for ever."""

from __future__ import annotations

from typing import Final

RECEIVES_MAX: Final = 12
"""A run is cut off when a message has been received this often: it would go on for ever."""

INVOCATIONS_MAX: Final = 400
"""A run is cut off after this many invocations."""

SENT_BY_HANDLER_MAX: Final = 40
"""A run is cut off after the handler has sent as many messages to its own queue."""
