"""The queues of one run on an endpoint: made under names and tags of their own, called, and
removed again. No other queue is ever changed.

Owns what a queue of ours is told by. Runs where nothing is mocked (`process`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ParamValidationError,
    ReadTimeoutError,
)

from sqs_contract.endpoints.clients import clients
from sqs_contract.endpoints.endpoint import AWS, MOTO, Endpoint
from sqs_contract.endpoints.functions import Functions
from sqs_contract.endpoints.our_stores import OurStores
from sqs_contract.endpoints.ours import Cleaned, tags_of, why_not_ours
from sqs_contract.endpoints.refusals import code_and_message, explain, needs_credentials, told_by
from sqs_contract.endpoints.stores import Stores
from sqs_contract.endpoints.within import TooLate, within
from sqs_contract.errors import UsageError
from sqs_contract.model.sqs_errors import Refusal

_NAME_MAX: Final = 80
_NO_SUCH_QUEUE: Final = ("NonExistentQueue", "QueueDoesNotExist")
_REQUEST_REFUSED: Final = "RequestRefusedBySdk"
_PAGE: Final = 1_000
_SLACK: Final = 1.25
_SERVER_ERROR: Final = 500

_GARBAGE: Final = (BotoCoreError, ValueError, KeyError, TypeError, AttributeError)
"""What boto3 raises where there is no answer, or its parser makes nothing of it."""


class Account:
    """Calls an endpoint, and knows which queues there are ours.

    Args:
        client_of: makes boto3's client of a service.
        endpoint: the settings.
        name: what the endpoint is called.
        run: a name for this run that no other has.
    """

    def __init__(
        self, client_of: Callable[[str], Any], endpoint: Endpoint, name: str, run: str
    ) -> None:
        self.name = name
        self._clients = cache(client_of)
        self._endpoint = endpoint
        self._run = run
        self._ours: dict[str, None] = {}
        self._made = 0
        self._calls = 0
        self._shifted_s = 0.0
        self._travel: Any = None
        stem = f"{endpoint.prefix}-{run}"
        send = partial(self._send, service="lambda")
        self.functions = Functions(send, name, stem, tags_of(run))
        self._stores = OurStores(self._clients, name, tags_of(run))

    @classmethod
    @contextmanager
    def entered(cls, endpoint: Endpoint, run: str) -> Iterator[Account]:
        """An account at an endpoint that has answered once; what is made there is removed at the
        end, however it comes.

        Raises:
            UsageError: the endpoint does not answer as SQS does.
        """
        with clients(endpoint) as (quick, client_of, name):
            account = cls(client_of, endpoint, name, run)
            account.probe(quick)
            try:
                yield account
            finally:
                account.close()

    def probe(self, client: Any) -> None:
        """Ask for a queue there is none of: what answers as SQS does is taken for SQS.

        Raises:
            UsageError: it does not.
        """
        name = f"{self._endpoint.prefix}-{self._run}-none"
        answer_s = float(client.meta.config.read_timeout)
        try:
            self._count()
            # A little more than for one read: what comes in drops, or has no end, is cut off.
            with within(answer_s * _SLACK):
                client.get_queue_url(QueueName=name)
        except TooLate:
            late = ReadTimeoutError(endpoint_url=self.name)
            raise explain(late, self.name, answer_s) from None
        except ClientError as error:
            if code_and_message(error)[0].endswith(_NO_SUCH_QUEUE):
                return
            raise told_by(error, self.name) from None
        except UsageError:
            raise
        except ReadTimeoutError as error:
            raise explain(error, self.name, answer_s) from None
        except Exception as error:  # noqa: BLE001  parsers fail on garbage in ways of their own
            raise explain(error, self.name, self._endpoint.connect_timeout_s) from None
        raise UsageError(
            f"{self.name} does not answer as SQS does (it has a queue of the name {name!r}, which "
            "nobody made): is it an SQS endpoint?"
        )

    def create(self, hint: str, attributes: Mapping[str, str]) -> dict[str, str] | Refusal:
        """Make a queue; its `url` and `arn`. The name begins with the prefix and the run's."""
        self._made += 1
        suffix = ".fifo" if attributes.get("FifoQueue") == "true" else ""
        stem = f"{self._endpoint.prefix}-{self._run}-{self._made}-{hint.removesuffix('.fifo')}"
        parameters = {
            "QueueName": stem[: _NAME_MAX - len(suffix)] + suffix,
            "Attributes": dict(attributes),
            "tags": tags_of(self._run),
        }
        answer = self._send("CreateQueue", parameters)
        if isinstance(answer, Refusal):
            return answer
        url = str(answer.get("QueueUrl", ""))
        if not url:
            raise UsageError(f"{self.name} does not answer as SQS does: a new queue has no URL")
        self._ours[url] = None
        asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
        about = self._send("GetQueueAttributes", asked)
        if isinstance(about, Refusal):
            return about
        return {"url": url, "arn": str(about.get("Attributes", {}).get("QueueArn", ""))}

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        """The answer to a call about a queue of ours.

        Raises:
            UsageError: the endpoint does not answer any more, or no more calls may be made.
        """
        url = parameters.get("QueueUrl")
        assert url is None or url in self._ours, f"{url} is not ours"
        assert url is not None or operation.endswith("MoveTask"), operation
        return self._send(operation, parameters)

    def drop(self, urls: tuple[str, ...]) -> None:
        """Remove queues of ours."""
        for url in urls:
            assert url in self._ours, f"{url} is not ours"
            self._send("DeleteQueue", {"QueueUrl": url}, capped=False)
            self._ours.pop(url, None)

    def shift(self, seconds: float) -> None:
        """Let time pass at once: for an endpoint in this process."""
        import time_machine  # noqa: PLC0415  rarely needed

        self._shifted_s += seconds
        if self._travel is not None:
            self._travel.stop()
        now = datetime.fromtimestamp(time.time() + self._shifted_s, UTC)
        self._travel = time_machine.travel(now, tick=True)
        self._travel.start()

    def load_package(self, package: bytes) -> None:
        """The zip of the functions that are made from now on."""
        self.functions.load(package)

    def create_function(self, settings: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Make a function; its name."""
        return self.functions.create(settings)

    def try_function(self, settings: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Make a function, on an endpoint that may have no Lambda: its name; or why there is none,
        whatever answered."""
        try:
            return self.functions.create(settings)
        except UsageError as error:
            return Refusal("UsageError", str(error))

    def configure_function(
        self, name: str, settings: Mapping[str, Any]
    ) -> dict[str, str] | Refusal:
        """Change the settings of a function of ours."""
        return self.functions.configure(name, settings)

    def connect_function(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        """Make the event source mapping of a function of ours."""
        return self.functions.connect(name, settings)

    def invoke_function(self, name: str, payload: str) -> str | Refusal:
        """The response of a function of ours."""
        return self.functions.invoke(name, payload)

    def mapping_state(self, uuid: str) -> str:
        """The state of a mapping of ours; empty where the endpoint does not say."""
        return self.functions.mapping_state(uuid)

    def reserve_function(self, name: str, executions: int) -> dict[str, Any] | Refusal:
        """Reserve concurrency for a function of ours."""
        return self.functions.reserve(name, executions)

    def drop_function(self, name: str) -> None:
        """Remove a function of ours and its mappings."""
        self.functions.drop(name)

    def disconnect_function(self, name: str) -> None:
        """Remove the mappings of a function of ours."""
        self.functions.disconnect(name)

    def sees(self, queue: str, stores: Stores) -> bool:
        """Whether any of this is known here: a queue by its name, tables, buckets. What another
        account made is not, where accounts are kept apart.

        Raises:
            UsageError: the endpoint does not say.
        """
        found = self._send("GetQueueUrl", {"QueueName": queue})
        if not isinstance(found, Refusal):
            return True
        with self._told():
            return self._stores.sees(stores)

    def make_stores(self, stores: Stores) -> None:
        """Bring tables and buckets of ours to hold this, and nothing else."""
        assert self._endpoint.backend != AWS, "in a real account no table is made"
        with self._told():
            self._stores.make(stores)

    def read_stores(self) -> Stores:
        """What our tables and buckets hold."""
        with self._told():
            return self._stores.read()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What a service refuses, or does not answer, in one line."""
        try:
            yield
        except (*_GARBAGE, ClientError) as error:
            raise explain(error, self.name, self._endpoint.connect_timeout_s) from None

    def close(self) -> None:
        """Remove everything of ours, as far as the endpoint still answers: the functions first,
        which are fed by the queues."""
        with suppress(UsageError):  # it is gone, or `clean` will find it
            self.functions.close()
        for url in list(self._ours):
            try:
                self.drop((url,))
            except UsageError:
                break  # it is gone, or `clean` will find it
        with suppress(UsageError), self._told():
            self._stores.close()

    def clean(self) -> Cleaned:
        """Remove what runs that are over left here, and only that: queues and functions by name
        and tag, tables and buckets by tag; in the accounts that only runs use, too.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        removed: dict[str, None] = {}
        left: dict[str, None] = {}
        others: dict[str, None] = {}
        self._clean_here(removed, left, others)
        for endpoint in self._endpoint.in_other_accounts:
            with suppress(UsageError), clients(endpoint) as (_, client_of, name):
                account = Account(client_of, endpoint, name, self._run)
                account._clean_here(removed, left, others)
        return Cleaned(removed=tuple(removed), left=tuple(left), others=tuple(others))

    def _clean_here(
        self, removed: dict[str, None], left: dict[str, None], others: dict[str, None]
    ) -> None:
        if self._endpoint.backend != MOTO:
            others |= dict.fromkeys(self._clean_others(left))
        for url in sorted(self._listed()):
            name = url.rstrip("/").rpartition("/")[2]
            tags = self._send("ListQueueTags", {"QueueUrl": url})
            why = _why_not_ours(tags)
            if why is not None:
                left[f"{name}: {why}"] = None
                continue
            answer = self._send("DeleteQueue", {"QueueUrl": url})
            if isinstance(answer, Refusal) and not answer.code.endswith(_NO_SUCH_QUEUE):
                left[f"{name}: {answer.code}: {answer.message}"] = None
            else:
                removed[name] = None

    def _clean_others(self, left: dict[str, None]) -> Iterator[str]:
        """Remove functions, tables and buckets: what each is and its name."""
        with suppress(UsageError):  # an endpoint of queues alone may answer anything
            for name, why in self.functions.clean(self._endpoint.prefix, why_not_ours):
                if why is None:
                    yield f"function {name}"
                else:
                    left[f"{name}: {why}"] = None
        if self._endpoint.backend == AWS:  # nothing of the kind is made there
            return
        with suppress(UsageError), self._told():
            yield from self._stores.clean(why_not_ours)

    def _listed(self) -> Iterator[str]:
        token: str | None = None
        while True:
            parameters: dict[str, Any] = {
                "QueueNamePrefix": f"{self._endpoint.prefix}-",
                "MaxResults": _PAGE,
            }
            if token is not None:
                parameters["NextToken"] = token
            answer = self._send("ListQueues", parameters)
            if isinstance(answer, Refusal):
                raise UsageError(f"{self.name} does not list its queues: {answer.code}")
            yield from answer.get("QueueUrls", ())
            token = answer.get("NextToken")
            if token is None:
                return

    def _send(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        capped: bool = True,
        service: str = "sqs",
    ) -> dict[str, Any] | Refusal:
        if capped:
            self._count()
        method: Callable[..., dict[str, Any]] = getattr(self._clients(service), _snake(operation))
        try:
            answer = method(**parameters)
        except ParamValidationError as error:
            return Refusal(_REQUEST_REFUSED, " ".join(str(error).split()))
        except ClientError as error:
            code, message = code_and_message(error)
            if needs_credentials(code):
                raise told_by(error, self.name) from None
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            return Refusal(code, message, int(status))
        except Exception as error:
            if self._endpoint.backend == MOTO:  # its server would answer so
                return Refusal("InternalError", f"{type(error).__name__}: {error}", _SERVER_ERROR)
            if isinstance(error, _GARBAGE):
                raise explain(error, self.name, self._endpoint.connect_timeout_s) from None
            raise
        metadata = answer.pop("ResponseMetadata", {})
        if service == "lambda":
            answer["http"] = metadata.get("HTTPStatusCode")
        return answer

    def _count(self) -> None:
        self._calls += 1
        limit = self._endpoint.calls_max
        if limit is not None and self._calls > limit:
            raise UsageError(
                f"{self.name}: {limit} calls were made, and no more may be: --max-calls allows more"
            )


def _why_not_ours(answer: dict[str, Any] | Refusal) -> str | None:
    """Why a queue may not be removed; `None` if a run that is over left it."""
    if isinstance(answer, Refusal):
        return f"its tags cannot be read ({answer.code})"
    return why_not_ours(answer.get("Tags") or {})


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
