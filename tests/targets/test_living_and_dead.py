"""What an execution environment leaves behind, and what of it goes on when it must not."""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playing import create_table, error_types, put_item

from sqs_contract import Deployment, Simulation
from sqs_contract.history import Ended
from sqs_contract.model.invocation import FunctionError
from sqs_contract.world.clock import real_monotonic


def outcome_of(handler, **settings):
    simulation = Simulation(handler, deployment=Deployment.of(max_receive_count=1, **settings))
    simulation.send("a")
    simulation.run()
    return next(event.outcome for event in simulation.history if isinstance(event, Ended))


def error_type_of(handler, **settings):
    outcome = outcome_of(handler, **settings)
    return outcome.error_type if isinstance(outcome, FunctionError) else None


def get_from_a_queue(seconds):
    try:
        queue.Queue().get(timeout=seconds)
    except queue.Empty:
        return


def wait_for_a_condition(seconds):
    with (condition := threading.Condition()):
        condition.wait_for(lambda: False, timeout=seconds)


def wait_in_an_event_loop(seconds):
    async def main():
        try:
            await asyncio.wait_for(asyncio.Event().wait(), seconds)
        except TimeoutError:
            return

    asyncio.run(main())


def wait_for_a_thread_that_sleeps(seconds):
    thread = threading.Thread(target=time.sleep, args=(seconds,))
    thread.start()
    thread.join()


def sleep_beside_a_thread_of_a_pool(seconds):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int)
        time.sleep(seconds)


def poll_the_time(seconds):
    end = time.time() + seconds
    while time.time() < end:
        pass


@pytest.mark.parametrize(
    "wait",
    [
        get_from_a_queue,
        wait_for_a_condition,
        wait_in_an_event_loop,
        wait_for_a_thread_that_sleeps,
        sleep_beside_a_thread_of_a_pool,
        poll_the_time,
        lambda seconds: threading.Semaphore(0).acquire(timeout=seconds),
    ],
)
def test_waits_take_virtual_time_and_end_at_the_deadline(wait):
    started, felt = real_monotonic(), []

    def handler(*_):
        before = time.time()
        wait(2)
        felt.append(time.time() - before)

    assert error_type_of(handler) is None
    assert felt == [pytest.approx(2, abs=0.05)]
    assert error_type_of(lambda *_: wait(60)) == "Sandbox.Timedout"
    assert real_monotonic() - started < 8


def test_ten_sleeps_at_a_time_take_as_long_as_one():
    felt = []

    def handler(*_):
        before = time.time()
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(time.sleep, [1] * 10))
        felt.append(time.time() - before)

    assert error_type_of(handler) is None
    assert felt == [pytest.approx(1, abs=0.1)]


def test_work_in_a_pool_is_waited_for_by_real_time():
    """A thread that works is no reason for the clock to move on."""

    def work():
        ends = real_monotonic() + 0.5
        while real_monotonic() < ends:
            pass
        return "done"

    results = []

    def handler(*_):
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            while not future.done():
                time.sleep(0.5)
            results.append(future.result(timeout=2))

    assert error_type_of(handler) is None
    assert results == ["done"]


def test_a_thread_that_outlives_its_invocation_is_frozen_until_the_next(world):
    """What it does then belongs to the next invocation."""
    go = threading.Event()

    def late():
        go.wait(99)
        put_item("late")

    threads = []

    def handler(event, _):
        if event["Records"][0]["body"] == "a":
            threads.append(threading.Thread(target=late))
            threads[0].start()
            go.set()
        else:
            threads[0].join()

    go_slowly = world.use(handler, reset=create_table, batch_size=1)
    run = go_slowly.play("a", "b")
    assert error_types(run) == [None, None]
    assert [item["id"] for item in run.worlds[-1]["dynamodb"]["items"]] == ["late"]


def test_a_connection_of_a_dead_process_holds_no_lock(world, tmp_path):
    database = tmp_path / "rows.db"

    def handler(event, _):
        connection = sqlite3.connect(database, timeout=0)
        connection.execute("INSERT INTO rows VALUES (?)", (event["Records"][0]["body"],))
        if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            time.sleep(99)
        connection.commit()

    def reset():
        database.unlink(missing_ok=True)
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE rows (body)")
        connection.close()

    run = world.use(handler, reset=reset).play("a")
    assert error_types(run) == ["Sandbox.Timedout", None]


def test_what_a_handler_leaves_in_tmp_is_gone_with_its_world(world):
    left = Path(tempfile.gettempdir()) / f"sqs-contract-test-{os.getpid()}"
    before = Path(tempfile.gettempdir()) / f"sqs-contract-test-before-{os.getpid()}"
    before.write_text("mine")
    seen = []

    def handler(*_):
        seen.append(left.exists())
        left.write_text("x")
        before.write_text("x")

    stand = world.use(handler, batch_size=1)
    try:
        stand.play("a", "b")
        stand.play("a")
        assert seen == [False, True, False]
        stand.play()
        assert not left.exists()
        assert before.exists()
    finally:
        before.unlink()


def test_variables_directory_and_search_path_are_new_with_every_world(world, tmp_path):
    seen = []

    def handler(*_):
        import sys

        seen.append((os.environ.get("LEFT"), Path.cwd() == tmp_path, bool(sys.path)))
        os.environ["LEFT"] = "x"
        os.chdir(tmp_path)
        sys.path.clear()

    stand = world.use(handler)
    stand.play("a")
    stand.play("a")
    assert seen == [(None, False, True)] * 2
    stand.play()


def test_what_reset_sets_stays_for_the_handler(world):
    seen = []

    def reset():
        os.environ["TABLE"] = "of reset"

    stand = world.use(lambda *_: seen.append(os.environ["TABLE"]), reset=reset)
    stand.play("a")
    stand.play("a")
    assert seen == ["of reset"] * 2


def test_a_fork_of_the_handler_ends_itself():
    """And does not go on as a second copy of the verification."""
    pids = []

    def handler(*_):
        pid = os.fork()
        if pid == 0:
            return
        pids.append(os.waitpid(pid, 0)[1])

    assert error_type_of(handler) is None
    assert pids == [0]


def test_a_greenlet_of_the_handler_s_own_ends_with_it():
    from greenlet import greenlet

    ran = []

    def inner():
        try:
            time.sleep(99)
        finally:
            ran.append("finally")

    assert error_type_of(lambda *_: greenlet(inner).switch()) == "Sandbox.Timedout"
    assert ran == []


def test_where_a_handler_hung_is_told(world, monkeypatch):
    monkeypatch.setattr("sqs_contract.targets.watchdog.WATCHDOG_S", 0.5)

    def handler(*_):
        while True:
            pass

    stand = world.use(handler, max_receive_count=1)
    assert error_types(stand.play("a")) == ["Sandbox.Timedout"]
    [place] = stand.player.target.hung
    assert "test_living_and_dead.py:" in place
