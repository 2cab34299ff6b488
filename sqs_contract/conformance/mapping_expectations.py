"""What a mapping program expects, held against the story of its run.

One entry of the table for each field. Reading a field comes first, for all of
them: a field that is prose, or unknown, makes the program not run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.conformance.reading import NotRunnable, Section, whole_number
from sqs_contract.conformance.runner import Invoked, Story
from sqs_contract.model.limits import SECOND_MS

Check = Callable[[Story], Iterator[str]]
"""Tells the differences, each as one sentence."""

Read = Callable[[Section, str], Check]
"""Reads one field."""

_ALL_COUNTS: Final = re.compile(r'all "?(\d+)"?')


def read_expectations(expected: Section) -> list[Check]:
    """Read every field that is about a run.

    Raises:
        NotRunnable: a field is prose or not known.
    """
    checks = [read(expected, name) for name, read in _FIELDS.items() if expected.has(name)]
    expected.done()
    return checks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One expected invocation; `None` is not looked at."""

    records: list[str]
    counts: list[str] | None
    reported: list[str] | None
    failed: bool | None
    not_before_s: int | None

    @classmethod
    def read(cls, section: Section) -> _Wanted:
        if not section.has("records"):
            raise NotRunnable("an expected invocation has no records")
        outcome = section.one_of("outcome", ("ok", "error", ""), "")
        wanted = cls(
            records=section.texts("records"),
            counts=section.texts("receive_counts") if section.has("receive_counts") else None,
            reported=section.texts("reported") if section.has("reported") else None,
            failed=(outcome == "error") if outcome else None,
            not_before_s=section.optional("not_before_seconds_after_first", whole_number),
        )
        section.done()
        if wanted.counts is not None and len(wanted.counts) != len(wanted.records):
            raise NotRunnable("expected.invocations: receive_counts and records differ in length")
        return wanted

    def differences(self, got: Invoked, story: Story) -> Iterator[str]:
        yield from self._record_differences(got, fifo=story.fifo)
        if self.reported is not None and not _same(self.reported, got.reported, ordered=False):
            yield f"{self.reported} were reported on AWS, {list(got.reported)} here"
        if self.failed is not None and self.failed != got.failed:
            yield f"it {'failed' if self.failed else 'succeeded'} on AWS, not so here"
        if self.not_before_s is not None:
            after_ms = got.at_ms - story.invocations[0].at_ms
            if after_ms + story.margin_ms < self.not_before_s * SECOND_MS:
                yield (
                    f"AWS made it no sooner than {self.not_before_s} s after the first, "
                    f"we {after_ms / SECOND_MS:g} s after it"
                )

    def _record_differences(self, got: Invoked, *, fifo: bool) -> Iterator[str]:
        bodies = [body for body, _ in got.records]
        if not _same(self.records, bodies, ordered=fifo):
            yield f"AWS delivered {self.records}, we delivered {bodies}"
        elif self.counts is not None:
            wanted = list(zip(self.records, self.counts, strict=True))
            seen = [(body, str(count)) for body, count in got.records]
            if not _same(wanted, seen, ordered=fifo):
                counts = [count for _, count in seen]
                yield f"the receive counts were {self.counts} on AWS, {counts} here"


def _invocations(expected: Section, name: str) -> Check:
    value = expected.take(name)
    if not isinstance(value, list):
        raise NotRunnable(f"expected.{name} is prose: {value!r}")
    wanted = [
        _Wanted.read(Section(item, f"expected.{name}[{number}]"))
        for number, item in enumerate(value)
    ]

    def check(story: Story) -> Iterator[str]:
        made = story.invocations
        if len(made) != len(wanted):
            yield f"AWS made {len(wanted)} invocations, we made {len(made)}"
        for number, (want, got) in enumerate(zip(wanted, made, strict=False), 1):
            for difference in want.differences(got, story):
                yield f"invocation {number}: {difference}"

    return check


def _bodies(what: str, of: Callable[[Story], list[str]], *, in_order: bool) -> Read:
    def read(expected: Section, name: str) -> Check:
        wanted = expected.texts(name)

        def check(story: Story) -> Iterator[str]:
            got = of(story)
            if not _same(wanted, got, ordered=in_order and story.fifo):
                yield f"AWS {what} {wanted}, we {got}"

        return check

    return read


def _count(what: str, of: Callable[[Story], int]) -> Read:
    def read(expected: Section, name: str) -> Check:
        wanted = expected.read(name, whole_number)

        def check(story: Story) -> Iterator[str]:
            got = of(story)
            if got != wanted:
                yield f"{what}: {wanted} on AWS, {got} here"

        return check

    return read


def _fact(otherwise: str, holds: Callable[[Story], bool]) -> Read:
    def read(expected: Section, name: str) -> Check:
        if not expected.flag(name):
            raise NotRunnable(f"expected.{name} is false, which says nothing")

        def check(story: Story) -> Iterator[str]:
            if not holds(story):
                yield otherwise

        return check

    return read


def _once_each(expected: Section, name: str) -> Check:
    wanted = expected.read(name, whole_number)

    def check(story: Story) -> Iterator[str]:
        made = [body for invoked in story.invocations for body, _ in invoked.records]
        if len(made) != wanted or len(set(made)) != wanted:
            yield (
                f"AWS delivered {wanted} messages once each, we made {len(made)} deliveries "
                f"of {len(set(made))} messages"
            )

    return check


def _all_counts(expected: Section, name: str) -> Check:
    phrase = expected.text(name)
    said = _ALL_COUNTS.fullmatch(phrase)
    if said is None:
        raise NotRunnable(f"expected.{name} is prose: {phrase!r}")
    wanted = int(said[1])

    def check(story: Story) -> Iterator[str]:
        got = sorted({count for invoked in story.invocations for _, count in invoked.records})
        if got != [wanted]:
            yield f"all receive counts were {wanted} on AWS, here they were {got}"

    return check


def _same(wanted: Sequence[Any], got: Sequence[Any], *, ordered: bool) -> bool:
    """Whether two lists are the same; without an order where a standard queue has none (S42)."""
    return list(wanted) == list(got) if ordered else sorted(wanted) == sorted(got)


_FIELDS: Final[Mapping[str, Read]] = {
    "invocations": _invocations,
    "invocations_total": _count("invocations", lambda story: len(story.invocations)),
    "max_concurrency": _count("most invocations at once", lambda story: story.most_at_once),
    "deleted": _bodies("deleted", lambda story: story.deleted, in_order=False),
    "filtered_out_and_deleted": _bodies(
        "filtered out and deleted", lambda story: story.filtered, in_order=False
    ),
    "dlq": _bodies("dead-lettered", lambda story: story.dead_lettered, in_order=True),
    "dlq_set": _bodies("dead-lettered", lambda story: story.dead_lettered, in_order=False),
    "dlq_same_message_id": _fact(
        "a message came to the dead-letter queue under another id, not so on AWS",
        lambda story: story.same_ids,
    ),
    "dlq_empty_after_first_attempt": _fact(
        "the dead-letter queue was not empty after the first invocation, on AWS it was",
        lambda story: not any(invoked.dead_lettered for invoked in story.invocations[:1]),
    ),
    "no_third_invocation": _fact(
        "AWS made no third invocation, we did", lambda story: len(story.invocations) <= 2
    ),
    "queue_empty_after": _fact(
        "messages are left in the queue, on AWS it was empty", lambda story: not story.left
    ),
    "delivered_exactly_once": _once_each,
    "receive_counts": _all_counts,
}
