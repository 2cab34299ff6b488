"""Something that is to be done within a time, whatever it waits for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


class TooLate(BaseException):
    """The time is over. No library that is interrupted by it takes it for an error of its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt what is done in this block after so long; in the main thread only.

    Raises:
        TooLate: the time was over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(_number: int, _frame: Any) -> NoReturn:
    raise TooLate
