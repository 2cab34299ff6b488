"""The listening socket of one execution environment and what is connected to it.

Served only while the environment has the word: for the rest of the time it is as frozen as
Lambda's, since whatever it does of consequence waits here for its answer.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import Final

from sqs_contract.runtime.http import CONTINUE, BadRequest, HttpRequest, RequestReader, answer

_BACKLOG: Final = 128
_CHUNK: Final = 1 << 18
_READ: Final = select.POLLIN | select.POLLHUP | select.POLLERR
_BAD_REQUEST: Final = answer(400, {"Connection": "close"}, b"")


class Connection:
    """One connection: what has come of a request, and what has not gone of an answer."""

    __slots__ = ("_closes", "_out", "_reader", "_socket", "open")

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._reader = RequestReader()
        self._out = b""
        self._closes = False
        self.open = True

    def fileno(self) -> int:
        """Of its socket."""
        return self._socket.fileno()

    @property
    def waits_to_write(self) -> bool:
        """Whether the other side does not read as fast as we write."""
        return bool(self._out)

    def receive(self) -> bool:
        """Read what is there; false at its end."""
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if data:
            self._reader.feed(data)
        return bool(data)

    def next_request(self) -> HttpRequest | None:
        """A request that is here in full. What is none is told so, and the connection closed."""
        try:
            request = self._reader.next_request()
        except BadRequest:
            self._closes = True
            self.send(_BAD_REQUEST)
            return None
        if request is None and self._reader.awaits_continue():
            self.send(CONTINUE)
        elif request is not None and not request.keeps_alive:
            self._closes = True
        return request

    def send(self, data: bytes) -> None:
        """Write as much as goes now; the rest goes when `flush` is called."""
        self._out += data
        self.flush()

    def flush(self) -> None:
        """Write what is left to be written."""
        try:
            sent = self._socket.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        self._out = self._out[sent:]
        if self._closes and not self._out:
            self.close()

    def close(self) -> None:
        """Close it, whatever was still to be said."""
        self._out = b""
        self.open = False
        self._socket.close()


Handle = Callable[[Connection, HttpRequest], None]


class Connections:
    """A listening socket on this machine, and its connections."""

    def __init__(self, beside: int) -> None:
        """Listen; `beside` is another descriptor that is looked at."""
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(_BACKLOG)
        self._listener.setblocking(False)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._beside = beside
        self._open: dict[int, Connection] = {}
        self._poll = select.poll()
        self._poll.register(self._listener, select.POLLIN)
        self._poll.register(beside, select.POLLIN)

    def serve(self, handle: Handle, wait_s: float) -> bool:
        """Handle what is there, once something is or the time is over; whether the descriptor
        beside is readable."""
        beside = False
        for descriptor, event in self._poll.poll(max(wait_s, 0) * 1000):
            if descriptor == self._beside:
                beside = True
            elif descriptor == self._listener.fileno():
                self._accept()
            elif descriptor in self._open:
                self._serve_one(descriptor, event, handle)
        return beside

    def _serve_one(self, descriptor: int, event: int, handle: Handle) -> None:
        connection = self._open[descriptor]
        if event & select.POLLOUT:
            connection.flush()
        if event & _READ and connection.open and not connection.receive():
            connection.close()
        try:
            while connection.open:
                request = connection.next_request()
                if request is None:
                    break
                handle(connection, request)
        finally:  # an invocation may end in the middle of a request
            if not connection.open:
                self._poll.unregister(descriptor)
                del self._open[descriptor]
            elif connection.waits_to_write or event & select.POLLOUT:
                more = select.POLLOUT if connection.waits_to_write else 0
                self._poll.modify(descriptor, select.POLLIN | more)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        connection = Connection(sock)
        self._open[sock.fileno()] = connection
        self._poll.register(sock, select.POLLIN)

    def send(self, connection: Connection, data: bytes) -> None:
        """Write to a connection that waits for it."""
        connection.send(data)
        if connection.waits_to_write:
            self._poll.modify(connection.fileno(), select.POLLIN | select.POLLOUT)

    def close(self) -> None:
        """Close everything."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        self._listener.close()
