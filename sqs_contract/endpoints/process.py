"""The process that calls an endpoint: time is real in it, nothing is mocked, and it outlives
whoever started it long enough to remove its queues.

Reads requests from one file descriptor and writes answers to another until the other side
is gone, by its own will or killed.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from typing import Any, NoReturn

from sqs_contract.endpoints.messages import Fault, Wrong
from sqs_contract.errors import UsageError
from sqs_contract.world.pipes import Closed, receive, send


def main(requests: int, answers: int) -> None:
    """Serve until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for who started us
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    try:
        endpoint, run = receive(requests)
        _serve(endpoint, run, requests, answers)
    except Closed:
        return
    except UsageError as error:
        _answer(answers, Wrong(str(error)))
    except Exception:  # noqa: BLE001  a fault of ours, told where a person can see it
        _answer(answers, Fault(traceback.format_exc()))


def _serve(endpoint: Any, run: str, requests: int, answers: int) -> None:
    from sqs_contract.endpoints.account import Account  # noqa: PLC0415  after the signals

    with Account.entered(endpoint, run) as account:
        send(answers, account.name)
        while True:
            method, arguments = receive(requests)
            try:
                if method == "wait":
                    answer = None
                    _wait(arguments[0], requests)
                else:
                    answer = getattr(account, method)(*arguments)
            except UsageError as error:
                answer = Wrong(str(error))
            send(answers, answer)


def _wait(seconds: float, requests: int) -> None:
    """Let time pass on the endpoint's clock, unless the other side is gone meanwhile.

    Raises:
        Closed: it is.
    """
    poll = select.poll()
    poll.register(requests, 0)  # nothing but its end
    if poll.poll(seconds * 1_000):
        raise Closed


def _answer(answers: int, answer: Any) -> None:
    try:
        send(answers, answer)
    except Closed:
        return


def _end(_number: int, _frame: Any) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
