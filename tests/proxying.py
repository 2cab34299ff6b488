"""A proxy before a moto server, and consumers that poll at it, in this process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config
from moto.server import ThreadedMotoServer

from sqs_contract.proxy.judging import judge
from sqs_contract.proxy.plans import ListedPlan, NoFaults
from sqs_contract.proxy.running import Settings, run
from sqs_contract.proxy.upstream import Upstream
from sqs_contract.proxy.wire import operations

OLD_MODELS = Path(__file__).parent / "proxy" / "botocore_1_31_80"
CREDENTIALS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}


@contextmanager
def moto_server() -> Iterator[str]:
    """The URL of a moto server, as long as this is entered."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


def client(url: str, *, tries: int = 2) -> Any:
    """A client of today's protocol, JSON."""
    config = Config(retries={"total_max_attempts": tries, "mode": "standard"})
    return boto3.client("sqs", endpoint_url=url, config=config, **CREDENTIALS)


def old_client(url: str) -> Any:
    """A client of the older protocol, by the model botocore had for it."""
    session = botocore.session.Session()
    session.get_component("data_loader").search_paths.insert(0, str(OLD_MODELS))
    made = session.create_client("sqs", endpoint_url=url, **CREDENTIALS)
    assert made.meta.service_model.metadata["protocol"] == "query"
    return made


class Running:
    """A session that goes on in a thread of its own."""

    def __init__(self, url: str, **given: Any) -> None:
        self.warnings: list[str] = []
        self._settings = {
            "upstream": Upstream(url), "plan": NoFaults(), "messages": (),
            "host": "127.0.0.1", "port": 0, "effects": None, "until_drained": False,
            "command": (), "timeout_s": None, **given,
        }  # fmt: skip
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.url = ""
        self.ended: Any = None
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the session."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
            assert not self._thread.is_alive()

    @property
    def history(self) -> list[Any]:
        """What happened."""
        self.stop()
        return list(self.ended.session.events)

    def verdicts(self) -> dict[str, str]:
        """The verdicts, once the session is over."""
        return {result.clause: result.verdict.value for result in self.results()}

    def results(self) -> list[Any]:
        """The verdicts and why."""
        self.stop()
        return judge(self.ended.session)

    def _run(self) -> None:
        try:
            asyncio.run(self._session())
        except BaseException as error:  # noqa: BLE001  raised where the test waits
            self._error = error
        finally:
            self._ready.set()

    async def _session(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.ended = await run(
            Settings(**self._settings), self._stop,
            listening=self._listening, warn=self.warnings.append,
        )  # fmt: skip

    def _listening(self, url: str) -> None:
        self.url = url
        self._ready.set()


def listed(*faults: Any) -> ListedPlan:
    """A plan of these faults."""
    return ListedPlan(faults, operations())


def asking(function: Any) -> Any:
    """Effects, asked of a function of the test's."""

    async def ask() -> Any:
        return json.loads(json.dumps(function()))

    return ask
