"""A request over HTTP is a fault site, whatever library makes it and whoever answers it.

Each library raises its own exceptions; what happened at the server is counted there.
"""

from __future__ import annotations

import asyncio
import http.server
import threading
import urllib.error
import urllib.request

import aiohttp
import httpx
import pytest
import requests
import requests.adapters
import responses
import respx
import urllib3
from playing import calls, error_types, nothing, playing, strike
from urllib3.util import Retry

from sqs_contract.scenario import FaultKind

SITE = "http.POST 127.0.0.1/charges"
OUTSIDE = "https://pay.example.com/charges"
OUTSIDE_SITE = "http.POST pay.example.com/charges"


@pytest.fixture(scope="module")
def server():
    """Notes what it was sent, and says it is fine. Runs in a thread of its own, outside."""

    class Requests(http.server.BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            self.server.bodies.append(self.rfile.read(length).decode())
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            """Nothing: it would be the handler's output."""

    for verb in ("GET", "POST", "PUT"):
        setattr(Requests, f"do_{verb}", Requests.answer)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Requests) as found:
        found.url = f"http://127.0.0.1:{found.server_port}/charges?secret=1"
        found.bodies = []
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def play(world, server):
    """Plays one message, tried once; returns the run and what the handler saw of it."""
    server.bodies.clear()

    def run(post, *faults, url=None, effects=None):
        seen = []

        def handler(event, _):
            try:
                seen.append(post(url or server.url, event["Records"][0]["body"]))
            except Exception as error:
                seen.append(error)
                raise

        stand = world.use(handler, max_receive_count=1, effects=effects)
        return stand.play("a", faults=faults), seen

    return run


def with_requests(url, body):
    return requests.post(url, data=body, timeout=5).status_code


def with_urllib3(url, body):
    return urllib3.PoolManager(timeout=5).request("POST", url, body=body).status


def with_httpx(url, body):
    return httpx.post(url, content=body).status_code


def with_httpx_async(url, body):
    async def main():
        async with httpx.AsyncClient() as client:
            return (await client.post(url, content=body)).status_code

    return asyncio.run(main())


def with_aiohttp(url, body):
    async def main():
        async with aiohttp.ClientSession() as session, session.post(url, data=body) as answer:
            assert await answer.text() in ("ok", "injected fault")
            return answer.status

    return asyncio.run(main())


def with_urllib(url, body):
    try:
        with urllib.request.urlopen(url, data=body.encode(), timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


LIBRARIES = {
    with_requests: (requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout),
    with_urllib3: (urllib3.exceptions.MaxRetryError, urllib3.exceptions.ReadTimeoutError),
    with_httpx: (httpx.ConnectError, httpx.ReadTimeout),
    with_httpx_async: (httpx.ConnectError, httpx.ReadTimeout),
    with_aiohttp: (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError),
    with_urllib: (urllib.error.URLError, TimeoutError),
}
EACH = pytest.mark.parametrize("post", LIBRARIES, ids=lambda post: post.__name__)


@EACH
def test_without_a_fault_the_request_is_one_site_and_is_answered(play, server, post):
    """One site, though libraries stand on each other; and no query, which may hold secrets."""
    run, seen = play(post)
    assert seen == [200]
    assert server.bodies == ["a"]
    assert [(it.site, it.nth, it.fault, it.error) for it in calls(run)] == [(SITE, 1, None, None)]


@EACH
def test_a_server_that_fails_answers_with_a_status_and_does_nothing(play, server, post):
    run, seen = play(post, strike(FaultKind.CALL_FAILS, SITE))
    assert seen == [503]
    assert server.bodies == []
    assert calls(run)[0].error in ("503", "HTTPError")


@EACH
def test_a_server_that_is_asked_too_often_says_so(play, server, post):
    _, seen = play(post, strike(FaultKind.CALL_THROTTLED, SITE))
    assert seen == [429]
    assert server.bodies == []


@EACH
def test_without_a_connection_the_library_raises_its_own_exception(play, server, post):
    run, [error] = play(post, strike(FaultKind.NO_CONNECTION, SITE))
    assert type(error) is LIBRARIES[post][0]
    assert server.bodies == []
    assert calls(run)[0].error == type(error).__name__


@EACH
def test_a_lost_answer_leaves_the_effect(play, server, post):
    run, [error] = play(post, strike(FaultKind.ANSWER_LOST, SITE))
    assert isinstance(error, LIBRARIES[post][1])
    assert server.bodies == ["a"]
    assert calls(run)[0].fault is FaultKind.ANSWER_LOST


@EACH
@pytest.mark.parametrize(
    ("kind", "error_type", "there"),
    [
        (FaultKind.TIMEOUT_BEFORE, "Sandbox.Timedout", []),
        (FaultKind.TIMEOUT_AFTER, "Sandbox.Timedout", ["a"]),
        (FaultKind.KILLED_BEFORE, "Runtime.ExitError", []),
        (FaultKind.KILLED_AFTER, "Runtime.ExitError", ["a"]),
    ],
)
def test_the_sandbox_dies_at_the_request(play, server, post, kind, error_type, there):
    run, seen = play(post, strike(kind, SITE))
    assert seen == []
    assert error_types(run) == [error_type]
    assert server.bodies == there


@EACH
def test_a_slow_server_takes_time_of_the_handlers(play, server, post):
    run, seen = play(post, strike(FaultKind.SLOW, SITE))
    assert seen == [200]
    assert calls(run)[0].at_ms - run.events[1].at_ms >= 2_000
    assert server.bodies == ["a"]


def test_an_answer_that_comes_later_than_the_handler_waits_is_lost(play, server):
    def post(url, body):
        return requests.post(url, data=body, timeout=1)

    _, [error] = play(post, strike(FaultKind.SLOW, SITE))
    assert isinstance(error, requests.exceptions.ReadTimeout)
    assert server.bodies == ["a"]


def test_retries_of_an_adapter_end_as_they_do_in_requests(play):
    def post(url, body):
        session = requests.Session()
        retries = Retry(total=3, status_forcelist=[503], allowed_methods=None)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        return session.post(url, data=body)

    _, [error] = play(post, strike(FaultKind.CALL_FAILS, SITE))
    assert isinstance(error, requests.exceptions.RetryError)


def test_the_retries_of_urllib3_lie_above_the_fault(play, server):
    """A PUT is tried again by itself, and finds no connection."""

    def put(url, body):
        return urllib3.PoolManager().request("PUT", url, body=body).status

    run, [error] = play(put, strike(FaultKind.ANSWER_LOST, SITE.replace("POST", "PUT")))
    assert isinstance(error, urllib3.exceptions.MaxRetryError)
    assert server.bodies == ["a"]
    assert len(calls(run)) == 1


def test_hooks_that_raise_for_a_status_are_called(play):
    def post(url, body):
        session = requests.Session()
        session.hooks["response"].append(lambda answer, **_: answer.raise_for_status())
        return session.post(url, data=body)

    _, [error] = play(post, strike(FaultKind.CALL_FAILS, SITE))
    assert isinstance(error, requests.exceptions.HTTPError)


def test_a_session_that_raises_for_a_status_does(play):
    def post(url, body):
        async def main():
            async with aiohttp.ClientSession(raise_for_status=True) as session:
                await session.post(url, data=body)

        asyncio.run(main())

    _, [error] = play(post, strike(FaultKind.CALL_FAILS, SITE))
    assert isinstance(error, aiohttp.ClientResponseError)
    assert error.status == 503


def mocked_by_responses(url, body):
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(OUTSIDE, status=202)
        return with_requests(url, body)


def mocked_by_respx(url, body):
    with respx.mock(assert_all_called=False) as mock:
        mock.post(OUTSIDE).respond(202)
        return with_httpx(url, body)


def mocked_as_by_aioresponses(url, body):
    """As aioresponses does it: what all methods of a session call is replaced."""

    class Answer:
        status = 202

        async def text(self):
            return "ok"

        def close(self):
            """Nothing is open."""

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            """Nothing is open."""

    async def request(_session, method, url, **_):
        assert (method, url) == ("POST", OUTSIDE)
        return Answer()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiohttp.ClientSession, "_request", request)
        return with_aiohttp(url, body)


def mocked_by_a_transport(url, body):
    transport = httpx.MockTransport(lambda _: httpx.Response(202))
    with httpx.Client(transport=transport) as client:
        return client.post(url, content=body).status_code


MOCKED = pytest.mark.parametrize(
    "post", [mocked_by_responses, mocked_by_respx, mocked_as_by_aioresponses, mocked_by_a_transport]
)


@MOCKED
def test_a_site_lies_above_whoever_answers_in_the_servers_place(play, post):
    run, seen = play(post, url=OUTSIDE)
    assert seen == [202]
    assert [it.site for it in calls(run)] == [OUTSIDE_SITE]


@MOCKED
def test_a_request_that_is_mocked_fails_all_the_same(play, post):
    _, seen = play(post, strike(FaultKind.CALL_FAILS, OUTSIDE_SITE), url=OUTSIDE)
    assert seen == [503]


def test_what_the_server_itself_and_the_effects_do_is_no_site(play, server):
    """Look-alike: the same libraries, called by others than the handler."""

    def effects():
        return [with_requests(server.url, "seen"), len(server.bodies) > 0]

    run, seen = play(with_requests, strike(FaultKind.CALL_FAILS, SITE), effects=effects)
    assert seen == [503]
    assert run.worlds == [[200, True], [200, True]]


def test_a_library_is_as_it_was_when_no_world_is_there():
    before = requests.Session.send, httpx.Client._send_single_request, aiohttp.ClientSession.post
    with playing(nothing):
        assert requests.Session.send is not before[0]
    after = requests.Session.send, httpx.Client._send_single_request, aiohttp.ClientSession.post
    assert [it.__qualname__ for it in after] == [it.__qualname__ for it in before]


@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_a_call_that_fails_at_once_is_over_while_others_are_on_their_way(play, server, library):
    """A mock that answers at once would never show what `gather` leaves behind."""

    async def with_client(post):
        if library == "httpx":
            async with httpx.AsyncClient() as client:
                return await post(client)
        async with aiohttp.ClientSession() as session:
            return await post(session)

    async def main(url, body):
        async def post(client):
            await asyncio.gather(
                client.post(f"{url}&first", content=body)
                if library == "httpx"
                else client.post(f"{url}&first", data=body),
                refuse(),
            )

        async def refuse():
            raise ValueError("refused at once")

        await with_client(post)

    run, (seen,) = play(lambda url, body: asyncio.run(main(url, body)))
    assert isinstance(seen, ValueError)
    assert [call.error for call in calls(run)] == ["CancelledError"]
    assert server.bodies == []
