"""Playing a scenario: what AWS does with a batch, and when, told from the history."""

from __future__ import annotations

import json

import pytest

from sqs_contract import Deployment, UsageError
from sqs_contract.backends.bounds import RECEIVES_MAX
from sqs_contract.backends.simulator import Simulator
from sqs_contract.history import (
    Deduplicated,
    Ended,
    Expired,
    Fate,
    Filtered,
    Invoked,
    Redriven,
    Sent,
    Settled,
    Stopped,
    Struck,
    event_to_json,
)
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned, timed_out
from sqs_contract.model.response import Row
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.world.clock import EPOCH_MS, VirtualClock

FAILED = FunctionError(kind=ErrorKind.RAISED, error_type="ValueError", message="no")
DONE = Returned("null")
MINUTE = 60_000


class Lambda:
    """A target that answers as told: `answer(event, number)` is an outcome."""

    def __init__(self, answer, clock):
        self.answer, self.clock = answer, clock
        self.events, self.environment, self.cold = [], 0, True

    def prepare(self):
        cold = self.cold
        self.environment += cold
        self.cold = False
        return self.environment, cold

    def retire(self):
        self.cold = True

    def invoke(self, event, number, deployment):
        self.events.append(event)
        return self.answer(event, number)


class Played:
    """A run, its simulator and its target."""

    def __init__(self, *messages, answer, faults=(), takes_ms=0, settings=None, **more):
        clock = VirtualClock()

        def timed(event, number):
            clock.set(clock.now_ms + takes_ms)
            return answer(event, number)

        self.target = Lambda(timed, clock)
        self.simulator = Simulator(
            Scenario(
                messages=tuple(
                    ScenarioMessage(name=f"m{n}", body=item) if isinstance(item, str) else item
                    for n, item in enumerate(messages, 1)
                ),
                faults=tuple(faults),
                deployment=Deployment.of(**(settings or {})),
            ),
            self.target,
            clock,
            **more,
        )
        self.run = self.simulator.play()

    def of(self, kind):
        return [event for event in self.run.events if isinstance(event, kind)]

    @property
    def batches(self):
        """Seconds from the start, and each message with its receive count."""
        return [
            ((it.at_ms - EPOCH_MS) / 1000, [f"{name}.{count}" for name, count in it.records])
            for it in self.of(Invoked)
        ]


def always(outcome):
    return lambda *_: outcome


def failing(*bodies):
    """Reports the records with these bodies."""

    def answer(event, _):
        items = [
            {"itemIdentifier": it["messageId"]} for it in event["Records"] if it["body"] in bodies
        ]
        return Returned(json.dumps({"batchItemFailures": items}))

    return answer


def first_time(outcome, then=DONE):
    return lambda _, number: outcome if number == 1 else then


REPORTING = {"report_batch_item_failures": True}


def test_a_batch_that_succeeds_is_deleted():
    played = Played("a", "b", answer=always(DONE))
    assert played.batches == [(0, ["m1.1", "m2.1"])]
    assert played.run.fates == {"m1": Fate.DELETED, "m2": Fate.DELETED}


def test_the_history_of_a_run_stands_in_order():
    played = Played("a", answer=always(DONE), takes_ms=5)
    sent, invoked, ended, settled = played.run.events
    assert sent == Sent(EPOCH_MS, "m1")
    assert invoked == Invoked(EPOCH_MS, 1, (("m1", 1),), 1, True)
    assert ended == Ended(EPOCH_MS + 5, 1, DONE)
    assert isinstance(settled, Settled)
    assert (settled.deleted, settled.kept) == (("m1",), ())
    assert settled.reading.row is Row.REPORTING_OFF


def test_a_function_error_brings_the_whole_batch_back_after_its_visibility_timeout():
    """S97, S98: counted from the receive, not from the end of the invocation."""
    played = Played(
        "a", "b", answer=first_time(FAILED), takes_ms=2_000, settings={"visibility_timeout": 45}
    )
    assert played.batches == [(0, ["m1.1", "m2.1"]), (45, ["m1.2", "m2.2"])]


def test_reported_records_come_back_alone():
    """S90."""
    played = Played("a", "b", "c", answer=lambda e, n: failing("b")(e, n) if n == 1 else DONE,
                    settings=REPORTING)  # fmt: skip
    assert played.batches == [(0, ["m1.1", "m2.1", "m3.1"]), (30, ["m2.2"])]


def test_a_report_nobody_asked_for_is_ignored_and_the_messages_are_lost():
    """S85."""
    played = Played("a", "b", answer=failing("b"))
    assert played.run.fates["m2"] is Fate.DELETED
    assert len(played.batches) == 1


def test_batches_are_as_large_as_the_mapping_says():
    played = Played(*"abcde", answer=always(DONE), settings={"batch_size": 2})
    assert [records for _, records in played.batches] == [
        ["m1.1", "m2.1"],
        ["m3.1", "m4.1"],
        ["m5.1"],
    ]


def test_a_window_gathers_what_comes_meanwhile():
    """S69: the batch waits for the window to end."""
    late = ScenarioMessage(name="late", body="b", after_ms=3_000)
    played = Played("a", late, answer=always(DONE), settings={"batch_window": 5})
    assert played.batches == [(5, ["m1.1", "late.1"])]


def test_a_message_sent_later_comes_in_a_batch_of_its_own():
    late = ScenarioMessage(name="late", body="b", after_ms=3_000)
    played = Played("a", late, answer=always(DONE))
    assert played.batches == [(0, ["m1.1"]), (3, ["late.1"])]


def test_messages_are_sent_in_the_order_of_their_times():
    early = ScenarioMessage(name="early", body="b", after_ms=1_000)
    late = ScenarioMessage(name="late", body="b", after_ms=3_000)
    played = Played(late, early, answer=always(DONE))
    assert [records for _, records in played.batches] == [["early.1"], ["late.1"]]


def test_a_delayed_queue_delivers_late():
    """S31."""
    assert Played("a", answer=always(DONE), settings={"delay": 7}).batches == [(7, ["m1.1"])]


def test_after_max_receive_count_deliveries_a_message_is_dead_lettered():
    """S57: the handler sees the counts 1 to N, and never N + 1."""
    played = Played("a", answer=always(FAILED), settings={"max_receive_count": 3})
    assert played.batches == [(0, ["m1.1"]), (30, ["m1.2"]), (60, ["m1.3"])]
    assert played.of(Redriven) == [Redriven(EPOCH_MS + 90_000, "m1")]
    assert played.run.fates == {"m1": Fate.DEAD_LETTERED}
    assert [it.body for it in played.simulator.dead_letter_queue.messages()] == ["a"]


def test_beside_a_poison_message_the_others_are_dead_lettered_too_without_reports():
    def answer(event, _):
        bodies = [it["body"] for it in event["Records"]]
        return FAILED if "!" in bodies else DONE

    settings = {"max_receive_count": 2}
    assert set(Played("a", "!", answer=answer, settings=settings).run.fates.values()) == {
        Fate.DEAD_LETTERED
    }


def test_beside_a_reported_one_the_others_are_deleted():
    """Look-alike of the above."""
    settings = {"max_receive_count": 2, **REPORTING}
    played = Played("a", "!", answer=failing("!"), settings=settings)
    assert played.run.fates == {"m1": Fate.DELETED, "m2": Fate.DEAD_LETTERED}


def test_without_a_dead_letter_queue_a_run_is_cut_off_and_says_so():
    """Nothing goes on for ever; reaching a bound is told."""
    played = Played("a", answer=always(FAILED))
    assert len(played.batches) == RECEIVES_MAX
    [stopped] = played.of(Stopped)
    assert "m1 was received 12 times" in stopped.reason
    assert played.run.fates == {"m1": Fate.WAITING}


def test_invocations_are_bounded():
    played = Played(*"abcd", answer=always(DONE), settings={"batch_size": 1}, invocations_max=3)
    assert len(played.batches) == 3
    assert "3 invocations were made" in played.of(Stopped)[0].reason


def test_a_message_whose_retention_is_over_expires():
    """S32."""
    settings = {"retention": 60, "visibility_timeout": 45}
    played = Played("a", answer=always(FAILED), settings=settings)
    assert [at for at, _ in played.batches] == [0, 45]
    assert played.of(Expired) == [Expired(EPOCH_MS + 90_000, "m1")]
    assert played.run.fates == {"m1": Fate.EXPIRED}


def test_no_visibility_timeout_means_at_once():
    played = Played("a", answer=first_time(FAILED), settings={"visibility_timeout": 0})
    assert [at for at, _ in played.batches] == [0, 0]


def test_a_redelivery_is_the_same_message_with_another_handle():
    """S22."""
    played = Played("a", answer=first_time(FAILED))
    first, second = (event["Records"][0] for event in played.target.events)
    same = ("messageId", "body", "md5OfBody", "eventSourceARN", "awsRegion")
    assert [first[key] for key in same] == [second[key] for key in same]
    assert first["receiptHandle"] != second["receiptHandle"]
    counts = [it["attributes"]["ApproximateReceiveCount"] for it in (first, second)]
    assert counts == ["1", "2"]
    assert first["attributes"]["SentTimestamp"] == second["attributes"]["SentTimestamp"]


# Faults on messages.


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


# Faults on invocations, and execution environments.


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


def test_an_invocation_that_outlasts_the_visibility_timeout_is_not_overtaken():
    """One poller: what became visible meanwhile is received after the invocation."""
    played = Played("a", answer=first_time(FAILED), takes_ms=2 * MINUTE)
    assert [at for at, _ in played.batches] == [0, 120]


def test_the_world_is_looked_at_before_and_after_each_invocation():
    looks = iter(range(9))
    played = Played("a", answer=first_time(FAILED), observe=lambda: next(looks))
    assert played.run.worlds == [0, 1, 2]


def test_earlier_receives_are_counted_but_do_not_use_up_the_bound():
    played = Played("a", answer=first_time(FAILED), earlier_receives=2, receives_max=2)
    assert played.batches == [(0, ["m1.3"]), (30, ["m1.4"])]


def test_the_same_scenario_gives_the_same_run():
    faults = [
        Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message="m1"),
        Fault(kind=FaultKind.LOST_DELETE, message="m2"),
        Fault(kind=FaultKind.CRASH_AFTER, invocation=2),
    ]
    settings = {"max_receive_count": 4, **REPORTING}
    runs = [
        Played("a", "!", answer=failing("!"), faults=faults, settings=settings) for _ in range(2)
    ]
    assert runs[0].run.events == runs[1].run.events
    assert runs[0].target.events == runs[1].target.events


@pytest.mark.parametrize(
    "answer", [always(DONE), always(FAILED), failing("a"), always(Returned(b"\xff"))]
)
def test_every_event_of_a_history_can_be_written_as_json(answer):
    faults = [
        Fault(kind=FaultKind.DUPLICATE_LATER, message="m1"),
        Fault(kind=FaultKind.CRASH_BEFORE, invocation=2),
    ]
    settings = {"max_receive_count": 2, **REPORTING}
    played = Played("a", "b", answer=answer, faults=faults, settings=settings)
    written = [event_to_json(event) for event in played.run.events]
    assert json.loads(json.dumps(written)) == written
    assert {it["event"] for it in written} >= {"sent", "invoked", "ended", "settled"}


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


def test_a_message_that_matches_no_filter_is_deleted_and_never_delivered():
    """S108, S109."""
    played = Played(
        '{"type": "order"}',
        '{"type": "refund"}',
        "plain text",
        answer=always(DONE),
        settings={"filters": ['{"body": {"type": ["order"]}}']},
    )
    assert played.batches == [(0, ["m1.1"])]
    assert [event.message for event in played.of(Filtered)] == ["m2", "m3"]
    assert played.run.fates == {"m1": Fate.DELETED, "m2": Fate.FILTERED, "m3": Fate.FILTERED}


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


@pytest.mark.parametrize(
    ("assumed", "fate"), [({}, Fate.DEAD_LETTERED), ({"other_shape": "delete all"}, Fate.DELETED)]
)
def test_what_is_not_settled_about_aws_is_a_setting_of_the_deployment(assumed, fate):
    """N1: JSON of another shape, where Lambda looks for a report."""
    settings = {**REPORTING, "max_receive_count": 1, "assumptions": assumed}
    played = Played("a", answer=always(Returned('"ok"')), settings=settings)
    assert played.run.fates == {"m1": fate}
