"""What a scenario is played against."""

from __future__ import annotations

from typing import Any, Protocol

from sqs_contract.deployment import Deployment
from sqs_contract.model.invocation import Outcome
from sqs_contract.targets.sandbox import Held


class Target(Protocol):
    """What the simulator needs to invoke a handler."""

    def prepare(self) -> tuple[int, bool]:
        """Make an execution environment ready; its number, and whether it is new."""
        ...

    def overlap(self) -> bool:
        """Let the next invocation go to another environment while this one is held."""
        ...

    def switch(self) -> None:
        """Let the other of two environments have the word."""

    def end_overlap(self) -> None:
        """The second environment is gone, and the first has the word."""

    def resume(self) -> Outcome | Held:
        """Let the invocation that was held go on."""
        ...

    def retire(self) -> None:
        """Let the next invocation be a cold start."""

    def invoke(self, event: dict[str, Any], number: int, deployment: Deployment) -> Outcome | Held:
        """Invoke the handler."""
        ...
