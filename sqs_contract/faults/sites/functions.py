"""Functions the user names: each call of one is a site.

`module:function` or `module:Class.method`, and behind an equals sign, as
`module:function=module:Exception`, what it raises when it fails. The function is
replaced in its module right after that has been imported, before anybody takes it from there.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.faults.gate import Gate
from sqs_contract.faults.inside import covering
from sqs_contract.faults.sites.passing import Mishaps, awaited, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches
from sqs_contract.references import Reference, import_for

_WHAT: Final = "fault site"
_MAX_KEY: Final = 40


@dataclass(frozen=True, slots=True)
class NamedError:
    """The exception a site raises, where the user names it."""

    reference: Reference | None
    what: str

    @classmethod
    def parse(cls, text: str | None, site: str) -> NamedError:
        """Read `module:Exception`, or `None` for none.

        Raises:
            UsageError: it is not of that form.
        """
        what = f"the exception of {_WHAT} {site!r}"
        return cls(None if text is None else Reference.parse(text, what), what)

    def find(self) -> type[Exception] | None:
        """The exception, if one was named.

        Raises:
            UsageError: there is none of that name.
        """
        if self.reference is None:
            return None
        found = self.reference.find(import_for(self.reference, self.what), self.what)
        if not isinstance(found, type) or not issubclass(found, Exception):
            raise UsageError(f"{self.what}: {str(self.reference)!r} is no exception")
        return found


@dataclass(frozen=True, slots=True)
class NamedFunction:
    """A function that is a fault site, and the exception it raises where that is known."""

    function: Reference
    error: NamedError

    @classmethod
    def parse(cls, text: str) -> NamedFunction:
        """Read `module:function` or `module:function=module:Exception`.

        Raises:
            UsageError: it is neither.
        """
        function, equals, error = text.partition("=")
        return cls(
            Reference.parse(function, _WHAT), NamedError.parse(error if equals else None, function)
        )

    def check(self) -> None:
        """Make sure that there is such a function, and such an exception.

        Raises:
            UsageError: there is not.
        """
        _, _, function = self._find(import_for(self.function, _WHAT))
        plain = getattr(function, "__func__", function)
        if _is_function(plain):
            plain = inspect.unwrap(plain)
        else:
            raise UsageError(f"{_WHAT} {str(self.function)!r} is no function")
        if inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
            raise UsageError(
                f"{_WHAT} {str(self.function)!r} is a generator: what it does happens after the "
                "call; name a function it calls"
            )
        self.error.find()

    def _find(self, module: ModuleType) -> tuple[Any, str, Any]:
        """The owner of the function, its name there, and what stands under it."""
        self.function.find(module, _WHAT)
        owner: Any = module
        *path, name = self.function.name.split(".")
        for part in path:
            owner = getattr(owner, part)
        return owner, name, inspect.getattr_static(owner, name)

    def install(self, module: ModuleType, gate: Gate, patches: Patches) -> None:
        """Put the site in the function's place, in a module that was just imported."""
        try:
            owner, name, found = self._find(module)
        except UsageError:
            return  # `check` says so
        wrapper = type(found) if isinstance(found, staticmethod | classmethod) else None
        real = getattr(found, "__func__", found)
        if not _is_function(real):
            return
        is_method = owner is not module and wrapper is not staticmethod
        site = self._site(real, gate, skips=is_method)
        patches.replace(owner, name, lambda _: site if wrapper is None else wrapper(site))

    def _site(self, real: Any, gate: Gate, *, skips: bool) -> Any:
        label = str(self.function)
        mishaps = self._mishaps()

        def labelled(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
            key = _key([*args[skips:], *kwargs.values()])
            return f"{label} {key}" if key else label

        if inspect.iscoroutinefunction(real):

            async def watched_async(*args: Any, **kwargs: Any) -> Any:
                if not is_site(gate):
                    return await real(*args, **kwargs)

                async def send() -> Any:
                    with covering():
                        return await real(*args, **kwargs)

                return await awaited(gate, labelled(args, kwargs), send, mishaps)

            return _like(real, watched_async)

        def watched(*args: Any, **kwargs: Any) -> Any:
            if not is_site(gate):
                return real(*args, **kwargs)

            def send() -> Any:
                with covering():
                    return real(*args, **kwargs)

            return called(gate, labelled(args, kwargs), send, mishaps)

        return _like(real, watched)

    def _mishaps(self) -> Mishaps:
        """By default what the network raises: an `OSError` of the kind that fits."""
        text = f"injected fault at {self.function}"

        def named(default: type[Exception]) -> Any:
            return raising(lambda: (self.error.find() or default)(text))

        return Mishaps(fails=named(ConnectionError), lost=named(TimeoutError))


def _is_function(found: Any) -> bool:
    return callable(found) and not isinstance(found, type)


def _like(real: Any, site: Any) -> Any:
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
        if hasattr(real, name):
            setattr(site, name, getattr(real, name))
    site.__wrapped__ = real
    return site


def _key(values: Iterable[Any]) -> str:
    """The first text or number among the arguments."""
    for value in values:
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)[:_MAX_KEY]
    return ""
