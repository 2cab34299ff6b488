"""The functions of one run on an endpoint, and the event source mappings that feed them: made under
names and tags of their own, and removed again. No other function is ever changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.model.sqs_errors import Refusal

Send = Callable[..., dict[str, Any] | Refusal]

_ACTIVE_WITHIN_S: Final = 60.0
_CHECK_S: Final = 0.1
_NO_SUCH: Final = "ResourceNotFoundException"
_NAME_MAX: Final = 64


class Functions:
    """Calls Lambda on an endpoint, and knows which functions there are ours.

    Args:
        send: makes a call of Lambda: its name, its parameters, and whether it counts.
        name: what the endpoint is called.
        stem: how the names of functions begin.
        tags: what tells that they are ours.
    """

    def __init__(self, send: Send, name: str, stem: str, tags: Mapping[str, str]) -> None:
        self._send = send
        self._name = name
        self._stem = stem
        self._tags = dict(tags)
        self._package = b""
        self._ours: dict[str, list[str]] = {}
        self._made = 0

    def load(self, package: bytes) -> None:
        """The zip of all functions that are made from now on."""
        self._package = package

    def create(self, settings: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Make a function of the zip, and wait until it can be invoked; its name.

        Args:
            settings: as CreateFunction takes them, but for name, code and tags.

        Raises:
            UsageError: the endpoint does not answer any more, or the function cannot be invoked.
        """
        self._made += 1
        name = f"{self._stem}-{self._made}"[-_NAME_MAX:]
        self._ours[name] = []
        answer = self._send(
            "CreateFunction",
            {
                "FunctionName": name,
                "Code": {"ZipFile": self._package},
                "Tags": self._tags,
                **settings,
            },
        )
        if isinstance(answer, Refusal):
            self._ours.pop(name)
            return answer
        self._wait_until_active(name)
        return {"name": name}

    def connect(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        """Make the event source mapping of a function of ours: the endpoint's answer, and its
        status as `http`."""
        assert name in self._ours, f"{name} is not ours"
        answer = self._send("CreateEventSourceMapping", {"FunctionName": name, **settings})
        if isinstance(answer, Refusal):
            return answer
        self._ours[name].append(str(answer.get("UUID", "")))
        return answer

    def mapping_state(self, uuid: str) -> str:
        """The state of a mapping of ours; empty where the endpoint does not say."""
        assert any(uuid in mappings for mappings in self._ours.values()), f"{uuid} is not ours"
        answer = self._send("GetEventSourceMapping", {"UUID": uuid}, capped=False)
        return "" if isinstance(answer, Refusal) else str(answer.get("State", ""))

    def reserve(self, name: str, executions: int) -> dict[str, Any] | Refusal:
        """Reserve concurrency for a function of ours."""
        assert name in self._ours, f"{name} is not ours"
        parameters = {"FunctionName": name, "ReservedConcurrentExecutions": executions}
        return self._send("PutFunctionConcurrency", parameters)

    def configure(self, name: str, settings: Mapping[str, Any]) -> dict[str, str] | Refusal:
        """Change the settings of a function of ours, and wait until they hold.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        assert name in self._ours, f"{name} is not ours"
        answer = self._send("UpdateFunctionConfiguration", {"FunctionName": name, **settings})
        if isinstance(answer, Refusal):
            return answer
        self._wait_until_active(name)
        return {"name": name}

    def invoke(self, name: str, payload: str) -> str | Refusal:
        """The response of a function of ours to a payload, as JSON text."""
        assert name in self._ours, f"{name} is not ours"
        answer = self._send("Invoke", {"FunctionName": name, "Payload": payload.encode()})
        if isinstance(answer, Refusal):
            return answer
        return bytes(answer["Payload"].read()).decode("utf-8", "replace")

    def disconnect(self, name: str) -> None:
        """Remove the mappings of a function of ours."""
        for uuid in self._ours[name]:
            self._send("DeleteEventSourceMapping", {"UUID": uuid}, capped=False)
        self._ours[name] = []

    def drop(self, name: str) -> None:
        """Remove a function of ours and its mappings."""
        assert name in self._ours, f"{name} is not ours"
        self.disconnect(name)
        self._send("DeleteFunction", {"FunctionName": name}, capped=False)
        self._ours.pop(name, None)

    def close(self) -> None:
        """Remove every function of ours."""
        for name in list(self._ours):
            self.drop(name)

    def clean(
        self, prefix: str, why_not_ours: Callable[[Mapping[str, str]], str | None]
    ) -> Iterator[tuple[str, str | None]]:
        """Remove the functions that runs which are over left, with their mappings: each name,
        and why it was let be."""
        for found in list(self._listed()):
            name = str(found.get("FunctionName", ""))
            if not name.startswith(f"{prefix}-"):
                continue
            tags = self._send("ListTags", {"Resource": found.get("FunctionArn", "")})
            if isinstance(tags, Refusal):
                yield name, f"its tags cannot be read ({tags.code})"
                continue
            why = why_not_ours(tags.get("Tags") or {})
            if why is None:
                why = self._remove_with_mappings(name)
            yield name, why

    def _remove_with_mappings(self, name: str) -> str | None:
        found = self._send("ListEventSourceMappings", {"FunctionName": name})
        mappings = [] if isinstance(found, Refusal) else found.get("EventSourceMappings", [])
        for mapping in mappings:
            self._send("DeleteEventSourceMapping", {"UUID": mapping.get("UUID", "")})
        gone = self._send("DeleteFunction", {"FunctionName": name})
        if isinstance(gone, Refusal) and gone.code != _NO_SUCH:
            return f"{gone.code}: {gone.message}"
        return None

    def _listed(self) -> Iterator[dict[str, Any]]:
        parameters: dict[str, Any] = {}
        while True:
            answer = self._send("ListFunctions", parameters)
            if isinstance(answer, Refusal):  # an endpoint without functions has none of ours
                return
            yield from answer.get("Functions", ())
            if not answer.get("NextMarker"):
                return
            parameters = {"Marker": answer["NextMarker"]}

    def _wait_until_active(self, name: str) -> None:
        deadline = time.monotonic() + _ACTIVE_WITHIN_S
        while time.monotonic() < deadline:
            found = self._send("GetFunctionConfiguration", {"FunctionName": name}, capped=False)
            state, changing = None, True
            if isinstance(found, dict):
                state = found.get("State", "Active")
                changing = found.get("LastUpdateStatus") == "InProgress"
            if state == "Active" and not changing:
                return
            if state == "Failed" and isinstance(found, dict):
                raise UsageError(
                    f"{self._name} cannot make the function: {found.get('StateReason', 'Failed')}"
                )
            time.sleep(_CHECK_S)
        raise UsageError(f"{self._name} did not make the function ready in {_ACTIVE_WITHIN_S:g} s")
