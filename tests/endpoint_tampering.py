"""Endpoints that are not as AWS: a real one, whose answers are changed on the way."""

from __future__ import annotations

from sqs_contract.endpoints.connection import Connection


class Tampered:
    """An endpoint whose answers are changed on the way, or left out."""

    def __init__(self, connection: Connection, tamper) -> None:
        self._connection = connection
        self._tamper = tamper
        self.endpoint = connection.endpoint

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def call(self, operation, **parameters):
        return self._tamper(self._connection.call, operation, parameters)


def on(operation):
    """Tamper with the answers to one operation."""

    def decorate(change):
        def tamper(call, called, parameters):
            answer = call(called, **parameters)
            return change(answer) if called == operation else answer

        return tamper

    return decorate


def changed(change):
    """Tamper with each message that is received."""

    @on("ReceiveMessage")
    def tamper(answer):
        for message in answer.get("Messages", ()):
            change(message)
        return answer

    return tamper


def swallowed(operation):
    """Calls of an operation succeed and do nothing."""

    def tamper(call, called, parameters):
        return {} if called == operation else call(called, **parameters)

    return tamper
