"""The classes of bugs and their handlers: what each is, and how it is to be run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CASES: Final = Path(__file__).parent / "cases"

CLASSES: Final = (
    "poison_fails_batch",
    "visibility_too_short",
    "envelopes",
    "parsing_outside_try",
    "swallowed_errors",
    "marker_and_effect",
    "check_then_act",
    "deletes_by_hand",
    "fifo_reports",
    "state_between_invocations",
    "malformed_reports",
    "timeouts",
    "throttling",
    "wrong_dlq",
    "fan_out",
    "partial_failures",
    "idempotency_keys",
    "claims",
    "unserialisable",
    "report_not_enabled",
    "number_traps",
    "two_systems",
    "short_ttls",
    "filters",
)
"""In the order in which they are told."""

KINDS: Final = ("obvious", "subtle", "twin")

_DEPLOYMENT: Final = {
    "report_batch_item_failures": True,
    "function_timeout": 10,
    "visibility_timeout": 60,
    "max_receive_count": 5,
}
"""What a handler's `DEPLOYMENT` adds to, or changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A handler with its truth.

    Attributes:
        breaks: the clauses that are right to accuse it by, any of them; none for a twin.
        rules: rules about settings that tell a bug of this class, twins' settings included:
            advice, where the settings are given by flags and not by a template.
        bodies: what its producers send.
        deployment: settings of `Deployment.of`.
        effects: what shows its world, where that is not AWS.
        poison: what the class's team declares of malformed bodies, twin included.
        looks_at: the tables, and the attributes in them, that a test of today looks at; none
            for all that are there.
        expected_from: the kind of the handler that shows such a test what to expect: the twin,
            unless this handler writes something else and is right where nothing goes wrong.
    """

    bug_class: str
    kind: str
    breaks: frozenset[str]
    rules: frozenset[str]
    bodies: tuple[str, ...]
    deployment: dict[str, Any]
    reset: str
    effects: str | None
    poison: str
    looks_at: dict[str, list[str]]
    expected_from: str

    @property
    def handler(self) -> str:
        """The handler, as `module:function`."""
        return f"{self.module}:handler"

    @property
    def module(self) -> str:
        """The module of the handler."""
        return f"cases.{self.bug_class}.{self.kind}"

    @property
    def is_twin(self) -> bool:
        """Whether it is correct."""
        return self.kind == "twin"


def load(bug_class: str, kind: str) -> Case:
    """Read what a handler says about itself, without importing it: the run itself does that."""
    folder = CASES / bug_class
    says = {**_constants(folder / "__init__.py"), **_constants(folder / f"{kind}.py")}
    return Case(
        bug_class=bug_class,
        kind=kind,
        breaks=frozenset(says["BREAKS"]),
        rules=frozenset(says.get("RULES", ())),
        bodies=tuple(says["BODIES"]),
        deployment={**_DEPLOYMENT, **says.get("DEPLOYMENT", {})},
        reset=says["RESET"],
        effects=says.get("EFFECTS"),
        poison=says.get("POISON", "either"),
        looks_at=says.get("LOOKS_AT", {}),
        expected_from=says.get("EXPECTED_FROM", "twin"),
    )


def _constants(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in {
                "BREAKS",
                "BODIES",
                "RULES",
                "DEPLOYMENT",
                "RESET",
                "EFFECTS",
                "POISON",
                "LOOKS_AT",
                "EXPECTED_FROM",
            }:
                # `set()`, for a twin's BREAKS, is no literal by itself.
                empty = isinstance(node.value, ast.Call)
                found[name] = set() if empty else ast.literal_eval(node.value)
    return found
