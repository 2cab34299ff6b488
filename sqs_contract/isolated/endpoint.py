"""An endpoint as a worker has it: whoever started the worker calls it, and outlives the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.errors import UsageError
from sqs_contract.isolated.messages import Asked, Told


class FarConnection(Connection):
    """The worker's side.

    Args:
        endpoint: which it is.
        name: what it is called.
        ask: gets an answer from the other side.
    """

    def __init__(self, endpoint: Endpoint, name: str, ask: Callable[[Asked], Told]) -> None:
        self.endpoint = endpoint
        self.name = name
        self.calls = 0
        self.others = ()
        self._far = ask

    def _ask(self, method: str, *arguments: Any) -> Any:
        self.calls += 1
        told = self._far(Asked(method=method, arguments=arguments))
        if told.wrong is not None:
            raise UsageError(told.wrong)
        return told.answer


class NearConnection:
    """The side that calls the endpoint, for one run: a worker that dies of it leaves queues."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._urls: dict[str, None] = {}

    def tell(self, asked: Asked) -> Told:
        """What the endpoint answers."""
        try:
            answer = self._connection.pass_on(asked.method, asked.arguments)
        except UsageError as error:
            return Told(wrong=str(error))
        if asked.method == "create" and isinstance(answer, dict):
            self._urls[answer["url"]] = None
        if asked.method == "drop":
            for url in asked.arguments[0]:
                self._urls.pop(url, None)
        return Told(answer=answer)

    def drop_the_rest(self) -> None:
        """Remove the queues of a run whose worker is gone.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        self._connection.drop(*reversed(self._urls))
        self._urls.clear()
