"""What OpenTelemetry instruments is a fault site, if the user says so: here a memcached client.

The server is a stub that keeps what it is told to set; the client and its instrumentation are real.
"""

from __future__ import annotations

import socketserver
import threading

import pytest
from playing import calls, error_types, nothing, playing, strike
from pymemcache.client.base import Client

from sqs_contract.errors import UsageError
from sqs_contract.scenario import FaultKind

SITE = "otel.pymemcache set"
GIVEN = "otel:pymemcache=pymemcache.exceptions:MemcacheUnexpectedCloseError"


@pytest.fixture(scope="module")
def server():
    class Memcached(socketserver.StreamRequestHandler):
        def handle(self):
            while line := self.rfile.readline():
                key, size = line.split()[1], int(line.split()[4])
                self.server.kept[key.decode()] = self.rfile.read(size + 2)[:size].decode()
                self.wfile.write(b"STORED\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Memcached) as found:
        found.kept = {}
        thread = threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def world():
    with playing(nothing, fault_sites=[GIVEN]) as stand:
        yield stand


@pytest.fixture
def play(world, server):
    def run(*faults):
        seen = []
        server.kept.clear()

        def handler(event, _):
            client = Client(server.server_address)
            try:
                client.set(event["Records"][0]["body"], "done", noreply=False)
            except Exception as error:
                seen.append(type(error).__name__)
                raise
            finally:
                client.close()

        stand = world.use(handler, max_receive_count=1)
        return stand.play("a", faults=faults), dict(server.kept), seen

    return run


def test_without_a_fault_a_call_is_one_site(play):
    run, kept, seen = play()
    assert (kept, seen) == ({"a": "done"}, [])
    assert [(it.site, it.error) for it in calls(run)] == [(SITE, None)]


@pytest.mark.parametrize(
    ("kind", "there"), [(FaultKind.CALL_FAILS, {}), (FaultKind.ANSWER_LOST, {"a": "done"})]
)
def test_a_fault_raises_what_was_named(play, kind, there):
    run, kept, seen = play(strike(kind, SITE))
    assert seen == ["MemcacheUnexpectedCloseError"]
    assert kept == there
    assert [(it.fault, it.error) for it in calls(run)] == [(kind, seen[0])]


@pytest.mark.parametrize(
    ("kind", "there"), [(FaultKind.TIMEOUT_BEFORE, {}), (FaultKind.TIMEOUT_AFTER, {"a": "done"})]
)
def test_the_sandbox_dies_at_the_call(play, kind, there):
    run, kept, seen = play(strike(kind, SITE))
    assert seen == []
    assert error_types(run) == ["Sandbox.Timedout"]
    assert kept == there


def test_an_instrumentation_that_is_not_installed_is_said_in_one_line():
    with (
        pytest.raises(
            UsageError, match=r"no instrumentation of that name; installed: .*pymemcache"
        ),
        playing(nothing, fault_sites=["otel:no_such"]),
    ):
        pytest.fail("it was taken")
