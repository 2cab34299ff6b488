"""Rules about filters: a message that matches none is deleted, without a run and without a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqs_contract.deployment.resources import Item, Queue, Stack
from sqs_contract.deployment.values import Unresolved
from sqs_contract.lint import pages
from sqs_contract.lint.patterns import asked_of_body, refusal_of, undocumented_in, why_never
from sqs_contract.lint.problem import CannotTell, Change, Found, Level, Removed, rule
from sqs_contract.lint.view import FedQueue, Feed, fed_queues, feeds, found
from sqs_contract.model.filters import FILTERS_MAX

_SHOWN: Final = 60


def _sound(feed: Feed) -> tuple[str, ...]:
    """The patterns of a mapping, if AWS takes them all and what each means is documented."""
    patterns = feed.filters
    if any(refusal_of(text) is not None for text in patterns):
        return ()
    for text in patterns:
        for name in sorted(undocumented_in(text)):
            why = Unresolved(f"uses {name!r}, which is not documented for mappings")
            raise CannotTell(
                feed.mapping.at("FilterCriteria"), f"a filter of {feed.mapping.id}", why
            )
    return patterns


def _shown(pattern: str) -> str:
    return pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}..."


@rule(
    "SQSC601",
    "filter-refused",
    Level.ERROR,
    owes="Every filter is a pattern that AWS takes.",
    why="AWS refuses the mapping.",
    page=pages.FILTERING,
    source="S107, S113",
    over=feeds,
)
def filter_refused(feed: Feed) -> Iterator[Found]:
    """A pattern AWS does not accept."""
    patterns = feed.filters
    for text in patterns:
        refusal = refusal_of(text)
        if refusal is not None:
            yield found(
                feed,
                feed.mapping,
                "FilterCriteria",
                f"a filter of {feed.mapping.id} is refused, {_shown(text)}: {refusal}",
                _example(feed),
            )
    if len(patterns) > FILTERS_MAX:
        why = Unresolved(
            f"are {len(patterns)}, and AWS takes {FILTERS_MAX} unless it was asked for more"
        )
        raise CannotTell(feed.mapping.at("FilterCriteria"), f"filters of {feed.mapping.id}", why)


def _example(feed: Feed) -> Change:
    """A filter of the usual form; what it is to ask for, nobody but the user knows."""
    pattern = '{"body": {"type": ["order"]}}'
    return Change(feed.mapping, {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}})


@rule(
    "SQSC602",
    "filter-cannot-match",
    Level.ERROR,
    owes="Some message can match the filters of a mapping.",
    why="Lambda deletes every message that matches no filter, without a run and without the "
    "dead-letter queue: all of them are lost.",
    page=pages.FILTERING,
    source="S2, S108, S109",
    over=feeds,
)
def filter_cannot_match(feed: Feed) -> Iterator[Found]:
    """No filter of the mapping can match anything."""
    patterns = _sound(feed)
    reasons = [why_never(text) for text in patterns]
    if patterns and all(reasons):
        yield found(
            feed,
            feed.mapping,
            "FilterCriteria",
            f"no message can match the filters of {feed.mapping.id}: in "
            f"{_shown(patterns[0])} {reasons[0]}",
            _example(feed),
        )


@rule(
    "SQSC603",
    "filter-without-effect",
    Level.WARNING,
    owes="Every filter of a mapping can match some message.",
    why="What this filter was to let through is deleted, unless another lets it through.",
    page=pages.FILTERING,
    source="S2, S108, S109",
    over=feeds,
)
def filter_without_effect(feed: Feed) -> Iterator[Found]:
    """One of several filters can match nothing."""
    patterns = _sound(feed)
    reasons = {text: reason for text in patterns if (reason := why_never(text)) is not None}
    if len(reasons) == len(set(patterns)):
        return
    for text, reason in reasons.items():
        yield found(
            feed,
            feed.mapping,
            "FilterCriteria",
            f"a filter of {feed.mapping.id} can match no message: in {_shown(text)} {reason}",
        )


_SNS: Final = frozenset(
    {
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion",
        "Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes", "SequenceNumber",
    }
)  # fmt: skip
_S3: Final = frozenset({"Records", "Service", "Event", "Time", "Bucket", "RequestId", "HostId"})
_BUS: Final = frozenset(
    {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources",
        "detail", "replay-name",
    }
)  # fmt: skip
"""The keys at the top of what SNS, S3 and EventBridge write (S141, S143, S145, S146, S147)."""


def _wired(stack: Stack, queue: Queue) -> Iterator[tuple[str, frozenset[str]]]:
    """What the template wires to a queue, and the keys of what it writes."""
    for one in stack.subscriptions:
        if one.protocol == "sqs" and one.endpoint == queue.arn:
            raw = one.properties.get("RawMessageDelivery")
            if not one.raw and not isinstance(raw, Unresolved) and raw not in (True, "true"):
                yield f"the envelope of SNS by {one.id}", _SNS
    for bucket in stack.buckets:
        if queue.arn in bucket.notifies:
            yield f"the notifications of bucket {bucket.id}", _S3
    for item in stack.rules:
        if (queue.arn, True) in item.targets:
            yield f"the events of rule {item.id}", _BUS


@rule(
    "SQSC604",
    "filter-misses-envelope",
    Level.WARNING,
    owes="Filters ask for what stands in the bodies, envelopes included.",
    why="SNS, S3 and EventBridge put what was sent into an envelope. A filter for a field of the "
    "message itself does not find it, and Lambda deletes everything that comes this way.",
    page=pages.FILTERING,
    source="S108, S141, S145, S147",
    over=feeds,
)
def filter_misses_envelope(feed: Feed) -> Iterator[Found]:
    """Filters that delete everything an envelope brings."""
    patterns = _sound(feed)
    if not patterns or feed.own_queue is None:
        return
    for told, keys in _wired(feed.view.stack, feed.queue):
        asked = [names - keys for text in patterns for names in asked_of_body(text)]
        if all(asked):
            missing = ", ".join(repr(name) for name in sorted(asked[0]))
            yield found(
                feed,
                feed.mapping,
                "FilterCriteria",
                f"the filters of {feed.mapping.id} delete {told}: they ask for {missing}, "
                "which is no key of it",
            )


@rule(
    "SQSC605",
    "filters-compete",
    Level.ERROR,
    owes="Mappings that read one queue do not filter differently.",
    why="Each message goes to one of the mappings, by chance. Where that one's filters do not "
    "match, the message is deleted, whatever the other mapping would have done with it. To share "
    "out messages, give each function a queue of its own and filter the subscriptions.",
    page=pages.FILTERING,
    source="S80, S108",
    over=fed_queues,
)
def filters_compete(fed: FedQueue) -> Iterator[Found]:
    """Several mappings of one queue, with different filters."""
    beside = fed.view.others_of(fed.queue)
    if len(beside) < 2 or len({frozenset(feed.filters) for feed in beside}) < 2:
        return
    _all_are_on(beside)
    names = ", ".join(feed.mapping.id for feed in beside)
    yield Found(
        item=fed.feeds[-1].mapping,
        setting="FilterCriteria",
        sentence=f"{names} read {fed.queue.id} with different filters, and each deletes what is "
        "meant for the others",
        also=_all_of(fed.queue, beside),
    )


def _all_of(queue: Queue, feeds: Iterable[Feed]) -> tuple[Item, ...]:
    return (queue, *(item for feed in feeds for item in feed.items))


def _all_are_on(feeds: Iterable[Feed]) -> None:
    """Raises CannotTell where one of some mappings may be off, or not be there."""
    for feed in feeds:
        enabled = feed.mapping.enabled
        if isinstance(enabled, Unresolved):
            raise CannotTell(feed.mapping.at("Enabled"), f"Enabled of {feed.mapping.id}", enabled)


@rule(
    "SQSC606",
    "mapping-twice",
    Level.ERROR,
    owes="A queue feeds a function by one mapping.",
    why="AWS refuses the second.",
    page=pages.SOURCE,
    source="S80",
    over=fed_queues,
)
def mapping_twice(fed: FedQueue) -> Iterator[Found]:
    """The same queue and function twice."""
    seen: dict[str, Feed] = {}
    for feed in fed.view.others_of(fed.queue):
        function = feed.mapping.function
        if not isinstance(function, str):
            continue
        if function in seen:
            _all_are_on((seen[function], feed))
            yield found(
                feed,
                feed.mapping,
                "",
                f"{fed.queue.id} feeds {function.rsplit(':', 1)[-1]} by "
                f"{seen[function].mapping.id} and again by {feed.mapping.id}",
            )
        seen.setdefault(function, feed)


@rule(
    "SQSC607",
    "queue-shared",
    Level.ADVICE,
    owes="A queue feeds one function.",
    why="Each message goes to one of the functions, by chance, not to all of them. To let several "
    "functions have every message, give each a queue of its own behind a topic.",
    page=pages.SOURCE,
    source="S80",
    over=fed_queues,
)
def queue_shared(fed: FedQueue) -> Iterator[Found]:
    """Several functions on one queue."""
    beside = fed.view.others_of(fed.queue)
    functions = {feed.own_function.id: feed for feed in beside if feed.own_function is not None}
    if len(functions) > 1 and len({frozenset(feed.filters) for feed in beside}) == 1:
        _all_are_on(beside)
        yield Found(
            item=fed.feeds[-1].mapping,
            sentence=f"{fed.queue.id} feeds {', '.join(functions)}: each message goes to one",
            also=_all_of(fed.queue, beside),
        )


@rule(
    "SQSC608",
    "filter-deletes-work",
    Level.ADVICE,
    owes="Filters let through what the handler does something about.",
    why="Lambda deletes what matches no filter. Here the handler, given such a body alone, would "
    "have accepted it and done its work: see that the filters are meant so.",
    page=pages.FILTERING,
    source="S108",
    over=feeds,
    observed=True,
)
def filter_deletes_work(feed: Feed) -> Iterator[Found]:
    """Bodies the filters delete, and the handler would have done."""
    observed = feed.view.observed
    if observed is None:
        return
    wanted, tried = observed.filtered_work
    if wanted:
        yield found(
            feed,
            feed.mapping,
            "FilterCriteria",
            f"the filters of {feed.mapping.id} delete {wanted} of the {tried} bodies that "
            "match none, which the handler does its work on when it gets them",
            Change(feed.mapping, {"FilterCriteria": Removed()}),
        )


RULES = (
    filter_refused,
    filter_cannot_match,
    filter_without_effect,
    filter_misses_envelope,
    filters_compete,
    mapping_twice,
    queue_shared,
    filter_deletes_work,
)
