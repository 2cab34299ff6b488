"""Requests of HTTP/1.1 read from bytes, and answers written to bytes: no socket, no thread.

Only what a runtime client and the SDKs send to a server on their own machine. Ours and no
library's because it is most of the time an invocation takes: a library that is meant for the
whole of HTTP takes several times as long for the four messages there are in each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

HEAD_MAX: Final = 2 << 20
"""In bytes. The Python client sends up to 1 MiB of X-Ray cause in one header (S135)."""

BODY_MAX: Final = 256 << 20
"""In bytes: more than any service of AWS takes in one request that a handler would send."""

_LINE: Final = b"\r\n"
_END_OF_HEAD: Final = b"\r\n\r\n"
_REQUEST_LINE_WORDS: Final = 3
_REASONS: Final[Mapping[int, str]] = {
    200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
    413: "Payload Too Large", 500: "Internal Server Error",
}  # fmt: skip

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
"""What a client waits for that announced its body first: botocore does, for S3."""


class BadRequest(Exception):
    """What came is no request of HTTP/1.1, or is larger than anything of use."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request. The names of headers are in small letters; one that comes twice is joined.

    Attributes:
        target: path and query, as they were sent.
        trailers: headers that came behind a body in chunks.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    trailers: Mapping[str, str] = field(default_factory=dict)

    @property
    def keeps_alive(self) -> bool:
        """Whether the client may send another on this connection."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(slots=True)
class _Head:
    method: str
    target: str
    headers: dict[str, str]
    length: int | None
    """Of the body in bytes; `None` where it comes in chunks."""


class RequestReader:
    """Reads the requests of one connection, whatever pieces they come in."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._chunks = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        self._buffer += data

    def next_request(self) -> HttpRequest | None:
        """The next request that is here in full.

        Raises:
            BadRequest: it is none, or too large.
        """
        head = self._head
        if head is None:
            head = self._read_head()
            if head is None:
                return None
            self._head = head
        if head.length is None:
            trailers = self._read_chunks()
            if trailers is None:
                return None
            body, self._chunks = bytes(self._chunks), bytearray()
        else:
            if len(self._buffer) < head.length:
                return None
            body, trailers = bytes(self._buffer[: head.length]), {}
            del self._buffer[: head.length]
        self._head = None
        return HttpRequest(head.method, head.target, head.headers, body, trailers)

    def awaits_continue(self) -> bool:
        """Whether the client holds its body back until it is asked for it. True only once."""
        head = self._head
        return head is not None and head.headers.pop("expect", "").lower() == "100-continue"

    def _read_head(self) -> _Head | None:
        end = self._buffer.find(_END_OF_HEAD)
        if end < 0:
            if len(self._buffer) > HEAD_MAX:
                raise BadRequest(f"a head of more than {HEAD_MAX} bytes")
            return None
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + len(_END_OF_HEAD)]
        words = lines[0].split(" ")
        if len(words) != _REQUEST_LINE_WORDS or not words[2].startswith("HTTP/1."):
            raise BadRequest(f"no request line: {lines[0][:80]!r}")
        headers = _headers(lines[1:])
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return _Head(words[0], words[1], headers, None)
        return _Head(words[0], words[1], headers, _size(headers.get("content-length", "0"), 10))

    def _read_chunks(self) -> dict[str, str] | None:
        """Move the chunks that are here to the body; the trailers, once the last is."""
        while True:
            end = self._buffer.find(_LINE)
            if end < 0:
                return None
            size = _size(bytes(self._buffer[:end]).split(b";")[0].decode("latin-1"), 16)
            if size == 0:
                return self._read_trailers(end)
            start = end + len(_LINE)
            if len(self._buffer) < start + size + len(_LINE):
                return None
            self._chunks += self._buffer[start : start + size]
            if len(self._chunks) > BODY_MAX:
                raise BadRequest(f"a body of more than {BODY_MAX} bytes")
            del self._buffer[: start + size + len(_LINE)]

    def _read_trailers(self, last: int) -> dict[str, str] | None:
        if self._buffer[last : last + len(_END_OF_HEAD)] == _END_OF_HEAD:
            del self._buffer[: last + len(_END_OF_HEAD)]
            return {}
        end = self._buffer.find(_END_OF_HEAD, last)
        if end < 0:
            return None
        text = bytes(self._buffer[last + len(_LINE) : end]).decode("latin-1")
        del self._buffer[: end + len(_END_OF_HEAD)]
        return _headers(text.split("\r\n"))


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest(f"no header: {line[:80]!r}")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _size(text: str, base: int) -> int:
    try:
        size = int(text.strip(), base)
    except ValueError:
        raise BadRequest(f"no length: {text[:80]!r}") from None
    if not 0 <= size <= BODY_MAX:
        raise BadRequest(f"a body of {size} bytes")
    return size


def answer(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """An answer in one piece: head and body sent apart would cost 40 ms each, which the
    kernels of both sides wait for an acknowledgement."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode("latin-1", "replace")
    return head + _END_OF_HEAD + body
