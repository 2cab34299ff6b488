"""How a handler reaches out past every fault site is told, and what is a site is not."""

from __future__ import annotations

import socket
import threading

import pytest

from sqs_contract import Contract

PAST = "past every fault site"


@pytest.fixture
def listener():
    """A service nobody has a client library for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def serve():
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()
        over.set()
        thread.join()


def notes_on(handler, **more):
    return Contract(handler, bodies=["{}"], max_examples=0, **more).verify().notes


def test_a_client_library_that_is_no_site_is_told_by_name(tmp_path, monkeypatch):
    (tmp_path / "mails_orders.py").write_text(
        "def handler(event, context):\n"
        "    import smtplib  # wherever in the source\n"
        "    import json, requests\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    [note] = [it for it in notes_on("mails_orders:handler") if "fault site" in it]
    assert note == (
        "`smtplib` is used but no fault site: its calls are never made to fail; "
        "name a function with --fault-site"
    )


def test_a_connection_that_no_site_made_is_told(listener):
    def handler(*_):
        socket.create_connection(listener).close()

    [note] = [it for it in notes_on(handler) if PAST in it]
    assert note == (
        "the handler connected to this machine past every fault site: what it does there is "
        "never made to fail; name a function with --fault-site"
    )


def test_an_outside_host_is_told_once_more_as_refused(listener):
    def handler(*_):
        with pytest.raises(OSError, match="refuses"):
            socket.create_connection(("192.0.2.7", 5432))

    found = notes_on(handler)
    assert any("192.0.2.7:5432 past every" in it for it in found)
    assert any("tried to reach 192.0.2.7:5432" in it for it in found)


def connects(place):
    """A function of a user's own that reaches out."""
    socket.create_connection(place).close()


def test_a_connection_within_a_function_that_was_named_is_none_of_those(listener):
    def handler(*_):
        connects(listener)

    found = notes_on(handler, fault_sites=[connects])
    assert [it for it in found if PAST in it] == []


def test_one_that_a_covered_library_made_is_none_of_those(listener):
    import urllib.error
    import urllib.request

    def handler(*_):
        try:
            urllib.request.urlopen(f"http://{listener[0]}:{listener[1]}/")
        except OSError:
            return

    assert [it for it in notes_on(handler) if PAST in it] == []
