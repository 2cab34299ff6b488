"""What a session came to, as a person reads it and as a machine does."""

from __future__ import annotations

from sqs_contract.clauses.verdict import Verdict, Violation
from sqs_contract.fault_plan import FaultKind
from sqs_contract.proxy.plans import CALL_KINDS, MESSAGE_KINDS, DrawnPlan
from sqs_contract.proxy.rules import Rules
from sqs_contract.proxy.session import Result
from sqs_contract.proxy.telling import document, faults_struck, render
from sqs_contract.scenario import Fault


class EveryFault(DrawnPlan):
    """Strikes the first call of each label with what it is told."""

    def __init__(self, calls, messages=()):
        self.calls, self.messages = list(calls), messages

    def on_call(self, site, nth):
        return self.calls.pop(0) if self.calls else None

    def on_message(self, name, nth, *, fifo):
        return self.messages if nth == 1 else ()


def content(number):
    return {
        "MessageId": f"id-{number}",
        "ReceiptHandle": f"handle-{number}",
        "Body": "\x1b[2J\u202e" + "x" * 200,
        "Attributes": {"MessageGroupId": "g\x07"},
    }


def violated(*names):
    return Result(
        clause="idempotent",
        verdict=Verdict.VIOLATED,
        violation=Violation(
            clause="idempotent", mode="done-again", claim="Done again.", messages=names,
            why="Why.", remedies=("mend it " * 20,),
        ),
    )  # fmt: skip


def struck(kind):
    """A session in which this struck a message or a call."""
    calls, messages = ([kind], ()) if kind in CALL_KINDS else ([], (kind,))
    queue = "orders.fifo" if kind is FaultKind.EXPIRED_HANDLE else "orders"
    rules = Rules(EveryFault(calls, messages))
    rules.call("ReceiveMessage", queue, None)
    for message in rules.received(queue, [content(1), content(2)], 10, 0):
        rules.delete(queue, message["ReceiptHandle"])
        rules.deleted(queue, message["ReceiptHandle"], done=True, answer=None)
    rules.change_visibility(queue, "handle-1", 0, 0)
    return rules


def test_every_fault_has_its_words_and_is_read_back_from_the_history():
    for kind in (*CALL_KINDS, *MESSAGE_KINDS):
        rules = struck(kind)
        lines = render("orders", [violated("m1")], rules, "stopped")
        assert any("fault: " in line for line in lines), kind
        faults = faults_struck(rules.events)
        assert kind in {fault.kind for fault in faults}
        assert all(fault.nth == 1 for fault in faults)
        assert [Fault.from_json(fault.to_json()) for fault in faults] == faults


def test_hostile_bodies_are_shown_and_not_obeyed_and_fit():
    lines = render("t\x1b", [violated("m1", "m2")], struck(FaultKind.SLOW), "stopped\n")
    text = "\n".join(lines)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert max(map(len, lines)) <= 80
    assert r"\x1b[2J\u202e" in text
    assert r"(group g\x07)" in text


def test_a_long_story_is_cut_and_says_so():
    rules = Rules(DrawnPlan(1))
    for number in range(60):
        rules.received("orders", [content(1)], 10, number)
    lines = render("orders", [violated("m1")], rules, "stopped")
    assert any(line.startswith("    and ") and "more: see --history" in line for line in lines)
    assert len(lines) < 70


def test_the_document_holds_scenario_history_and_verdicts():
    rules = struck(FaultKind.LOST_DELETE)
    kept = Result(clause="drains", verdict=Verdict.NOT_CHECKED, reason="because")
    data = document([violated("m1"), kept], rules, 7)
    assert data["scenario"]["seed"] == 7
    assert [message["name"] for message in data["scenario"]["messages"]] == ["m1", "m2"]
    assert {one["message"] for one in data["scenario"]["faults"]} == {"m1", "m2"}
    assert [event["event"] for event in data["history"][:3]] == [
        "received",
        "struck",
        "deleterequested",
    ]
    assert data["clauses"][0]["explanation"]["mode"] == "done-again"
    assert data["clauses"][1] == {
        "id": "drains",
        "verdict": "not-checked",
        "reason": "because",
        "explanation": None,
    }
