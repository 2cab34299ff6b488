"""What a rule is, and what it finds: plain data for whoever tells it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqs_contract.deployment.resources import Function, Item, Queue
from sqs_contract.deployment.values import Place, Unresolved

T = TypeVar("T")


class Level(enum.Enum):
    """How bad it is, the worst first."""

    ERROR = "error"
    """Messages are lost or never worked at, or AWS refuses the template."""
    WARNING = "warning"
    """Something that goes wrong elsewhere costs messages, or hides that it does."""
    ADVICE = "advice"
    """AWS advises otherwise, or it is worth a thought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A resource a fix adds: what it is to be called, and CloudFormation's name of its type."""

    id: str
    type: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The ARN of a resource, as a template writes it."""

    item: Item | New


@dataclass(frozen=True, slots=True)
class Removed:
    """Stands for the value of a property that is to go."""


@dataclass(frozen=True, slots=True)
class Change:
    """Properties of a resource as they ought to be, in CloudFormation's words."""

    item: Item | New
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a function's role ought to be allowed, on the resource of a reference or an ARN."""

    function: Function
    actions: tuple[str, ...]
    resource: Reference | str


Fix = tuple[Change | Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rule found.

    Attributes:
        item: the resource it is about.
        setting: the property it stands at, by CloudFormation's name; empty for the resource.
        sentence: what is wrong, with the numbers.
        fix: what mends it.
        also: other resources it is about; a suppression in any of them counts.
    """

    item: Item
    setting: str = ""
    sentence: str
    fix: Fix = ()
    also: tuple[Item, ...] = ()


class CannotTell(Exception):
    """A rule cannot tell: `what` is the setting, `why` the end of the sentence about it."""

    def __init__(self, place: Place, what: str, why: Unresolved) -> None:
        super().__init__(f"{what} {why}")
        self.place = place
        self.what = what
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule about settings.

    Attributes:
        code: its number, `SQSC101`; never used again for another.
        name: its name, `visibility-below-timeout`.
        owes: what ought to be, as a sentence.
        why: what happens otherwise.
        page: AWS's page about it.
        source: the numbers of the rules of AWS it stands on.
        observed: it joins the settings with what the handler was seen doing, so only a
            verification can judge it.
        over: what it is held against, one by one.
        check: what it finds in one of them; raises `CannotTell`.
    """

    code: str
    name: str
    level: Level
    owes: str
    why: str
    page: str
    source: str
    observed: bool
    over: Callable[[Any], Iterable[Any]]
    check: Callable[[Any], Iterator[Found]]


def rule(
    code: str,
    name: str,
    level: Level,
    *,
    owes: str,
    why: str,
    page: str,
    source: str,
    over: Callable[[Any], Iterable[T]],
    observed: bool = False,
) -> Callable[[Callable[[T], Iterator[Found]]], Rule]:
    """Make a rule of the function that checks it."""

    def made(check: Callable[[T], Iterator[Found]]) -> Rule:
        return Rule(
            code=code,
            name=name,
            level=level,
            owes=owes,
            why=why,
            page=page,
            source=source,
            observed=observed,
            over=over,
            check=check,
        )

    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A rule broken, at a place of a template; `column` counts from 1."""

    rule: Rule
    place: Place
    column: int | None
    item: str
    sentence: str
    fix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Rules that could not be judged, all for one reason."""

    rules: tuple[Rule, ...]
    place: Place
    what: str
    why: Unresolved

    @property
    def sentence(self) -> str:
        """What cannot be told, why, and the flag that tells it."""
        return f"cannot be told: {self.what} {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What all rules found in one template.

    Attributes:
        file: the template, as it was named.
        problems: what is broken, in the order of the file.
        untold: what could not be told.
        suppressed: how many problems the template or the configuration says to pass over.
        notes: what was taken for something, and suppressions of rules that do not exist.
    """

    file: str
    problems: tuple[Problem, ...]
    untold: tuple[Untold, ...] = ()
    suppressed: int = 0
    notes: tuple[str, ...] = ()

    def has(self, *levels: Level) -> bool:
        """Whether there is a problem of one of these levels."""
        return any(problem.rule.level in levels for problem in self.problems)


def dead_letter_queue_for(queue: Queue) -> New:
    """A dead-letter queue a fix adds to a queue."""
    return New(id=f"{queue.id}DeadLetters", type="AWS::SQS::Queue")
