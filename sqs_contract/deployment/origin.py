"""Which template a program was found in, as plain data: enough to find it there again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqs_contract.errors import UsageError
from sqs_contract.fields import field as field_of
from sqs_contract.fields import mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A function in a template.

    Attributes:
        template: the path, as it was given.
        function: its name in the template.
        parameters: what was given for what the template leaves open.
    """

    template: str
    function: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "template": self.template,
            "function": self.function,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_json(cls, data: Any) -> Origin:
        """Read what `to_json` wrote.

        Raises:
            UsageError: it is nothing of the kind.
        """
        data = mapping(data, "origin")
        parameters = field_of(data, "parameters", dict, {})
        if not all(isinstance(value, str) for value in parameters.values()):
            raise UsageError("parameters of an origin must be text")
        return cls(
            template=field_of(data, "template", str, ""),
            function=field_of(data, "function", str, ""),
            parameters=parameters,
        )
