"""Message groups of FIFO queues: asked for where the consumer does not, and kept from it then.

Whether a worker keeps the order of a group cannot be told without knowing the groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.proxy.book import Content
from sqs_contract.proxy.wire import Call

_GROUP: Final = "MessageGroupId"
_NAMES: Final = ("AttributeNames", "MessageSystemAttributeNames")


@dataclass(frozen=True, slots=True)
class Groups:
    """What to do about the groups in one receive."""

    added: bool
    """Whether the consumer does not ask for them, and they are asked for on our own account."""

    @classmethod
    def of(cls, call: Call) -> Groups:
        """For this receive."""
        asked = {
            name
            for names in _NAMES
            if isinstance(call.parameters.get(names), list)
            for name in call.parameters[names]
            if isinstance(name, str)
        }
        return cls(call.queue.endswith(".fifo") and not asked & {"All", _GROUP})

    def asked_for(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters of the receive, with the groups asked for."""
        if not self.added:
            return parameters
        # The name of the parameter depends on the SDK's age: the one that is used there.
        names = _NAMES[1] if parameters.get(_NAMES[1]) else _NAMES[0]
        given = parameters.get(names)
        return {**parameters, names: [*(given if isinstance(given, list) else ()), _GROUP]}

    def shown(self, messages: Sequence[Content]) -> Sequence[Content]:
        """The messages as the consumer asked for them."""
        return [_without_group(message) for message in messages] if self.added else messages


def _without_group(message: Content) -> Content:
    attributes = {
        name: value for name, value in (message.get("Attributes") or {}).items() if name != _GROUP
    }
    rest = {name: value for name, value in message.items() if name != "Attributes"}
    return {**rest, **({"Attributes": attributes} if attributes else {})}
