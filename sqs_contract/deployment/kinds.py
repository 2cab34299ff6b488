"""Settings of resources, each of the kind it must be: numbers, truths, texts, and what a variable
of the environment or a generated secret holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqs_contract.deployment.values import RawResource, Unresolved
from sqs_contract.errors import UsageError


class Reading:
    """Settings of a resource, each of the kind it must be."""

    def __init__(
        self, item: RawResource, part: Mapping[str, Any] | None = None, below: str | None = None
    ) -> None:
        self._item = item
        self._part = item.properties if part is None else part
        self._below = below

    def at(self, name: str) -> str:
        """File and line of a property."""
        line = self._item.lines.get(self._below or name, self._item.place.line)
        return self._item.place.file if line is None else f"{self._item.place.file}:{line}"

    def number(self, name: str) -> int | Unresolved | None:
        """A whole number, or the text of one.

        Raises:
            UsageError: it is something else.
        """
        value = self._part.get(name)
        if value is None or isinstance(value, Unresolved):
            return value
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise UsageError(
            f"template: {self.at(name)}: {name} of {self._item.id} must be a number, not {value!r}"
        )

    def truth(self, name: str) -> bool | Unresolved | None:
        """True or false, or the text of one.

        Raises:
            UsageError: it is something else.
        """
        value = self._part.get(name)
        if value is None or isinstance(value, bool | Unresolved):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise UsageError(
            f"template: {self.at(name)}: {name} of {self._item.id} must be true or false, "
            f"not {value!r}"
        )

    def text(self, name: str) -> str | Unresolved | None:
        """A text; a number is one too.

        Raises:
            UsageError: it is something else.
        """
        value = self._part.get(name)
        if value is None or isinstance(value, str | Unresolved):
            return value
        if isinstance(value, int | float):
            return str(value)
        raise UsageError(
            f"template: {self.at(name)}: {name} of {self._item.id} must be text, not {value!r}"
        )

    def texts(self, name: str) -> tuple[str, ...] | Unresolved:
        """A list of texts; one that stands alone is a list too."""
        value = self._part.get(name)
        if isinstance(value, Unresolved):
            return value
        items = value if isinstance(value, list) else [] if value is None else [value]
        open_ = next((item for item in items if isinstance(item, Unresolved)), None)
        return open_ if open_ is not None else tuple(map(str, items))


def variable(value: Any) -> str | Unresolved:
    """A variable of the environment as a process gets it."""
    if isinstance(value, str | Unresolved):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        open_ = next((item for item in value if isinstance(item, Unresolved)), None)
        return open_ or ",".join(map(str, value))
    return Unresolved(f"is {type(value).__name__}, which no variable can hold")


def generated_secret(rules: Mapping[str, Any]) -> str:
    """A secret as AWS would generate it: its length and keys right, its value made up."""
    length = rules.get("PasswordLength")
    value = ("Generated0-" * 400)[: int(str(length)) if str(length).isdecimal() else 32]
    key = rules.get("GenerateStringKey")
    if not isinstance(key, str):
        return value
    try:
        template = json.loads(str(rules.get("SecretStringTemplate") or "{}"))
    except json.JSONDecodeError:
        template = {}
    return json.dumps({**template, key: value} if isinstance(template, dict) else {key: value})
