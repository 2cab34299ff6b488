"""A Python handler, called as Lambda calls it: whatever it does ends in an outcome."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
import threading
import time

import pytest

from sqs_contract import Deployment, Simulation, UsageError
from sqs_contract.history import Ended, Invoked
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.world.clock import real_monotonic


def outcome_of(handler, **settings):
    """What the invocation of a handler with one message came to."""
    return history_of(handler, **settings)[0].outcome


def history_of(handler, *, bodies="a", kind=Ended, **settings):
    simulation = Simulation(
        handler, deployment=Deployment.of(max_receive_count=1, batch_size=1, **settings)
    )
    for body in bodies:
        simulation.send(body)
    simulation.run()
    return [event for event in simulation.history if isinstance(event, kind)]


def test_a_return_value_is_serialised():
    assert outcome_of(lambda *_: {"a": (1, None)}) == Returned('{"a": [1, null]}')
    assert outcome_of(lambda *_: None) == Returned("null")


@pytest.mark.parametrize(
    "value",
    [{1}, object(), {"x": b"\xff"}, {(1, 2): 3}],
    ids=["set", "object", "bytes", "tuple key"],
)
def test_what_cannot_be_serialised_is_a_function_error(value):
    """S125: and so the whole batch comes back."""
    outcome = outcome_of(lambda *_: value)
    assert (outcome.kind, outcome.error_type) == (ErrorKind.UNSERIALISABLE, "Runtime.MarshalError")


def test_a_response_that_is_too_large_is_a_function_error():
    """S115."""
    assert outcome_of(lambda *_: "x" * 7_000_000).kind is ErrorKind.TOO_LARGE


def test_a_lone_surrogate_kills_the_runtime_and_with_it_the_sandbox():
    """S127."""
    cold = [it.cold for it in history_of(lambda *_: "\ud800", bodies="ab", kind=Invoked)]
    assert cold == [True, True]


def test_what_a_handler_raises_is_a_function_error_with_type_text_and_place():
    """S117."""

    def handler(event, _):
        return event["records"]

    outcome = outcome_of(handler)
    assert (outcome.kind, outcome.error_type) == (ErrorKind.RAISED, "KeyError")
    assert outcome.message == "'records'"
    assert "test_python.py:" in outcome.where


def test_an_error_keeps_the_sandbox_warm_and_a_timeout_does_not():
    """S119."""

    def fail(*_):
        raise ValueError("no")

    assert [it.cold for it in history_of(fail, bodies="ab", kind=Invoked)] == [True, False]
    slow = history_of(lambda *_: time.sleep(9), bodies="ab", kind=Invoked)
    assert [it.cold for it in slow] == [True, True]


class Cancelled(BaseException):
    """An error that is no `Exception`, as libraries of task groups have them."""


@pytest.mark.parametrize("error", [Cancelled, asyncio.CancelledError])
def test_an_error_that_is_no_exception_ends_the_runtime_process(error):
    """S121: the runtime catches `Exception` only. Our own process goes on."""

    def handler(*_):
        raise error("no")

    try:
        outcome = outcome_of(handler)
    except BaseException as escaped:  # noqa: BLE001
        pytest.fail(f"{escaped!r} of the handler ended the whole run")
    assert isinstance(outcome, FunctionError)
    assert outcome.error_type == "Runtime.ExitError"


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (lambda: sys.exit(), "without providing a reason"),  # noqa: PLW0108
        (lambda: sys.exit(0), "without providing a reason"),
        (lambda: sys.exit(3), "exit status 3"),
        (lambda: sys.exit("text"), "exit status 1"),
        (lambda: os._exit(0), "without providing a reason"),
        (lambda: os._exit(127), "exit status 127"),
        (lambda: os.abort(), "exit status 134"),  # noqa: PLW0108
    ],
)
def test_an_exit_of_the_process_is_contained(leave, reason):
    """S121."""
    outcome = outcome_of(lambda *_: leave())
    assert outcome.error_type == "Runtime.ExitError"
    assert reason in outcome.message


def test_after_os_exit_nothing_runs_and_after_sys_exit_finally_does():
    ran = []

    def handler(event, _):
        try:
            (os._exit if event["Records"][0]["body"] == "a" else sys.exit)(1)
        finally:
            ran.append(event["Records"][0]["body"])

    history_of(handler, bodies="ab")
    assert ran == ["b"]


def test_os_exit_in_a_thread_ends_the_sandbox():
    def handler(*_):
        thread = threading.Thread(target=os._exit, args=(5,))
        thread.start()
        thread.join()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda _: None)
        assert "exit status 5" in outcome_of(handler).message


def test_a_sleep_past_the_deadline_is_a_timeout_and_nothing_after_it_runs():
    """S118, S120."""
    ran, started = [], real_monotonic()

    def handler(*_):
        try:
            time.sleep(3_600)
        except BaseException:  # noqa: BLE001
            ran.append("except")
        finally:
            ran.append("finally")

    outcome = outcome_of(handler, function_timeout=7)
    assert outcome.kind is ErrorKind.TIMED_OUT
    assert outcome.error_type == "Sandbox.Timedout"
    assert outcome.message.endswith("Error: Task timed out after 7.00 seconds")
    assert ran == []
    assert real_monotonic() - started < 2


def test_a_sleep_up_to_the_deadline_is_no_timeout():
    assert outcome_of(lambda *_: time.sleep(3)) == Returned("null")


def test_time_passes_in_the_history_as_the_handler_sleeps():
    simulation = Simulation(lambda *_: time.sleep(2))
    simulation.send("a")
    simulation.run()
    invoked, ended = (
        next(event.at_ms for event in simulation.history if isinstance(event, kind))
        for kind in (Invoked, Ended)
    )
    assert ended - invoked == 2_000


def test_a_loop_of_naps_is_ended_at_the_deadline():
    naps = []

    def handler(*_):
        while True:
            time.sleep(1)
            naps.append(1)

    assert outcome_of(handler).kind is ErrorKind.TIMED_OUT
    assert len(naps) == 3


ENDLESS = (
    "while context.get_remaining_time_in_millis() > 500: pass",
    "end = time.monotonic() + 2\n    while time.monotonic() < end: pass",
    "while True: pass",
)
WAITING = {
    "time.sleep(2)": "returned",
    "asyncio.run(asyncio.sleep(2))": "returned",
    "asyncio.run(asyncio.sleep(60))": "Sandbox.Timedout",
    "threading.Event().wait(60)": "Sandbox.Timedout",
}
PROCESS_S = 40
"""What hangs is ended after this many seconds."""


@pytest.fixture(scope="module")
def outcomes_in_processes():
    """What came of handlers that may hang, each in a process that can be ended."""
    processes = {handler: start_process(handler) for handler in (*ENDLESS, *WAITING)}
    ends, outcomes = real_monotonic() + PROCESS_S, {}
    for handler, process in processes.items():
        try:
            outcomes[handler] = process.communicate(timeout=max(ends - real_monotonic(), 0.1))[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            outcomes[handler] = "goes on for ever"
    return outcomes


def start_process(handler):
    program = f"""
import asyncio, threading, time
from sqs_contract import Deployment, Simulation
from sqs_contract.history import Ended
def handler(event, context):
    {handler}
simulation = Simulation(handler, deployment=Deployment.of(max_receive_count=1))
simulation.send("a")
simulation.run()
print(*[getattr(event.outcome, "error_type", "returned")
        for event in simulation.history if isinstance(event, Ended)], end="")
"""
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("handler", ENDLESS)
def test_an_endless_loop_is_contained(outcomes_in_processes, handler):
    """Work of its own takes time too, and no handler may hang the run."""
    assert outcomes_in_processes[handler] in ("returned", "Sandbox.Timedout")


@pytest.mark.parametrize("handler", WAITING)
def test_waiting_takes_virtual_time_whatever_the_handler_waits_with(outcomes_in_processes, handler):
    """No run sleeps for real."""
    assert outcomes_in_processes[handler] == WAITING[handler]


def test_async_handlers_are_refused_with_a_clear_line():
    async def handler(event, context):
        pass

    async def generator(event, context):
        yield

    class Callable:
        async def __call__(self, event, context):
            pass

    for given in (handler, generator, Callable(), functools.partial(handler)):
        with pytest.raises(UsageError, match=r"is async: .*give a plain function.*asyncio\.run"):
            Simulation(given)


def test_a_plain_function_that_returns_a_coroutine_is_refused_too():
    async def handler(event, context):
        pass

    simulation = Simulation(lambda *given: handler(*given))  # noqa: PLW0108
    simulation.send("a")
    with pytest.raises(UsageError, match=r"returned a coroutine: .*asyncio\.run"):
        simulation.run()


def test_a_plain_function_that_runs_an_event_loop_is_what_lambda_wants():
    async def work(event):
        return {"batchItemFailures": []}

    assert isinstance(outcome_of(lambda event, _: asyncio.run(work(event))), Returned)


def test_what_the_handler_prints_is_kept_apart(capfd):
    outcome_of(lambda *_: print("noise"))
    assert capfd.readouterr() == ("", "")


def test_a_handler_of_the_wrong_arity_fails_as_on_lambda():
    assert outcome_of(lambda event: None).error_type == "TypeError"


def test_an_error_whose_text_cannot_be_made_is_told_all_the_same():
    class Hostile(Exception):
        def __str__(self):
            raise RuntimeError

    def handler(*_):
        raise Hostile

    assert outcome_of(handler).error_type == "Hostile"


def test_recursion_without_end_is_an_error_of_the_handler():
    def handler(*_):
        return handler()

    assert outcome_of(handler).error_type == "RecursionError"


def test_the_event_is_new_for_every_invocation():
    """What a handler does to its event does not come back to it."""
    seen = []

    def handler(event, _):
        seen.append(sorted(event))
        event["mine"] = event.pop("Records")
        raise ValueError

    simulation = Simulation(handler, deployment=Deployment.of(max_receive_count=2))
    simulation.send("a")
    simulation.run()
    assert seen == [["Records"], ["Records"]]
