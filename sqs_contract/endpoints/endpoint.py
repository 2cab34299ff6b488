"""Which SQS endpoint is meant, and within what bounds it may be used. Plain data, no I/O."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqs_contract.errors import UsageError
from sqs_contract.model.arns import DEFAULT_REGION

SIMULATOR: Final = "simulator"
MOTO: Final = "moto"
LOCALSTACK: Final = "localstack"
ENDPOINT: Final = "endpoint"
AWS: Final = "aws"
BACKENDS: Final = (SIMULATOR, MOTO, LOCALSTACK, ENDPOINT, AWS)
"""Where a scenario can be played."""

PREFIX: Final = "sqs-contract"
CONNECT_TIMEOUT_S: Final = 2.0
AWS_CALLS_MAX: Final = 2_000
"""How many calls a run may make of AWS: at the price of 2026 less than a tenth of a cent."""

OTHER_ACCOUNTS: Final = ("990000000001", "990000000002", "990000000003")
"""Accounts on an emulator that nobody else uses: what runs side by side is kept apart by them."""

_PREFIX_LENGTH_MAX: Final = 30
_AWS_DOMAINS: Final = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "amazonaws.eu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploying:
    """How the function is deployed on an endpoint.

    Attributes:
        requirements: a pip requirements file, whose packages go into its zip.
        role: the ARN of the role it runs under.
    """

    requirements: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An SQS endpoint.

    Attributes:
        backend: `moto` (in a process of ours), `localstack`, `endpoint` (any URL) or `aws`.
        url: where it is, for `endpoint`.
        region: of the queues.
        connect_timeout_s: how long to wait for a connection, and for the first answer.
        prefix: how the names of queues begin that are made.
        calls_max: how many calls may be made; `None` for any number.
        real_timeout_s: how long a visibility timeout lasts there, by its own clock, in
            seconds; with 0 each is ended at once.
        deployed: how the function itself is deployed there; `None` where it runs here.
        account: which account of an emulator is meant; `None` for that of the credentials.
    """

    backend: str
    url: str | None = None
    region: str = DEFAULT_REGION
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    prefix: str = PREFIX
    calls_max: int | None = None
    real_timeout_s: int = 0
    deployed: Deploying | None = None
    account: str | None = None

    @property
    def name(self) -> str:
        """What reports call it before it has said more of itself."""
        return self.url or self.backend

    @property
    def in_other_accounts(self) -> tuple[Endpoint, ...]:
        """The same endpoint as other accounts see it; none where accounts are real ones."""
        if self.backend not in (ENDPOINT, LOCALSTACK):
            return ()
        return tuple(dataclasses.replace(self, account=account) for account in OTHER_ACCOUNTS)


def choose_endpoint(
    backend: str | None,
    url: str | None = None,
    *,
    region: str = DEFAULT_REGION,
    allow_aws: bool = False,
    prefix: str | None = None,
    connect_timeout_s: float | None = None,
    calls_max: int | None = None,
    real_timeout_s: int = 0,
    deployed: Deploying | None = None,
) -> Endpoint | None:
    """The endpoint a person asked for; `None` for the simulator.

    Raises:
        UsageError: what was asked for does not go together, or is AWS without the flag for it.
    """
    if url is not None and backend is None:
        backend = ENDPOINT
    if url is not None and backend != ENDPOINT:
        raise UsageError(f"--endpoint-url goes with --backend endpoint, not {backend}")
    if backend == ENDPOINT:
        if url is None:
            raise UsageError("--backend endpoint needs --endpoint-url URL")
        check_url(url, "--endpoint-url")
    if backend == AWS:
        if not allow_aws:
            raise UsageError(
                "--backend aws makes queues in a real account and calls that cost money: "
                "say --allow-aws if that is meant"
            )
        if prefix is None:
            raise UsageError(
                "--backend aws needs --queue-prefix NAME: names of queues made there begin with it"
            )
        calls_max = AWS_CALLS_MAX if calls_max is None else calls_max
    if deployed is not None:
        _check_deploying(backend, deployed)
    if backend in (None, SIMULATOR):
        return None
    assert backend is not None
    return Endpoint(
        backend=backend,
        url=url,
        region=region,
        connect_timeout_s=CONNECT_TIMEOUT_S if connect_timeout_s is None else connect_timeout_s,
        prefix=PREFIX if prefix is None else _checked_prefix(prefix),
        calls_max=calls_max,
        real_timeout_s=real_timeout_s,
        deployed=deployed,
    )


def _check_deploying(backend: str | None, deployed: Deploying) -> None:
    if backend in (None, SIMULATOR, MOTO):
        raise UsageError(
            "--deployed needs an endpoint that runs Lambda: --endpoint-url URL (such as MiniStack's) "
            "or --backend localstack"
        )
    if backend == AWS and deployed.role is None:
        raise UsageError(
            "--deployed on AWS needs --function-role ARN: a role that lets the function read its "
            "queue, send to queues of the prefix, and reach what the handler uses"
        )


def check_url(url: str, where: str) -> None:
    """Make sure that a URL could be that of an endpoint, and is not AWS's own.

    Raises:
        UsageError: it is none, or AWS's, which is used only where it was asked for by name.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
        _ = parts.port  # raises where it is none
    except ValueError as error:
        raise UsageError(f"{where} {url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{where} {url!r} is no URL of an endpoint, as http://localhost:4566 is")
    if parts.username or parts.password:
        raise UsageError(f"{where} holds a user or a password: give credentials by AWS_PROFILE")
    if any(host == domain or host.endswith(f".{domain}") for domain in _AWS_DOMAINS):
        raise UsageError(
            f"{where} {url!r} is AWS itself: say --backend aws --allow-aws if that is meant"
        )


def _checked_prefix(prefix: str) -> str:
    letters = prefix.replace("-", "").replace("_", "")
    if not (letters.isascii() and letters.isalnum()) or len(prefix) > _PREFIX_LENGTH_MAX:
        raise UsageError(
            f"--queue-prefix must be 1 to {_PREFIX_LENGTH_MAX} letters, digits, - or _, not {prefix!r}"
        )
    return prefix
