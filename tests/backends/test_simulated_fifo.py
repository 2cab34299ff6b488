"""Playing a scenario on a FIFO queue: order, groups, duplicates, told from the history."""

from __future__ import annotations

import pytest
from scripted import DONE, FAILED, REPORTING, Lambda, Played, always, failing

from sqs_contract import Deployment, UsageError
from sqs_contract.backends.simulator import Simulator
from sqs_contract.history import Deduplicated, Fate, Invoked, Settled
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.world.clock import EPOCH_MS, VirtualClock


def grouped(name, group, body="a", **more):
    return ScenarioMessage(name=name, body=body, group_id=group, **more)


FIFO = {"fifo": True, "max_receive_count": 2, **REPORTING}


def test_fifo_what_follows_a_failed_message_in_its_group_waits_for_it():
    """S45-S47, S93: the group comes back in order, one visibility timeout later."""
    played = Played(
        grouped("m1", "g", "a"),
        grouped("m2", "g", "b"),
        grouped("m3", "h", "c"),
        answer=lambda event, number: failing("a", "b")(event, number) if number == 1 else DONE,
        settings=FIFO,
    )
    assert played.batches == [(0, ["m1.1", "m2.1", "m3.1"]), (30, ["m1.2", "m2.2"])]


def test_fifo_a_dead_lettered_head_lets_its_followers_go_on():
    """S62: a message sent while the head is in flight is held back until the head is gone."""
    played = Played(
        grouped("m1", "g", "a"),
        grouped("m2", "g", "b", after_ms=1_000),
        answer=failing("a"),
        settings=FIFO,
    )
    assert played.batches == [(0, ["m1.1"]), (30, ["m1.2", "m2.1"])]
    assert played.run.fates == {"m1": Fate.DEAD_LETTERED, "m2": Fate.DELETED}


def test_fifo_records_carry_group_number_and_what_they_are_deduplicated_by():
    """S9, S53: the content hash where the queue deduplicates by content."""
    settings = {**FIFO, "content_based_deduplication": True}
    played = Played(
        grouped("m1", "g", "a"), grouped("m2", "g", "b"), answer=always(DONE), settings=settings
    )
    first, second = [record["attributes"] for record in played.target.events[0]["Records"]]
    assert first["MessageGroupId"] == "g"
    assert first["MessageDeduplicationId"] == (
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    )
    assert int(first["SequenceNumber"]) < int(second["SequenceNumber"])
    assert len(first["SequenceNumber"]) == 20


def test_fifo_a_duplicate_is_acknowledged_and_never_delivered():
    """S51."""
    played = Played(
        grouped("m1", "g"),
        grouped("m2", "h"),
        answer=always(DONE),
        settings={**FIFO, "content_based_deduplication": True},
    )
    assert played.batches == [(0, ["m1.1"])]
    assert played.of(Deduplicated) == [Deduplicated(EPOCH_MS, "m2")]
    assert played.run.fates == {"m1": Fate.DELETED, "m2": Fate.DEDUPLICATED}


def test_fifo_messages_with_ids_of_their_own_are_no_duplicates():
    """S51: an explicit id wins over the content."""
    played = Played(grouped("m1", "g"), grouped("m2", "g"), answer=always(DONE), settings=FIFO)
    assert played.batches == [(0, ["m1.1", "m2.1"])]


def test_fifo_a_delete_after_the_visibility_timeout_fails_and_the_message_comes_back():
    """S50, S103: a successful batch is processed again."""
    settings = {**FIFO, "visibility_timeout": 2}
    played = Played(grouped("m1", "g"), answer=always(DONE), takes_ms=3_000, settings=settings)
    assert played.batches == [(0, ["m1.1"]), (3, ["m1.2"])]
    assert played.run.fates == {"m1": Fate.DEAD_LETTERED}
    assert played.of(Settled)[0].kept == ("m1",)


def test_fifo_a_message_needs_a_group():
    with pytest.raises(UsageError, match="'m1' has no message group, and the queue is FIFO"):
        Played("a", answer=always(DONE), settings=FIFO)


@pytest.mark.parametrize(
    "kind", [FaultKind.DUPLICATE_IN_BATCH, FaultKind.DUPLICATE_LATER, FaultKind.OVERTAKEN]
)
def test_fifo_what_only_standard_queues_do_is_refused(kind):
    with pytest.raises(UsageError, match=f"does not do that by itself: {kind.value}"):
        Played(
            grouped("m1", "g"),
            answer=always(DONE),
            faults=[Fault(kind=kind, message="m1")],
            settings=FIFO,
        )


def test_one_by_one_each_message_is_delivered_once_whatever_becomes_of_it():
    """On a FIFO queue too: what was refused holds nothing back."""
    clock = VirtualClock()
    target = Lambda(always(FAILED), clock)
    scenario = Scenario(
        messages=(grouped("m1", "g"), grouped("m2", "g"), grouped("m3", "h")),
        deployment=Deployment.of(fifo=True, batch_size=1),
    )
    run = Simulator(scenario, target, clock).play_one_by_one()
    invoked = [event.records for event in run.events if isinstance(event, Invoked)]
    assert invoked == [(("m1", 1),), (("m2", 1),), (("m3", 1),)]
    assert clock.now_ms == EPOCH_MS


def test_fifo_a_message_is_not_deduplicated_by_its_own_id():
    """S51: its producer chose what it is deduplicated by, before SQS gave it an id."""
    played = Played(grouped("m1", "g", "a"), answer=always(DONE), settings=FIFO)
    [record] = played.target.events[0]["Records"]
    assert record["attributes"]["MessageDeduplicationId"] != record["messageId"]
