"""AWS's own runtime client for Python in a process that was forked for it (S140).

Runs in the processes that the keeper forks, and in the keeper for what they all need: a process
imports the handler's modules, and nothing else, anew. Only one thing is not as on Lambda: the
process lives at another date (see `clock`), and the SDK's back-off draws its shortest pause.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import sys
import threading
import time
import types
from typing import Any

import time_machine

from sqs_contract.runtime.clock import SharedClock

_CLIENT = "runtime_client"
"""The part of the client that is in C: it looks up the address once, when it is loaded."""

sys.modules[_CLIENT] = None  # type: ignore[assignment]
from awslambdaric import bootstrap, lambda_runtime_client  # noqa: E402


def preload(names: list[str], services: list[str]) -> None:
    """Import libraries, and read the models of services, for every process that is forked from
    here on."""
    for name in names:
        with contextlib.suppress(Exception):  # then it fails where the handler imports it
            importlib.import_module(name)
    if "botocore" in sys.modules:
        _prepare_botocore()
        _read_models(services)


def _prepare_botocore() -> None:
    """Keep what botocore reads of its own files, and let nobody wait for its retries."""
    import botocore.endpoint  # noqa: PLC0415  only where the handler has it

    from sqs_contract.stage.read_once import read_once  # noqa: PLC0415  the same

    for owner, name, value in read_once():
        setattr(owner, name, value)
    # Assumption: the SDK's back-off draws its shortest pause, none, as in our own process.
    endpoint: Any = botocore.endpoint
    endpoint.time = types.SimpleNamespace(sleep=lambda _: None)


def _read_models(services: list[str]) -> None:
    """Make a client of each service once: what botocore reads for that is kept."""
    with contextlib.suppress(ImportError):
        import boto3  # noqa: PLC0415  where it is installed; its data lies beside botocore's

        session = boto3.Session("testing", "testing", region_name="us-east-1")
        for make in (session.client, session.resource):
            for name in services:
                with contextlib.suppress(Exception):  # it has none
                    make(name)


def run(handler: str, environment: dict[str, str], path: list[str], clock: str) -> int:
    """Be the runtime process of a handler; the exit status."""
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    sys.argv = ["awslambdaric", handler]
    time.tzset()
    _reopen_streams()
    _live_by(SharedClock(clock))
    status = 1
    try:
        _load_client()
        client = lambda_runtime_client.LambdaRuntimeClient(environment["AWS_LAMBDA_RUNTIME_API"])
        bootstrap.run(handler, client)
        status = 0
    except SystemExit as ended:
        code = ended.code
        status = code if isinstance(code, int) else int(code is not None)
    except BaseException as error:  # noqa: BLE001  what the interpreter would do with it
        sys.excepthook(type(error), error, error.__traceback__)
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return status & 0xFF


def _load_client() -> None:
    """What `awslambdaric` does when it is imported, in the process that has the address."""
    del sys.modules[_CLIENT]
    client = importlib.import_module(_CLIENT)
    client.initialize_client(lambda_runtime_client._user_agent())
    lambda_runtime_client.runtime_client = client


def _reopen_streams() -> None:
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = os.fdopen(os.dup(descriptor), "w", encoding="utf-8", errors="backslashreplace")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _live_by(clock: SharedClock) -> None:
    """Let Python's clocks of the date tell the clock's time, which goes on as the real one does."""
    clock.follow()
    real = time_machine.escape_hatch.time.time_ns
    traveller = time_machine.travel(0, tick=True).start()
    traveller.time_ns = lambda: real() + clock.offset_us * 1000  # type: ignore[method-assign]
