"""Once an invocation has timed out nothing it still tries takes effect, in whatever thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from playing import create_table, error_types, put_item, strike

from sqs_contract.scenario import FaultKind

PUT = "dynamodb.PutItem items a"


@pytest.fixture
def left_by(world):
    """What a handler leaves in the table that times out before it writes `a`."""

    def play(handler, messages=("a",)):
        stand = world.use(handler, reset=create_table, max_receive_count=1, batch_size=1)
        run = stand.play(*messages, faults=[strike(FaultKind.TIMEOUT_BEFORE, PUT)])
        assert error_types(run)[0] == "Sandbox.Timedout"
        return [item["id"] for item in run.worlds[-1].get("dynamodb", {}).get("items", [])]

    return play


def put_in_spite_of_everything(key):
    try:
        put_item(key)
    except BaseException:  # noqa: BLE001  as handlers do
        put_item("from-except")
    finally:
        put_item("from-finally")


def test_nothing_of_the_main_thread(left_by):
    assert left_by(lambda *_: put_in_spite_of_everything("a")) == []


def test_no_except_and_no_finally_of_the_thread_that_was_struck(left_by):
    def handler(*_):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(put_in_spite_of_everything, "a").result()

    assert left_by(handler) == []


def test_no_other_thread(left_by):
    def handler(*_):
        over = threading.Event()

        def struck():
            try:
                put_item("a")
            finally:
                over.set()

        def other():
            over.wait(5)
            put_item("from-other-thread")

        with ThreadPoolExecutor(2) as pool:
            pool.submit(struck)
            pool.submit(other)

    assert left_by(handler) == []


def test_not_the_main_thread_that_waited_for_the_one_that_was_struck(left_by):
    def handler(*_):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(put_item, "a").exception()
        put_item("from-main-thread")

    assert left_by(handler) == []


# When the loop is struck is a matter of real time; there may be one it has no time to await.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_coroutine_that_waited_for_the_thread_that_was_struck(left_by):
    async def main():
        try:
            await asyncio.to_thread(put_item, "a")
        except BaseException:  # noqa: BLE001  as handlers do
            put_item("from-except")
        finally:
            await asyncio.to_thread(put_item, "from-finally")

    assert left_by(lambda *_: asyncio.run(main())) == []


def test_no_thread_that_outlives_its_sandbox(left_by):
    """The process is gone (S119), and its threads with it."""
    go = threading.Event()
    threads = []

    def late():
        go.wait(5)
        put_item("late")

    def handler(event, _):
        body = event["Records"][0]["body"]
        if body == "a":
            threads.append(threading.Thread(target=late))
            threads[0].start()
            put_item("a")
        go.set()
        threads[0].join(5)
        put_item(body)

    with pytest.MonkeyPatch.context() as patch:
        # The thread dies of what ended its sandbox; that is nobody's business.
        patch.setattr(threading, "excepthook", lambda _: None)
        assert left_by(handler, "ab") == ["b"]


def test_a_fault_in_one_thread_leaves_the_other_threads_of_a_living_sandbox_alone(world):
    """Look-alike: a call that fails ends nothing."""

    def handler(*_):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(put_quietly, ["a", "b"]))

    stand = world.use(handler, reset=create_table, max_receive_count=1)
    run = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT)])
    assert run.worlds[-1]["dynamodb"]["items"] == [{"id": "b"}]


def put_quietly(key):
    with contextlib.suppress(Exception):
        put_item(key)
