"""What a template says where, and what it leaves open: places, and values that it alone does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file. `line` counts from 1, and is `None` where only the file is known."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value that the template alone does not tell.

    Attributes:
        why: what it hangs on, as the end of a sentence: "hangs on parameter 'Stage', which
            has no default".
        flag: the flag of the command line that supplies it; empty where there is none.
    """

    why: str
    flag: str = ""

    def __str__(self) -> str:
        return f"{self.why}: give {self.flag}" if self.flag else self.why


def told(value: T | Unresolved | None, default: T) -> T:
    """The value, or a default where the template does not tell one."""
    return default if value is None or isinstance(value, Unresolved) else value


def unresolved_in(value: Any) -> Iterator[Unresolved]:
    """Everything a value leaves open, at any depth."""
    if isinstance(value, Unresolved):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from unresolved_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unresolved_in(item)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResource:
    """A resource in CloudFormation's words, whatever it was written in.

    Attributes:
        id: its name in the template: a logical id, or `aws_sqs_queue.orders`.
        type: CloudFormation's name of what it is: `AWS::SQS::Queue`.
        properties: CloudFormation's properties; intrinsic functions and references are worked
            out, references to ARNs, URLs and names; `Unresolved` stands for what cannot be.
        place: where it stands.
        lines: the line of each property that stands in the file.
        written: the type as it was written, where that is another: `aws_sqs_queue`.
    """

    id: str
    type: str
    properties: Mapping[str, Any]
    place: Place
    lines: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    written: str | None = None
