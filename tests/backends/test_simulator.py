"""Playing a scenario: what AWS does with a batch, and when, told from the history."""

from __future__ import annotations

import json

import pytest
from scripted import DONE, FAILED, MINUTE, REPORTING, Played, always, failing, first_time

from sqs_contract.backends.bounds import RECEIVES_MAX
from sqs_contract.history import (
    Ended,
    Expired,
    Fate,
    Filtered,
    Invoked,
    Redriven,
    Sent,
    Settled,
    Stopped,
    event_to_json,
)
from sqs_contract.model.invocation import Returned
from sqs_contract.model.response import Row
from sqs_contract.scenario import Fault, FaultKind, ScenarioMessage
from sqs_contract.world.clock import EPOCH_MS


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


@pytest.mark.parametrize(
    ("assumed", "fate"), [({}, Fate.DEAD_LETTERED), ({"other_shape": "delete all"}, Fate.DELETED)]
)
def test_what_is_not_settled_about_aws_is_a_setting_of_the_deployment(assumed, fate):
    """N1: JSON of another shape, where Lambda looks for a report."""
    settings = {**REPORTING, "max_receive_count": 1, "assumptions": assumed}
    played = Played("a", answer=always(Returned('"ok"')), settings=settings)
    assert played.run.fates == {"m1": fate}
