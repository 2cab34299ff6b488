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
from typing import Any, Final

import time_machine

from sqs_contract.runtime.clock import SharedClock

_CLIENT: Final = "awslambdaric"
_IN_C: Final = "runtime_client"
"""The part of the client that is in C: it looks up its address once, when it is loaded."""


def import_what_the_client_needs() -> None:
    """Import AWS's client, and forget it: all of its modules but what they stand on looks at the
    environment when it is imported, and is to find that of the function."""
    sys.modules[_IN_C] = None  # type: ignore[assignment]
    importlib.import_module(f"{_CLIENT}.bootstrap")
    for name in [name for name in sys.modules if name.partition(".")[0] in (_CLIENT, _IN_C)]:
        del sys.modules[name]


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
        from awslambdaric import bootstrap  # noqa: PLC0415  see above
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # noqa: PLC0415

        # Without a thread of its own to ask for the next: that one only lets it hear signals.
        bootstrap.run(handler, LambdaRuntimeClient(environment["AWS_LAMBDA_RUNTIME_API"]))
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
