"""The network guard, the seeded randomness, the captured output."""

from __future__ import annotations

import os
import random
import secrets
import socket
import sys
import uuid

import pytest

from sqs_contract.world.network import ConnectionRefusedByGuard, NetworkGuard, is_local
from sqs_contract.world.output import OutputTail, captured
from sqs_contract.world.patching import patched
from sqs_contract.world.randomness import Randomness


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("example.com", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("localhost.example.com", False),
        ("2001:db8::1", False),
    ],
)
def test_what_is_this_machine(host, local):
    assert is_local(host) is local


def with_a_socket(action, kind=socket.SOCK_STREAM):
    def attempt():
        with socket.socket(type=kind) as made:
            action(made)

    return attempt


def attempts():
    yield lambda: socket.create_connection(("203.0.113.7", 443), timeout=1)
    yield with_a_socket(lambda it: it.connect(("203.0.113.7", 443)))
    yield with_a_socket(lambda it: it.connect_ex(("203.0.113.7", 443)))
    yield with_a_socket(lambda it: it.sendto(b"x", ("203.0.113.7", 443)), socket.SOCK_DGRAM)
    yield lambda: socket.getaddrinfo("example.com", 443)
    yield lambda: socket.getaddrinfo(b"example.com", 443)


@pytest.mark.parametrize("attempt", list(attempts()))
def test_every_way_out_is_refused_and_remembered(attempt):
    """As an `OSError`, which is what a network that is down raises."""
    guard = NetworkGuard()
    with guard.installed(), pytest.raises(ConnectionRefusedByGuard, match="outside hosts") as error:
        attempt()
    assert isinstance(error.value, OSError)
    assert list(guard.refused) in (["203.0.113.7:443"], ["example.com:443"])


def test_this_machine_can_be_reached():
    with NetworkGuard().installed(), socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        with socket.create_connection((host, port)):
            accepted, _ = server.accept()
            accepted.close()
        with socket.socket() as other:
            assert other.connect_ex((host, port)) == 0
            server.accept()[0].close()
        assert socket.getaddrinfo(None, 80)
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            assert datagrams.sendto(b"x", ("127.0.0.1", port)) == 1


def test_sockets_that_are_no_network_are_let_through(tmp_path):
    with NetworkGuard().installed(), socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))


def test_the_guard_is_taken_away_again():
    before = socket.socket.connect, socket.getaddrinfo
    with NetworkGuard().installed():
        assert socket.socket.connect is not before[0]
    assert (socket.socket.connect, socket.getaddrinfo) == before


def draw():
    return (
        random.random(),
        uuid.uuid4(),
        os.urandom(8),
        secrets.token_hex(4),
        random.SystemRandom().random(),
    )


def test_the_same_seed_gives_the_same_values():
    randomness = Randomness()
    with randomness.installed():
        randomness.reseed(7)
        first = draw()
        randomness.reseed(7)
        assert draw() == first
        randomness.reseed(8)
        assert draw() != first


def test_the_process_goes_on_with_its_own_randomness():
    random.seed(1)
    expected = random.Random(1).random()
    with Randomness().installed():
        random.seed(99)
    assert random.random() == expected
    assert os.urandom(16) != os.urandom(16)


def test_output_is_kept_apart_and_bounded():
    tail = OutputTail()
    with captured(tail):
        print("x" * 100_000)
        print("the end")
        sys.stdout.close()
        print("still here", file=sys.stderr)
    assert len(tail.text()) <= 65_536
    assert tail.text().endswith("the end\nstill here\n")
    assert tail.last_line() == "still here"
    assert tail.writable()
    tail.clear()
    assert (tail.text(), tail.last_line()) == ("", "")


def test_patches_are_put_back_last_first():
    class Owner:
        value = 1

    with patched((Owner, "value", 2), (Owner, "value", 3)):
        assert Owner.value == 3
    assert Owner.value == 1
