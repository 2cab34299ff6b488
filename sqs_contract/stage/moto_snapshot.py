"""A copy of everything moto holds, put back in a fraction of the time that making it took."""

from __future__ import annotations

import io
import pickle
import threading
import types
from collections import defaultdict
from typing import Any, Final

from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

from sqs_contract.stage.moto_backends import backends_in_use

_LOCK: Final = type(threading.Lock())
_FUNCTION: Final = "function"
_RLOCK: Final = type(threading.RLock())
_OWN_ATTRIBUTES: Final = frozenset(
    {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}
)


class CannotSnapshot(Exception):
    """Something moto holds cannot be copied."""


class MotoSnapshot:
    """The state of all of moto's backends at one moment, and that moment."""

    def __init__(self, now_us: int) -> None:
        """Take the snapshot.

        Raises:
            CannotSnapshot: a backend holds something that cannot be copied.
        """
        self.now_us = now_us
        self._random = mock_random.getstate()
        # Two of moto's packages may go by one service name, so backends go by number.
        self._backends = list(backends_in_use())
        self._functions: list[Any] = []
        state = {
            (number, account, region): vars(backend)
            for number, backends in enumerate(self._backends)
            for account, regions in backends.items()
            for region, backend in regions.items()
        }
        extras = [
            {name: value for name, value in vars(backends).items() if name not in _OWN_ATTRIBUTES}
            for backends in self._backends
        ]
        buffer = io.BytesIO()
        try:
            _Pickler(buffer, self._backends, self._functions).dump((state, extras))
            self._data = buffer.getvalue()
            self._load()  # what can be written down may still not be readable
        except Exception as error:  # noqa: BLE001  pickling raises anything
            raise CannotSnapshot(f"{type(error).__name__}: {error}") from None

    def restore(self) -> None:
        """Put everything back. moto must have been reset before."""
        in_use = backends_in_use()
        for backends in self._backends:
            if not any(backends is other for other in in_use):
                in_use.append(backends)
        state, extras = self._load()
        for (number, account, region), content in state.items():
            backend = self._backends[number][account][region]
            backend.__dict__.clear()
            backend.__dict__.update(content)
        for backends, content in zip(self._backends, extras, strict=True):
            backends.__dict__.update(content)
        mock_random.setstate(self._random)

    def _load(self) -> Any:
        return _Unpickler(io.BytesIO(self._data), self._backends, self._functions).load()


class _Pickler(pickle.Pickler):
    """Copies what backends hold; refers to backends themselves by where they are."""

    def __init__(self, file: io.BytesIO, backends: list[Any], functions: list[Any]) -> None:
        super().__init__(file)
        self._functions = functions
        self._places: dict[int, tuple[int | str, ...]] = {}
        for number, services in enumerate(backends):
            self._places[id(services)] = (number,)
            for account, regions in services.items():
                self._places[id(regions)] = (number, account)
                for region, backend in regions.items():
                    self._places[id(backend)] = (number, account, region)

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BaseBackend | AccountSpecificBackend | BackendDict):
            place = self._places.get(id(obj))
            if place is None:
                raise CannotSnapshot(f"a {type(obj).__name__} that moto does not list")
            return place
        if isinstance(obj, types.FunctionType) and "<locals>" in obj.__qualname__:
            # One made in another function, as the default of a `defaultdict`. It cannot be
            # copied and need not be: what it refers to are backends, and those stay.
            self._functions.append(obj)
            return _FUNCTION, len(self._functions) - 1
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _LOCK):
            return threading.Lock, ()
        if isinstance(obj, _RLOCK):
            return threading.RLock, ()
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            # Pickle would call the class with a factory, which those of moto do not take.
            state = (obj.default_factory, vars(obj))
            return _empty, (type(obj),), state, None, iter(obj.items()), _fill
        return NotImplemented


def _empty(kind: type[Any]) -> Any:
    make: Any = defaultdict.__new__
    return make(kind)


def _fill(made: Any, state: tuple[Any, dict[str, Any]]) -> None:
    made.default_factory, attributes = state
    vars(made).update(attributes)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, backends: list[Any], functions: list[Any]) -> None:
        super().__init__(file)
        self._backends = backends
        self._functions = functions

    def persistent_load(self, pid: Any) -> Any:
        number, *rest = pid
        if number == _FUNCTION:
            return self._functions[rest[0]]
        found = self._backends[number]
        for key in rest:
            found = found[key]
        return found
