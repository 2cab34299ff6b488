"""One call that can be ended anywhere: nothing of it runs after that moment."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading

import pytest

from sqs_contract.targets.sandbox import Ended, Sandbox, SandboxEnded, process_exit_as

VARIABLE = contextvars.ContextVar("variable", default="fresh")


def test_a_call_returns_what_it_returns():
    assert Sandbox().run(lambda: 7) == 7


def test_what_a_call_raises_passes_through():
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        Sandbox().run(fail)


def test_ending_a_call_stops_it_where_it_is():
    sandbox, ran = Sandbox(), []

    def call():
        try:
            sandbox.end("cause")
        except BaseException:  # noqa: BLE001
            ran.append("except")
        finally:
            ran.append("finally")
        ran.append("after")

    ended = sandbox.run(call)
    assert isinstance(ended, Ended)
    assert ended.cause == "cause"
    assert ran == []
    assert sandbox.dead
    assert not sandbox.running


def test_a_sandbox_runs_again_after_it_was_ended():
    sandbox = Sandbox()
    sandbox.run(lambda: sandbox.end("cause"))
    assert sandbox.run(lambda: sandbox.running) is True
    assert not sandbox.dead


def test_ending_in_another_thread_raises_there_and_ends_the_call():
    sandbox, raised = Sandbox(), []

    def in_thread():
        try:
            sandbox.end("cause")
        except SandboxEnded as error:
            raised.append(error)

    def call():
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        return "went on"

    ended = sandbox.run(call)
    assert isinstance(ended, Ended)
    assert len(raised) == 1


def test_the_first_cause_counts():
    sandbox = Sandbox()

    def call():
        thread = threading.Thread(target=lambda: sandbox.end("first"))
        thread.start()
        thread.join()
        sandbox.end("second")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda _: None)
        assert sandbox.run(call).cause == "first"


def test_its_end_is_no_exception_that_handlers_catch():
    assert not issubclass(SandboxEnded, Exception)


def test_context_variables_stay_from_call_to_call_and_go_with_the_sandbox():
    sandbox = Sandbox()
    sandbox.run(lambda: VARIABLE.set("kept"))
    assert sandbox.run(VARIABLE.get) == "kept"
    assert VARIABLE.get() == "fresh"
    sandbox.renew()
    assert sandbox.run(VARIABLE.get) == "fresh"


def test_context_variables_go_with_a_call_that_was_ended():
    sandbox = Sandbox()

    def call():
        VARIABLE.set("of the dead")
        sandbox.end("cause")

    sandbox.run(call)
    assert sandbox.run(VARIABLE.get) == "fresh"


def test_an_event_loop_that_died_with_its_sandbox_is_in_nobodys_way():
    sandbox = Sandbox()

    async def die():
        sandbox.end("cause")

    async def live():
        return "alive"

    assert isinstance(sandbox.run(lambda: asyncio.run(die())), Ended)
    assert sandbox.run(lambda: asyncio.run(live())) == "alive"


def test_a_dead_event_loop_does_not_swallow_control_c():
    """`asyncio.run` takes SIGINT for its own and never comes to give it back."""
    sandbox = Sandbox()

    async def die():
        sandbox.end("cause")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sandbox.run(lambda: asyncio.run(die()))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_not_even_the_end_of_the_process_runs_what_was_ended():
    """A `finally` that ran at exit would run outside of the mocked AWS."""
    program = """
from sqs_contract.targets.sandbox import Sandbox
sandbox = Sandbox()
def call():
    try:
        sandbox.end("cause")
    except BaseException:
        print("except")
    finally:
        print("finally")
sandbox.run(call)
print("the end")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("the end\n", "")


@pytest.mark.parametrize(("leave", "status"), [(lambda: os._exit(3), 3), (os.abort, 134)])
def test_an_exit_of_the_process_is_handed_to_whom_it_concerns(leave, status):
    class Left(BaseException):
        pass

    def left(given):
        raise Left(given)

    before = os._exit, os.abort
    with pytest.raises(Left) as error, process_exit_as(left):
        (os.abort if leave is before[1] else leave)()
    assert error.value.args == (status,)
    assert (os._exit, os.abort) == before
