"""The guard: while a run is on, nothing connects to anything but this machine."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqs_contract.world.life import NOW
from sqs_contract.world.patching import patched

_LOCAL_NAMES: Final = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", ""})


class ConnectionRefusedByGuard(ConnectionRefusedError):
    """The handler tried to reach an outside host. An `OSError`, as a network that is down."""

    def __init__(self, host: str, port: object) -> None:
        super().__init__(
            f"sqs-contract refuses connections to outside hosts during a run: {host}:{port}"
        )


class NetworkGuard:
    """Refuses connections and look-ups that leave this machine, and remembers them."""

    def __init__(self, is_past_the_sites: Callable[[], bool] = lambda: False) -> None:
        self.refused: dict[str, None] = {}  # insertion-ordered: the report is deterministic
        self.past_the_sites: dict[str, None] = {}
        """Where the handler connected to past every fault site."""
        self._is_past_the_sites = is_past_the_sites

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand between `socket` and the network."""
        connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
        sendto, getaddrinfo = socket.socket.sendto, socket.getaddrinfo

        def guarded_connect(sock: socket.socket, address: Any) -> None:
            self._check(sock, address)
            connect(sock, address)

        def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
            self._check(sock, address)
            return connect_ex(sock, address)

        def guarded_sendto(sock: socket.socket, data: Any, *rest: Any) -> int:
            self._check(sock, rest[-1])
            return sendto(sock, data, *rest)

        def guarded_getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host is not None and not is_local(_text(host)):
                # Event loops look names up in threads that do not know for which call.
                if threading.get_ident() == NOW.thread:
                    self._note(_text(host), port)
                self._refuse(_text(host), port)
            return getaddrinfo(host, port, *args, **kwargs)

        with patched(
            (socket.socket, "connect", guarded_connect),
            (socket.socket, "connect_ex", guarded_connect_ex),
            (socket.socket, "sendto", guarded_sendto),
            (socket, "getaddrinfo", guarded_getaddrinfo),
        ):
            yield

    def _check(self, sock: socket.socket, address: Any) -> None:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        host = _text(address[0])
        self._note(host, address[1])
        if not is_local(host):
            self._refuse(host, address[1])

    def _note(self, host: str, port: object) -> None:
        if self._is_past_the_sites():
            self.past_the_sites.setdefault(_place(host, port))

    def _refuse(self, host: str, port: object) -> None:
        self.refused.setdefault(f"{host}:{port}")
        raise ConnectionRefusedByGuard(host, port)


def _place(host: str, port: object) -> str:
    """Where a connection leads: on this machine without the port, which may be another one
    each time."""
    return "this machine" if is_local(host) else f"{host}:{port}"


def is_local(host: str) -> bool:
    """Whether a host name or address means this machine, told without a look-up."""
    if host.lower().rstrip(".") in _LOCAL_NAMES or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _text(host: str | bytes) -> str:
    return host.decode("idna") if isinstance(host, bytes) else host
