"""SQS endpoints, each a server in a process of its own on a free port: for the tests, and for the
table in docs/endpoints.md. What is not installed is installed from the package index, into
virtual environments of their own, which are kept in the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from botocore.config import Config
from botocore.session import Session


class CannotServe(Exception):
    """A server does not start, or cannot be installed."""


STARTS_WITHIN_S = 60
INSTALLS_WITHIN_S = 300

MINISTACK = ("ministack==1.5.33", "boto3==1.43.*")  # a function runs on its interpreter
LOCALSTACK = (
    "localstack-core[base-runtime]==4.13.1",
    # What 4.13.1 was made with; it does not go with later ones.
    "cryptography<45",
    "pyopenssl<25",
    "cbor2<5.8",
    "service-identity",
)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


ENDS_WITH_US = """
import os, signal, subprocess, sys, time
parent, command = int(sys.argv[1]), sys.argv[2:]
server = subprocess.Popen(command)
signal.signal(signal.SIGTERM, lambda *_: server.terminate())
while server.poll() is None and os.getppid() == parent:
    time.sleep(0.2)
if server.poll() is None:  # whoever wanted it is gone, without a word
    os.killpg(0, signal.SIGKILL)
sys.exit(server.returncode)
"""
"""Runs a server for as long as whoever started this is alive. It leads a process group."""


@contextmanager
def serving(
    command: Sequence[str], port: int, path: str = "/", **environment: str
) -> Iterator[str]:
    """A server that answers HTTP at a path; ended with all it started, whatever happens."""
    parent = str(os.getpid())
    process = subprocess.Popen(  # noqa: S603  a server that we name
        [sys.executable, "-c", ENDS_WITH_US, parent, *command],
        env=without_aws(os.environ) | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_it_answers(process, f"http://127.0.0.1:{port}{path}")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until a server answers HTTP, with whatever status."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CannotServe(f"the server of {url} ended with status {process.returncode}")
        try:
            opener.open(url, timeout=2).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise CannotServe(f"nothing answers at {url} within {STARTS_WITHIN_S} s")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server and what it started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        process.wait()


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what says where AWS is, and who asks."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


@contextmanager
def moto_server() -> Iterator[str]:
    """Moto's server: its URL."""
    port = free_port()
    code = (
        "import sys; from moto.server import main; "
        f"sys.exit(main(['-H', '127.0.0.1', '-p', '{port}']))"
    )
    with serving([sys.executable, "-c", code], port, "/moto-api/") as url:
        yield url


@contextmanager
def ministack() -> Iterator[str]:
    """MiniStack: its URL."""
    port = free_port()
    command = [installed("ministack", MINISTACK), "-m", "ministack"]
    with serving(
        command, port, GATEWAY_PORT=str(port), BIND_HOST="127.0.0.1", IOT_MTLS_ENABLED="0"
    ) as url:
        warm_up(url)
        yield url


@contextmanager
def localstack(directory: Path) -> Iterator[str]:
    """LocalStack in host mode; what it writes goes into a directory."""
    port = free_port()
    command = [installed("localstack", LOCALSTACK), "-m", "localstack.runtime.main"]
    with serving(
        command, port, "/_localstack/health",
        GATEWAY_LISTEN=f"127.0.0.1:{port}", LOCALSTACK_HOST=f"127.0.0.1:{port}",
        FILESYSTEM_ROOT=str(directory), OVERRIDE_IN_DOCKER="0", DNS_ADDRESS="0",
        DISABLE_EVENTS="1", SKIP_SSL_CERT_DOWNLOAD="1",
    ) as url:  # fmt: skip
        warm_up(url)
        yield url


def warm_up(url: str) -> None:
    """The first call loads the service."""
    client = Session().create_client(
        "sqs",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106  nobody looks at it
        config=Config(read_timeout=STARTS_WITHIN_S),
    )
    client.list_queues()
    client.close()


def installed(name: str, requirements: Sequence[str]) -> str:
    """The interpreter of a virtual environment that has these packages, made once and kept in the
    user's cache."""
    key = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:12]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = home / "sqs-contract-tests" / f"{name}-{key}"
    python = directory / "bin" / "python"
    if not (directory / "complete").exists():
        shutil.rmtree(directory, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(directory))
        run(str(python), "-m", "pip", "install", "-q", "--retries", "1", *requirements)
        (directory / "complete").touch()
    return str(python)


def run(*command: str) -> None:
    """Run a command to its end; it fails where that does, and does not hang."""
    told = b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(  # noqa: S603  pip and venv
            command, capture_output=True, check=False, timeout=INSTALLS_WITHIN_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode == 0:
            return
        told = done.stderr[-2_000:]
    raise CannotServe(f"cannot install it: {' '.join(command)}\n{told.decode()}")
