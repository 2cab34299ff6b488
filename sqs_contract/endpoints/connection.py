"""The near side of the process that calls an endpoint: started, asked, and let go.

To be started before any world is entered: there, boto3 is mocked and time is virtual.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqs_contract.endpoints.endpoint import MOTO, Endpoint
from sqs_contract.endpoints.messages import Fault, Wrong
from sqs_contract.endpoints.stores import Stores
from sqs_contract.errors import UsageError
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.world.pipes import Closed, receive, send

_GOING_S: Final = 20.0
"""How long to wait for the queues to be removed; the process goes on with it by itself."""

_RUN_BYTES: Final = 4


class Connection:
    """An endpoint, through the process that calls it.

    Attributes:
        endpoint: its settings.
        name: what it is called, as far as it says.
        calls: how many calls were made.
        others: the same endpoint as other accounts see it, if the function is deployed there.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.calls = 0
        self._fault: str | None = None
        self._asking = False
        their_requests, self._requests = os.pipe()
        self._answers, their_answers = os.pipe()
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-P", "-W", "ignore", "-m", "sqs_contract.endpoints.process"]
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter
                [*command, str(their_requests), str(their_answers)],
                env={**os.environ, "PYTHONPATH": path},
                pass_fds=(their_requests, their_answers),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is not for it
            )
        finally:
            os.close(their_requests)
            os.close(their_answers)
        self.name = ""
        self.others: tuple[Connection, ...] = ()

    @classmethod
    @contextmanager
    def entered(cls, endpoint: Endpoint) -> Iterator[Connection]:
        """Start the process, see that the endpoint answers, and remove all queues at the end.

        Raises:
            UsageError: the endpoint does not answer as SQS does.
        """
        connection = cls(endpoint)
        try:
            connection._introduce()
            connection.name = str(connection.answer())
            if endpoint.deployed is not None:
                connection.others = tuple(map(cls, endpoint.in_other_accounts))
                for other in connection.others:
                    other._introduce()  # its answer has time
            yield connection
        finally:
            together = (connection, *connection.others)
            for each in together:
                each.let_go()
            for each in together:
                each.close()

    def _introduce(self) -> None:
        # A name that no other run has: the one thing here that follows from no seed.
        self._request((self.endpoint, secrets.token_hex(_RUN_BYTES)))

    def kept_apart(self, queue: str, stores: Stores) -> list[Connection]:
        """The other accounts, if what is made in one is not there in another; none where an
        endpoint knows of no accounts, or lets nobody in.

        Args:
            queue: the name of a queue that this account has made.
            stores: tables and buckets that this account has made.
        """
        found: list[Connection] = []
        for other in self.others:
            try:
                other.name = other.name or str(other.answer())
                if other.sees(queue, stores):
                    break
            except UsageError:
                break
            found.append(other)
        return found

    def begin(self, method: str, *arguments: Any) -> None:
        """Have something done that takes long there; `answer` gives what came of it, and nothing
        else is asked before that."""
        self.calls += 1
        self._request((method, arguments))

    @property
    def has_answered(self) -> bool:
        """Whether what was begun is done, so that `answer` does not wait."""
        return bool(select.select([self._answers], [], [], 0)[0])

    def create(self, hint: str, attributes: Mapping[str, str]) -> dict[str, str] | Refusal:
        """Make a queue; its `url` and `arn`."""
        made: dict[str, str] | Refusal = self._ask("create", hint, dict(attributes))
        return made

    def call(self, operation: str, **parameters: Any) -> dict[str, Any] | Refusal:
        """The answer to a call.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        answer: dict[str, Any] | Refusal = self._ask("call", operation, parameters)
        return answer

    def drop(self, *urls: str) -> None:
        """Remove queues of ours."""
        self._ask("drop", urls)

    def load_package(self, package: bytes) -> None:
        """The zip of the functions that are made from now on."""
        self._ask("load_package", package)

    def create_function(self, settings: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Make a function; its `name`."""
        made: dict[str, str] | Refusal = self._ask("create_function", dict(settings))
        return made

    def configure_function(
        self, name: str, settings: Mapping[str, Any]
    ) -> dict[str, str] | Refusal:
        """Change the settings of a function of ours."""
        made: dict[str, str] | Refusal = self._ask("configure_function", name, dict(settings))
        return made

    def try_function(self, settings: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Make a function, on an endpoint that may have no Lambda: its `name`; or why there is
        none, whatever answered."""
        made: dict[str, str] | Refusal = self._ask("try_function", dict(settings))
        return made

    def connect_function(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        """Make the event source mapping of a function of ours: the endpoint's answer, and its
        status as `http`."""
        made: dict[str, Any] | Refusal = self._ask("connect_function", name, dict(settings))
        return made

    def mapping_state(self, uuid: str) -> str:
        """The state of a mapping of ours; empty where the endpoint does not say."""
        return str(self._ask("mapping_state", uuid))

    def reserve_function(self, name: str, executions: int) -> dict[str, Any] | Refusal:
        """Reserve concurrency for a function of ours."""
        made: dict[str, Any] | Refusal = self._ask("reserve_function", name, executions)
        return made

    def drop_function(self, name: str) -> None:
        """Remove a function of ours and its mappings."""
        self._ask("drop_function", name)

    def invoke_function(self, name: str, payload: str) -> str | Refusal:
        """The response of a function of ours to a payload, as JSON text."""
        answer: str | Refusal = self._ask("invoke_function", name, payload)
        return answer

    def disconnect_function(self, name: str) -> None:
        """Remove the mappings of a function of ours."""
        self._ask("disconnect_function", name)

    def make_stores(self, stores: Stores) -> None:
        """Bring tables and buckets of ours to hold this, and nothing else."""
        self._ask("make_stores", stores)

    def read_stores(self) -> Stores:
        """What our tables and buckets hold."""
        found: Stores = self._ask("read_stores")
        return found

    def sees(self, queue: str, stores: Stores) -> bool:
        """Whether a queue of this name, or one of these tables or buckets, is known there."""
        return bool(self._ask("sees", queue, stores))

    def wait(self, seconds: float) -> None:
        """Let time pass on the endpoint's clock."""
        self._ask("wait", seconds)

    def pass_time(self, seconds: float) -> None:
        """Let time pass on the endpoint's clock; where that is ours, at once."""
        self._ask("shift" if self.endpoint.backend == MOTO else "wait", seconds)

    def clean(self) -> Any:
        """Remove what runs that are over left: `account.Cleaned`."""
        return self._ask("clean")

    def let_go(self) -> None:
        """Have the process remove its queues and end, without waiting for that."""
        for descriptor in (self._requests, self._answers):
            os.close(descriptor)

    def close(self) -> None:
        """Wait until the process that was let go has ended."""
        try:
            self._process.wait(_GOING_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def pass_on(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """The answer to what another process asks."""
        return self._ask(method, *arguments)

    def _ask(self, method: str, *arguments: Any) -> Any:
        self.calls += 1
        return self._ask_for((method, arguments))

    def _ask_for(self, request: tuple[Any, ...]) -> Any:
        self._request(request)
        return self.answer()

    def _request(self, request: tuple[Any, ...]) -> None:
        if self._asking:
            # Ctrl-C came in the middle of a call: what is read now may belong to that one.
            raise UsageError(f"a call of {self.name} was interrupted, and no other is made")
        self._asking = True
        try:
            send(self._requests, request)
        except Closed:
            raise self._closed() from None

    def _closed(self) -> Exception:
        self._asking = False
        if self._fault is not None:
            return _failed(self._fault)
        return _gone(self.name or self.endpoint.name)

    def answer(self) -> Any:
        """The answer to what was begun, waited for.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        try:
            answer = receive(self._answers)
        except Closed:
            raise self._closed() from None
        self._asking = False
        match answer:
            case Wrong(message):
                raise UsageError(message)
            case Fault(text):
                self._fault = text
                raise _failed(text)
        return answer


def _failed(text: str) -> RuntimeError:
    """A fault of ours, with the traceback from there."""
    return RuntimeError(f"the process that calls the endpoint failed:\n{text}")


def _gone(name: str) -> UsageError:
    return UsageError(f"the process that calls {name} was ended from outside")
