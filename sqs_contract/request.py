"""What is to be verified, and how hard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.deployment import Deployment
from sqs_contract.deployment.template import Source
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.targets.program import ProgramSpec

MAX_EXAMPLES_DEFAULT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be verified, and how hard.

    Attributes:
        budget_s: seconds after which exploration stops; `None` for no such bound.
        isolated: whether the handler runs in a process of its own.
        memory_limit_mb: how much memory that process may take beside what it starts with;
            left out, the function's memory with a margin for the world.
        runtime: what runs the handler behind the Runtime API; `None` where nothing does.
        clauses: ids of the clauses to judge; empty for all.
        endpoint: where what was found is played too; `None` for the simulator alone.
        strict: whether what is not checked, or advice, fails too.
        notes: what the report is to say besides.
        title: what the report is headed with; the handler, if left out.
        source: the function and its mapping in the template, where there is one.
    """

    program: ProgramSpec
    deployment: Deployment = field(default_factory=Deployment)
    bodies: Any = None
    seed: int = 0
    max_examples: int = MAX_EXAMPLES_DEFAULT
    budget_s: float | None = None
    clauses: tuple[str, ...] = ()
    poison: PoisonPolicy = PoisonPolicy.EITHER
    notes: tuple[str, ...] = ()
    title: str = ""
    isolated: bool = False
    memory_limit_mb: int | None = None
    endpoint: Endpoint | None = None
    runtime: RuntimeSpec | None = None
    strict: bool = False
    source: Source | None = None
