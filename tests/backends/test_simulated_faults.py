"""Faults on messages and on invocations: what AWS does then, told from the history."""

from __future__ import annotations

from scripted import DONE, FAILED, MINUTE, REPORTING, Played, always, failing, first_time

from sqs_contract.history import Ended, Fate, Invoked, Settled, Struck
from sqs_contract.model.invocation import timed_out
from sqs_contract.scenario import Fault, FaultKind
from sqs_contract.world.clock import EPOCH_MS

# Faults on messages


def test_a_duplicate_in_the_same_batch():
    """S42: two receives of one message."""
    fault = Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message="m1")
    played = Played("a", "b", answer=always(DONE), faults=[fault])
    assert played.batches == [(0, ["m1.1", "m2.1", "m1.2"])]
    assert played.of(Struck) == [Struck(EPOCH_MS, FaultKind.DUPLICATE_IN_BATCH, "m1")]
    assert played.run.fates["m1"] is Fate.DELETED
    records = played.target.events[0]["Records"]
    assert records[0]["messageId"] == records[2]["messageId"]
    assert records[0]["receiptHandle"] != records[2]["receiptHandle"]


def test_a_full_batch_has_no_room_for_a_duplicate():
    fault = Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message="m1")
    played = Played("a", "b", answer=always(DONE), faults=[fault], settings={"batch_size": 2})
    assert played.of(Struck) == []
    assert played.batches == [(0, ["m1.1", "m2.1"])]


def test_a_reported_duplicate_keeps_both_copies():
    """The report names the message, not the copy."""
    fault = Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message="m1")
    settings = {"max_receive_count": 3, **REPORTING}
    played = Played("a", answer=failing("a"), faults=[fault], settings=settings)
    assert played.of(Settled)[0].kept == ("m1",)


def test_a_duplicate_later_comes_although_the_message_was_deleted():
    fault = Fault(kind=FaultKind.DUPLICATE_LATER, message="m1")
    played = Played("a", "b", answer=always(DONE), faults=[fault])
    assert [records for _, records in played.batches] == [["m1.1", "m2.1"], ["m1.2"]]
    assert played.run.fates == {"m1": Fate.DELETED, "m2": Fate.DELETED}
    assert [it.fault for it in played.of(Struck)] == [FaultKind.DUPLICATE_LATER]


def test_a_lost_delete_brings_a_done_message_back_after_its_visibility_timeout():
    """S96."""
    fault = Fault(kind=FaultKind.LOST_DELETE, message="m2")
    played = Played("a", "b", answer=always(DONE), faults=[fault])
    assert played.batches == [(0, ["m1.1", "m2.1"]), (30, ["m2.2"])]
    assert played.of(Settled)[0].kept == ("m2",)
    assert played.of(Struck) == [Struck(EPOCH_MS, FaultKind.LOST_DELETE, "m2")]


def test_the_second_delete_can_be_lost_and_the_first_not():
    faults = [Fault(kind=FaultKind.LOST_DELETE, message="m1", nth=n) for n in (1, 2)]
    assert len(Played("a", answer=always(DONE), faults=faults).batches) == 3
    assert len(Played("a", answer=always(DONE), faults=faults[1:]).batches) == 1


def test_a_message_that_failed_has_no_delete_to_lose():
    fault = Fault(kind=FaultKind.LOST_DELETE, message="m1")
    played = Played("a", answer=first_time(FAILED), faults=[fault])
    assert [at for at, _ in played.batches] == [0, 30, 60]  # lost at the delete after the second


# Faults on invocations


def test_a_crash_before_is_no_invocation_of_the_handler():
    fault = Fault(kind=FaultKind.CRASH_BEFORE, invocation=1)
    played = Played("a", answer=always(DONE), faults=[fault])
    assert played.batches == [(0, ["m1.1"]), (30, ["m1.2"])]
    assert len(played.target.events) == 1
    assert played.of(Ended)[0].outcome.error_type == "Runtime.ExitError"


def test_a_crash_after_throws_away_what_the_handler_returned():
    fault = Fault(kind=FaultKind.CRASH_AFTER, invocation=1)
    played = Played("a", answer=always(DONE), faults=[fault])
    assert len(played.target.events) == 2
    assert "signal: killed" in played.of(Ended)[0].outcome.message
    assert [(it.environment, it.cold) for it in played.of(Invoked)] == [(1, True), (2, True)]


def test_sandboxes_are_kept_warm_unless_a_fault_says_otherwise():
    fault = Fault(kind=FaultKind.COLD_START, invocation=3)
    played = Played(*"abcd", answer=always(DONE), faults=[fault], settings={"batch_size": 1})
    assert [(it.environment, it.cold) for it in played.of(Invoked)] == [
        (1, True),
        (1, False),
        (2, True),
        (2, False),
    ]


def test_a_timeout_is_a_failure_of_the_batch():
    answer = first_time(timed_out("r", 3_000))
    played = Played("a", answer=answer, takes_ms=3_000)
    assert [at for at, _ in played.batches] == [0, 30]


def test_a_message_is_overtaken_by_those_sent_later():
    """S42: best-effort order. It keeps the time it was sent at."""
    fault = Fault(kind=FaultKind.OVERTAKEN, message="m1")
    played = Played("a", "b", answer=always(DONE), faults=[fault])
    assert played.batches == [(0, ["m2.1"]), (60, ["m1.1"])]
    late = played.target.events[1]["Records"][0]["attributes"]
    assert late["SentTimestamp"] == str(EPOCH_MS)
    assert int(late["ApproximateFirstReceiveTimestamp"]) == EPOCH_MS + MINUTE


def test_a_throttled_invocation_uses_up_a_receive_and_runs_nothing():
    """S99: the handler sees the first delivery with a count of 2."""
    fault = Fault(kind=FaultKind.THROTTLED, invocation=1)
    played = Played("a", "b", answer=always(DONE), faults=[fault])
    assert played.batches == [(30, ["m1.2", "m2.2"])]
    assert played.of(Struck) == [Struck(EPOCH_MS, FaultKind.THROTTLED, None, 1)]


def test_a_message_that_is_only_ever_throttled_is_dead_lettered_without_a_run():
    """S63, S99."""
    fault = Fault(kind=FaultKind.THROTTLED, invocation=1)
    played = Played("a", answer=always(DONE), faults=[fault], settings={"max_receive_count": 1})
    assert played.batches == []
    assert played.run.fates == {"m1": Fate.DEAD_LETTERED}
