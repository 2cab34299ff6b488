"""Servers that speak just enough of PostgreSQL's and MySQL's protocols for a driver to work.

They know transactions: what a connection inserts is there once it commits, and
gone when the connection is. `rows` is what is committed.
"""

from __future__ import annotations

import re
import socketserver
import struct
import threading
from contextlib import contextmanager

INSERT = re.compile(r"insert into orders values \('?([^')]*)'?\)", re.IGNORECASE)


class Transaction:
    """What a connection has done and not committed."""

    def __init__(self, server):
        self.server = server
        self.pending = []
        self.is_open = False

    def run(self, statement, parameters=()):
        """Runs a statement; returns the tag of it."""
        words = statement.strip().upper().split()
        self.server.heard.append(statement)
        verb = words[0] if words else ""
        if verb in ("BEGIN", "START"):
            self.is_open = True
        elif verb in ("COMMIT", "ROLLBACK"):
            self.server.rows += self.pending if verb == "COMMIT" else []
            self.pending = []
            self.is_open = False
        elif verb == "INSERT":
            found = INSERT.search(statement)
            row = parameters[0] if parameters else found.group(1)
            (self.pending if self.is_open else self.server.rows).append(row)
            return "INSERT 0 1"
        return verb


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.rows = []
        self.heard = []
        """Every statement, as it came."""
        self.gone = threading.Semaphore(0)
        """Released whenever a connection has ended."""


@contextmanager
def running(handler):
    with Server(handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Connection(socketserver.BaseRequestHandler):
    def handle(self):
        self.transaction = Transaction(self.server)
        try:
            self.talk()
        except (ConnectionError, struct.error):
            return  # the client is gone, and with it what it did not commit
        finally:
            self.server.gone.release()

    def take(self, size):
        data = b""
        while len(data) < size:
            part = self.request.recv(size - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data


class PostgreSQL(Connection):
    def talk(self):
        self.greet()
        statement, parameters = "", []
        while True:
            kind = self.take(1)
            body = self.take(struct.unpack("!I", self.take(4))[0] - 4)
            if kind == b"Q":
                self.say(b"C", self.transaction.run(body[:-1].decode()).encode() + b"\0")
                self.ready()
            elif kind == b"P":
                statement = body.split(b"\0")[1].decode()
                self.say(b"1")
            elif kind == b"B":
                parameters = self.parameters(body)
                self.say(b"2")
            elif kind == b"D":
                self.say(b"n")
            elif kind == b"E":
                self.say(b"C", self.transaction.run(statement, parameters).encode() + b"\0")
            elif kind == b"S":
                self.ready()
            elif kind == b"X":
                return

    def greet(self):
        self.take(struct.unpack("!I", self.take(4))[0] - 4)
        self.say(b"R", struct.pack("!I", 0))
        for name, value in (("server_version", "15.0"), ("client_encoding", "UTF8")):
            self.say(b"S", f"{name}\0{value}\0".encode())
        self.ready()

    @staticmethod
    def parameters(body):
        rest = body.split(b"\0", 2)[2]
        (formats,) = struct.unpack_from("!H", rest)
        at = 2 + 2 * formats
        (count,) = struct.unpack_from("!H", rest, at)
        at += 2
        found = []
        for _ in range(count):
            (size,) = struct.unpack_from("!i", rest, at)
            found.append(rest[at + 4 : at + 4 + size].decode())
            at += 4 + size
        return found

    def ready(self):
        self.say(b"Z", b"T" if self.transaction.is_open else b"I")

    def say(self, kind, body=b""):
        self.request.sendall(kind + struct.pack("!I", len(body) + 4) + body)


class MySQL(Connection):
    def talk(self):
        self.say(
            0,
            b"\x0a8.0.0\0" + struct.pack("<I", 1) + b"12345678\0"
            + struct.pack("<HBHHB", 0xF7FF, 45, 2, 0x000F, 21) + b"\0" * 10
            + b"123456789012\0" + b"mysql_native_password\0",
        )  # fmt: skip
        self.hear()
        self.fine(2)
        while True:
            command = self.hear()
            if command[:1] == b"\x01":
                return
            statement = command[1:].decode()
            if statement.upper().replace(" ", "") == "SETAUTOCOMMIT=0":
                self.transaction.is_open = True
            self.transaction.run(statement)
            self.transaction.is_open = True  # the next one begins by itself
            self.fine(1)

    def hear(self):
        head = self.take(4)
        return self.take(int.from_bytes(head[:3], "little"))

    def fine(self, number):
        self.say(number, b"\0\0\0\x02\0\0\0")

    def say(self, number, body):
        self.request.sendall(len(body).to_bytes(3, "little") + bytes([number]) + body)
