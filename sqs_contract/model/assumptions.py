"""What is not settled about AWS, and what the model takes for it: N1 to N11.

Owns the open points, the setting each of them is, its default and what speaks
for it. The functions of the model take `Assumptions` as an argument; what they
decided by one says so by its `OpenPoint`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqs_contract.model.effect import Effect


class OpenPoint(enum.Enum):
    """The open points; the value is the question, in a sentence."""

    N1 = "what Lambda does about JSON of another shape where it looks for a report"
    N2 = 'what Lambda does about "" or [] as the whole response'
    N3 = "whether identifiers of other batches spoil a report that names some of this one"
    N4 = "whether a batching window is what turns absent digests and values into null"
    N5 = "whether a batching window stretches the visibility timeout"
    N6 = "how long Lambda pauses between attempts to invoke, and how it cuts its concurrency"
    N7 = "whether Lambda repeats a delete of its own that failed"
    N8 = "whether filters of a queue's mapping may be about more than JSON in the body"
    N9 = "whether a batch may hold messages of several FIFO groups"
    N10 = "whether the time of the first receive survives the move to a dead-letter queue"
    N11 = "whether a message is moved to the dead-letter queue without an attempt to receive it"

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.name[1:])

    def told(self, assumptions: Assumptions) -> str:
        """The question, and what is assumed, in one sentence without its full stop."""
        values = [getattr(assumptions, name) for name in SETTINGS[self]]
        taken = " and ".join(dict.fromkeys(map(_in_words, values)))
        return f"{self.value} is not settled; taken here: {taken}"


class Nulls(enum.Enum):
    """When a record says null for what it could leave out (N4)."""

    WITH_WINDOW = "with a batching window"
    ALWAYS = "always"
    NEVER = "never"


class FilterReach(enum.Enum):
    """What becomes of a filter on metadata, or on a body that is plain text (N8)."""

    MATCHED = "matched"
    NEVER_MATCHED = "accepted, matches nothing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Milliseconds between attempts to invoke what is throttled (S99, N6)."""

    first_ms: int = 1_000
    factor: int = 2
    most_ms: int = 60_000

    def after(self, attempts: int) -> int:
        """The pause after so many attempts."""
        pause_ms: int = self.first_ms * self.factor ** min(attempts - 1, 32)
        return min(pause_ms, self.most_ms)

    def __str__(self) -> str:
        return f"{self.first_ms} ms, times {self.factor} each time, {self.most_ms} ms at the most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """One setting for each open point that makes a difference in the model.

    Attributes:
        other_shape: N1. JSON of another shape with reporting on (`"ok"`,
            `{"batchItemFailures": "id"}`). Kept: what is documented of bad reports
            all ends in failure, and nothing is lost by it (S83).
        empty_response: N2. `""` or `[]` as the whole response. Deleted: the mappings
            of streams were recorded doing so, and the text says "empty response".
        extra_identifiers: N3. An identifier that is not in the batch, beside some that
            are. Kept, all of them: an unknown message id is documented as complete
            failure (S84). `KEEP_REPORTED`: only those that were named.
        nulls: N4. When digests and values that are not there are null. With a batching
            window: 146 recorded records agree, though none is of a FIFO queue with one
            (S3, S5).
        stretched_visibility: N5. Whether a window and a timeout that exceed the
            visibility timeout make it window + timeout + 30 s. No: only the guide of
            2021 and 2022 says so (S78).
        pauses: N6. Between attempts to invoke what is throttled: "growing" is all that is
            said. How Lambda runs fewer batches after function errors is not modelled.
        retried_deletes: N7. Whether Lambda repeats a delete that did not arrive. No: it
            is documented nowhere, and the harder case for a consumer (S96).
        metadata_filters: N8. Filters on other keys than `body`. Matched against the
            record: the general page of the guide lists them (S107).
        text_filters: N8. Patterns for a body that is plain text. Matched: the format
            rule of the guide speaks of them (S109).
        groups_together: N9. Whether a batch may hold several FIFO groups. Yes: the
            current text says so, that of 2022 did not (S73).
        first_receive_kept: N10. Whether the time of the first receive survives the move
            to a dead-letter queue. Yes, as the receive count does (S59).
        moved_at_receive: N11. Whether a message is moved when one tries to receive it.
            Yes: every recording has such an attempt (S58). No: as soon as its
            visibility timeout is over.
    """

    other_shape: Effect = Effect.KEEP_ALL
    empty_response: Effect = Effect.DELETE_ALL
    extra_identifiers: Effect = Effect.KEEP_ALL
    nulls: Nulls = Nulls.WITH_WINDOW
    stretched_visibility: bool = False
    pauses: Pauses = Pauses()
    retried_deletes: bool = False
    metadata_filters: FilterReach = FilterReach.MATCHED
    text_filters: FilterReach = FilterReach.MATCHED
    groups_together: bool = True
    first_receive_kept: bool = True
    moved_at_receive: bool = True


DEFAULT_ASSUMPTIONS: Final = Assumptions()

SETTINGS: Final[Mapping[OpenPoint, tuple[str, ...]]] = {
    OpenPoint.N1: ("other_shape",),
    OpenPoint.N2: ("empty_response",),
    OpenPoint.N3: ("extra_identifiers",),
    OpenPoint.N4: ("nulls",),
    OpenPoint.N5: ("stretched_visibility",),
    OpenPoint.N6: ("pauses",),
    OpenPoint.N7: ("retried_deletes",),
    OpenPoint.N8: ("metadata_filters", "text_filters"),
    OpenPoint.N9: ("groups_together",),
    OpenPoint.N10: ("first_receive_kept",),
    OpenPoint.N11: ("moved_at_receive",),
}
"""Which settings an open point is. One that is missing changes nothing in the model."""


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value if isinstance(value, enum.Enum) else value)
