"""moto's backends by service: how they are found, told apart, and loaded.

moto loads a service when it is first called, which may be in the middle of any
run; no run may be able to tell.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, cast

import moto.backends
import moto.core.base_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

from sqs_contract.errors import UsageError
from sqs_contract.world.patching import patched
from sqs_contract.world.randomness import drawing_apart

_IDS: Final = itertools.count()
"""For the ids by which moto tells backends apart. They are made up with `uuid4`, which in
a run follows from the seed: two services first used in two runs would have the same."""


def backends_in_use() -> list[Any]:
    """The backends of every service in use; moto has no public way to list them."""
    return cast("Any", BackendDict)._instances  # type: ignore[no-any-return]


def backends_of(service: str) -> list[tuple[str, str, BaseBackend]]:
    """Account, region and backend of one service, by botocore's name for it."""
    found = [
        (account, region, backend)
        for backends in backends_in_use()
        if service in _names_of(backends)
        for account, regions in backends.items()
        for region, backend in regions.items()
    ]
    return sorted(found, key=lambda item: item[:2])


def _names_of(backends: Any) -> tuple[str, str]:
    """Moto files some services under the name of their neighbours: `redshift-data`."""
    package: str = backends.backend.__module__.split(".")[1]
    return str(backends.service_name), _SERVICE_OF_PACKAGE.get(package, package)


_SERVICE_OF_PACKAGE: Final = {
    "redshiftdata": "redshift-data",
    "bedrockruntime": "bedrock-runtime",
    "bedrockagent": "bedrock-agent",
}


@contextmanager
def backends_loaded_unseen() -> Iterator[None]:
    """Load services so that nothing in a run depends on which were loaded before."""
    load: Any = moto.backends._import_backend
    generate_regions: Any = AccountSpecificBackend._generate_regions
    loaded: dict[tuple[str, str], Any] = {}

    def load_unseen(module_name: str, backends_name: str) -> Any:
        key = (module_name, backends_name)
        if key not in loaded:
            state = mock_random.getstate()
            with drawing_apart():
                loaded[key] = _load(load, module_name, backends_name)
            mock_random.setstate(state)
            if module_name == "sns":
                stack.enter_context(_signing_with_one_key())
        return loaded[key]

    @functools.cache
    def regions_of(service: str) -> list[str]:
        return list(generate_regions(_NOBODY, service))

    stack = ExitStack()
    with (
        stack,
        patched(
            (moto.core.base_backend, "uuid4", lambda: next(_IDS)),
            (AccountSpecificBackend, "_generate_regions", lambda _, service: regions_of(service)),
            (moto.backends, "_import_backend", load_unseen),
        ),
    ):
        yield


_NOBODY: Final = "nobody"
"""Regions depend on the service only; moto's cache of them goes by the backend too."""


@contextmanager
def _signing_with_one_key() -> Iterator[None]:
    """Have SNS sign with the same key always: it makes a new one, at random and slowly, for
    each subscription."""
    from moto.sns.models import Subscription  # noqa: PLC0415  not before it is needed

    with patched((Subscription, "private_key", lambda _: _key())):
        yield


@functools.cache
def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415  the same

    p, q, e = 2**607 - 1, 2**1279 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public
    ).private_key()


def _load(load: Any, module_name: str, backends_name: str) -> Any:
    try:
        backends = load(module_name, backends_name)
        # The module that answers calls is loaded with the first of them.
        __import__(f"moto.{module_name}.urls")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in ("moto", "botocore", "boto3"):
            raise
        raise UsageError(
            f"moto needs the module {error.name!r} to play {module_name}, and it is not "
            f"installed: pip install 'moto[{module_name}]'"
        ) from error
    return backends
