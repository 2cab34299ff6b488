"""A copy of everything moto holds, put back in a fraction of the time that making it took."""

from __future__ import annotations

import io
import pickle
import threading
from typing import Any, Final, cast

from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend

_LOCK: Final = type(threading.Lock())
_RLOCK: Final = type(threading.RLock())
_OWN_ATTRIBUTES: Final = frozenset(
    {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}
)


class CannotSnapshot(Exception):
    """Something moto holds cannot be copied."""


class MotoSnapshot:
    """The state of all of moto's backends at one moment."""

    def __init__(self) -> None:
        """Take the snapshot.

        Raises:
            CannotSnapshot: a backend holds something that cannot be copied.
        """
        state = {
            (backends.service_name, account, region): vars(backend)
            for backends in _instances()
            for account, regions in backends.items()
            for region, backend in regions.items()
        }
        extras = {
            backends.service_name: {
                name: value for name, value in vars(backends).items() if name not in _OWN_ATTRIBUTES
            }
            for backends in _instances()
        }
        self._backends = {backends.service_name: backends for backends in _instances()}
        buffer = io.BytesIO()
        try:
            _Pickler(buffer).dump((state, extras))
        except Exception as error:  # noqa: BLE001  pickling raises anything
            raise CannotSnapshot(str(error)) from None
        self._data = buffer.getvalue()

    def restore(self) -> None:
        """Put everything back. moto must have been reset before."""
        for backends in self._backends.values():
            if backends not in _instances():
                _instances().append(backends)
        state, extras = _Unpickler(io.BytesIO(self._data), self._backends).load()
        for (service, account, region), content in state.items():
            backend = self._backends[service][account][region]
            backend.__dict__.clear()
            backend.__dict__.update(content)
        for service, content in extras.items():
            self._backends[service].__dict__.update(content)


def _instances() -> list[Any]:
    """The backends in use; moto has no public way to list them."""
    return cast("Any", BackendDict)._instances  # type: ignore[no-any-return]


class _Pickler(pickle.Pickler):
    """Copies what backends hold; refers to backends themselves by name."""

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BaseBackend):
            return "backend", type(obj).__module__.split(".")[1], obj.account_id, obj.region_name
        if isinstance(obj, AccountSpecificBackend):
            return "account", obj.service_name, obj.account_id
        if isinstance(obj, BackendDict):
            return "service", obj.service_name
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _LOCK):
            return threading.Lock, ()
        if isinstance(obj, _RLOCK):
            return threading.RLock, ()
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, backends: dict[str, Any]) -> None:
        super().__init__(file)
        self._backends = backends

    def persistent_load(self, pid: Any) -> Any:
        kind, service, *rest = pid
        found = self._backends[service]
        if kind == "service":
            return found
        found = found[rest[0]]
        return found if kind == "account" else found[rest[1]]
