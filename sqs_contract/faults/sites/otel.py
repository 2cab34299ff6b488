"""Whatever an instrumentation of OpenTelemetry wraps, as a fault site: `otel:pymemcache`.

A span of a client begins right before its call and ends right after it: an
exception raised at its beginning keeps the call from being made, one raised at
its end takes the answer away. So it is where the instrumentation wraps the call;
one that only listens to a library's events, as that of pymongo does, cannot be told
from it here, and its faults do not reach the handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.faults.sites.functions import NamedError
from sqs_contract.faults.sites.passing import is_site
from sqs_contract.scenario import FaultKind

PREFIX: Final = "otel:"
_GROUP: Final = "opentelemetry_instrumentor"
_INSTALL: Final = "pip install 'sqs-contract[otel]' and the instrumentation of the library"
_MAX_NAME: Final = 60
_BEFORE: Final = frozenset(
    {FaultKind.CALL_FAILS, FaultKind.CALL_THROTTLED, FaultKind.NO_CONNECTION}
)
_LOST: Final = frozenset({FaultKind.ANSWER_LOST, FaultKind.ANSWER_LOST_ONCE})


@dataclass(frozen=True, slots=True)
class Instrumented:
    """A library that is a site by its instrumentation, and what it raises, if that is known."""

    name: str
    error: NamedError

    @classmethod
    def parse(cls, text: str) -> Instrumented:
        """Read `otel:name` or `otel:name=module:Exception`.

        Raises:
            UsageError: behind the equals sign stands no `module:Exception`.
        """
        name, equals, error = text.removeprefix(PREFIX).partition("=")
        return cls(name, NamedError.parse(error if equals else None, f"{PREFIX}{name}"))

    @contextmanager
    def installed(self, gate: Gate) -> Iterator[None]:
        """Make the library's calls sites for as long as this is entered.

        Raises:
            UsageError: OpenTelemetry or this instrumentation of it is not installed.
        """
        try:
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  an extra
        except ImportError:
            raise UsageError(f"fault site {PREFIX}{self.name}: {_INSTALL}") from None
        found = [*entry_points(group=_GROUP, name=self.name)]
        if not found:
            known = ", ".join(sorted({it.name for it in entry_points(group=_GROUP)})) or "none"
            raise UsageError(
                f"fault site {PREFIX}{self.name}: there is no instrumentation of that name; "
                f"installed: {known}"
            )
        error_type = self.error.find()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(_processor(self.name, gate, error_type))
        instrumentor: Any = found[0].load()()
        instrumentor.instrument(tracer_provider=provider)
        try:
            yield
        finally:
            instrumentor.uninstrument()


def _processor(name: str, gate: Gate, error_type: type[Exception] | None) -> Any:
    trace: Any = import_module("opentelemetry.sdk.trace")
    return type("FaultSite", (_Site, trace.SpanProcessor), {})(name, gate, error_type)


class _Site:
    """The processor of spans: each that goes out of the process passes the gate."""

    def __init__(self, name: str, gate: Gate, error_type: type[Exception] | None) -> None:
        api: Any = import_module("opentelemetry.trace")
        self._outward = (api.SpanKind.CLIENT, api.SpanKind.PRODUCER)
        self._failed = api.StatusCode.ERROR
        self._name = name
        self._gate = gate
        self._error_type = error_type
        self._under_way: dict[int, Passage] = {}

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """The call is about to be made."""
        del parent_context
        if span.kind not in self._outward or not is_site(self._gate):
            return
        passage = self._gate.enter(f"otel.{self._name} {span.name}"[:_MAX_NAME])
        if passage.fault in _BEFORE:
            self._raise(passage, ConnectionError)
        self._under_way[span.context.span_id] = passage

    def on_end(self, span: Any) -> None:
        """The call has come back."""
        passage = self._under_way.pop(span.context.span_id, None)
        if passage is None:
            return
        self._gate.after(passage)
        if passage.fault in _LOST:
            self._raise(passage, TimeoutError)
        failed = span.status.status_code is self._failed
        self._gate.leave(passage, str(span.status.description or "failed") if failed else None)

    def _raise(self, passage: Passage, default: Callable[[str], Exception]) -> None:
        error = (self._error_type or default)(f"injected fault at {passage.site}")
        self._gate.leave(passage, type(error).__name__)
        raise error
