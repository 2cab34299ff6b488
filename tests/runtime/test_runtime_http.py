"""Requests of HTTP, in whatever pieces they come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract.runtime.http import BODY_MAX, BadRequest, RequestReader, answer

PLAIN = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = (
    b"POST /s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;why=not\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: yes\r\n\r\n"
)
BARE = b"GET /n HTTP/1.1\r\nConnection: close\r\n\r\n"


def read(data, cuts=()):
    """The requests in some bytes that come in pieces."""
    reader, found, places = RequestReader(), [], [0, *sorted(cuts), len(data)]
    for start, end in itertools.pairwise(places):
        reader.feed(data[start:end])
        while (request := reader.next_request()) is not None:
            found.append(request)
    return found


@given(cuts=st.sets(st.integers(0, len(PLAIN + CHUNKED + BARE))))
def test_requests_are_the_same_in_whatever_pieces_they_come(cuts):
    plain, chunked, bare = read(PLAIN + CHUNKED + BARE, cuts)
    assert (plain.method, plain.target, plain.body) == ("POST", "/a?b=c", b"abc")
    assert plain.headers["x-two"] == "1,2"
    assert (chunked.body, dict(chunked.trailers)) == (b"abcde", {"x-late": "yes"})
    assert (bare.body, bare.keeps_alive) == (b"", False)
    assert plain.keeps_alive


def test_a_body_in_chunks_without_trailers_ends_with_the_last_chunk():
    """The requests of a runtime client may come in chunks (S138)."""
    data = CHUNKED.replace(b"X-Late: yes\r\n", b"")
    first, second = read(data + BARE)
    assert (first.body, dict(first.trailers)) == (b"abcde", {})
    assert second.target == "/n"


def test_a_client_that_waits_to_be_asked_for_its_body_is_known_once():
    reader = RequestReader()
    reader.feed(b"PUT /o HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert reader.next_request() is None
    assert reader.awaits_continue()
    assert not reader.awaits_continue()
    reader.feed(b"ok")
    assert reader.next_request().body == b"ok"


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1),
        b"G" * (3 << 20),
    ],
)
def test_what_is_no_request_is_refused(data):
    with pytest.raises(BadRequest):
        read(data)


def test_an_answer_is_one_piece_with_its_length():
    assert answer(202, {"A": "b"}, b"xyz") == (
        b"HTTP/1.1 202 Accepted\r\nA: b\r\nContent-Length: 3\r\n\r\nxyz"
    )
