"""The report for a person: whole screens, so that every change of them is seen."""

from __future__ import annotations

import json
import re
import textwrap

import pytest
from little_shop import BODIES, SHOP, write_module
from rich.cells import cell_len

ASKS_FOR_NO_REPORT = "--no-report-batch-item-failures"

RAISES_ON_POISON = """
    import json
    import world

    def handler(event, context):
        for record in event["Records"]:
            order = json.loads(record["body"])
            if {"order_id": order["order_id"]} not in world.ROWS:
                world.ROWS.append({"order_id": order["order_id"]})
"""


def screen(text):
    return textwrap.dedent(text).lstrip("\n")


def without_counts(text):
    """A report without what hangs on the exploration and on the scenario's digest."""
    text = re.sub(r"-[0-9a-f]{8}\.json", "-DIGEST.json", text)
    text = re.sub(
        r"\d+ of \d+ single faults, (\d+ of \d+ pairs, )?\d+ drawn",
        "N of N single faults, N drawn",
        text,
    )
    return re.sub(r"\d+ scenarios?\n", "N scenarios\n", text)


def test_a_kept_contract_in_a_few_lines(call):
    assert without_counts(call("verify", "orders:handler", *SHOP).out) == screen(
        """
        orders:handler
          response-shape  held  N scenarios
          exact-report    held  N scenarios
          isolation       held  N scenarios
          no-loss         held  N scenarios
          idempotent      held  N scenarios
          stateless       held  N scenarios
          drains          held  N scenarios
          configuration   held

          explored  N of N single faults, N drawn scenarios, seed 0
          note      SQSC201 advice the queue has no dead-letter queue
                    (no-dead-letter-queue)
        """
    )


def test_a_broken_clause_from_the_claim_to_what_to_run(call):
    """The claim, the smallest story, why, what to do, what to run; then a line for each clause."""
    assert without_counts(call("verify", "charges_again:handler", *SHOP).out) == screen(
        """
        VIOLATED  idempotent                                       charges_again:handler

          m1 was delivered more than once, and the effects are not those of one
          delivery. SQS may deliver a message more than once, so doing it again must
          change nothing.

          Smallest scenario (1 message, 1 fault)
            queue     visibility 30 s, no dead-letter queue
            mapping   batch 10, partial batch responses on
            messages  m1  {"order_id": "a1", "amount": 5}
            faults    m1 is delivered once more after it was deleted

          What happened (virtual time)
                0.000  invoke 1  m1 (receive 1)
                0.000  returned  {"batchItemFailures": []}
                0.000    effect  charges + {order_id: a1, amount: 5}
                0.000  deleted  m1
                0.000  fault: a copy of m1 turns up again
                0.000  invoke 2  m1 (receive 2)
                0.000  returned  {"batchItemFailures": []}
                0.000    effect  charges {order_id: a1, amount: 5} 1 -> 2 times
                0.000  deleted  m1

          Against one delivery of each message, the end differs by
            charges {order_id: a1, amount: 5} 1 -> 2 times

          Ways out
            - make doing it again change nothing: write under a key of the message, not
              by adding
            - or record the message as done in the same transaction as the effect, and
              skip it next time

          Reproduce
            sqs-contract replay .sqs-contract/idempotent-DIGEST.json

        charges_again:handler
          response-shape  held  N scenarios
          exact-report    held  N scenarios
          isolation       held  N scenarios
          no-loss         held  N scenarios
          idempotent      VIOLATED  N scenarios
          stateless       held  N scenarios
          drains          held  N scenarios
          configuration   held

          explored  N of N single faults, N drawn scenarios, seed 0
          note      SQSC201 advice the queue has no dead-letter queue
                    (no-dead-letter-queue)
        """
    )


def test_a_healthy_message_held_back_by_a_malformed_one(call):
    """Two messages, no fault; what goes on for ever is summed up; what is not checked says why."""
    write_module(call.directory, "raises", RAISES_ON_POISON)
    result = call("verify", "raises:handler", *SHOP, ASKS_FOR_NO_REPORT)
    assert without_counts(result.out) == screen(
        """
        VIOLATED  isolation                                               raises:handler

          m1 comes back again and again because of p1: alone, it is accepted. Partial
          batch responses are off, so one failure brings the whole batch back.

          Smallest scenario (2 messages, no fault needed)
            queue     visibility 30 s, no dead-letter queue
            mapping   batch 10, partial batch responses off
            messages  m1  {"order_id": "a1", "amount": 5}
                      p1  not json   <- not JSON

          What happened (virtual time)
                0.000  invoke 1  m1 (receive 1)  p1 (receive 1)
                0.000  failed  JSONDecodeError: Expecting value: line ...  raises.py:6
                0.000    effect  charges + {order_id: a1}
                0.000  kept  m1 p1: the function failed, so the whole batch comes back
               30.000  invoke 2  m1 (receive 2)  p1 (receive 2)
               30.000  failed  JSONDecodeError: Expecting value: line ...  raises.py:6
               30.000  kept  m1 p1: the function failed, so the whole batch comes back
               60.000  ... 9 invocations more like this ...
              330.000  invoke 12  m1 (receive 12)  p1 (receive 12)
              330.000  failed  JSONDecodeError: Expecting value: line ...  raises.py:6
              330.000  kept  m1 p1: the function failed, so the whole batch comes back
              360.000  stopped: p1 was received 12 times and still is not done

          Ways out
            - turn on ReportBatchItemFailures and report the failed records alone
            - or set the batch size to 1
            - or put malformed bodies aside instead of raising

          Reproduce
            sqs-contract replay .sqs-contract/isolation-DIGEST.json

        raises:handler
          response-shape  held  N scenarios
          exact-report    not checked
                          ReportBatchItemFailures is off: Lambda reads no report
          isolation       VIOLATED  N scenarios
          no-loss         held  N scenarios
          idempotent      held  N scenarios
          stateless       held  N scenarios
          drains          held  N scenarios
          configuration   held

          explored  N of N single faults, N drawn scenarios, seed 0
          note      SQSC201 advice the queue has no dead-letter queue
                    (no-dead-letter-queue)
          note      SQSC403 advice the mapping has batches of 10 and no
                    ReportBatchItemFailures: one failure brings the whole batch back
                    (all-or-nothing-batch)
        """
    )


def test_a_handler_that_refuses_everything_says_what_to_give(call):
    write_module(call.directory, "refuses", "def handler(event, context): raise ValueError('no')")
    out = call("verify", "refuses:handler", *SHOP, "--clause", "no-loss").out
    assert without_counts(out) == screen(
        """
        refuses:handler
          no-loss         not checked
                          the handler refused every body, even alone and without faults
                          (ValueError: no at refuses.py:1): give --bodies it accepts, or
                          a --reset that prepares what it needs

          explored  N of N single faults, N drawn scenarios, seed 0
        """
    )


def test_what_limits_a_verdict_is_noted(call):
    write_module(
        call.directory,
        "both",
        """
        import json, socket

        ROWS = {}

        def charges():
            return ROWS

        def handler(event, context):
            for record in event["Records"]:
                ROWS[json.loads(record["body"])["order_id"]] = 1
            try:
                socket.create_connection(("example.com", 443))
            except OSError:
                pass
        """,
    )
    given = ("--bodies", "bodies.json", "--effects", "both:charges", "--max-examples", "0")
    out = call("verify", "both:handler", *given).out
    assert out.endswith(
        "  note      cold starts and overlapping deliveries were not played: module\n"
        "            'both' holds both the handler and the effects\n"
        "  note      the handler connected to example.com:443 past every fault site: what\n"
        "            it does there is never made to fail; name a function with\n"
        "            --fault-site\n"
        "  note      the handler tried to reach example.com:443; connections to outside\n"
        "            hosts are refused\n"
    )


STATUS_TEXT = """
    import orders

    def handler(event, context):
        orders.handler(event, context)
        return ANSWER
"""


def test_a_verdict_that_rests_on_an_open_point_says_so(call):
    """N1, with the bug and with the clauses; and in the document for a machine."""
    write_module(call.directory, "says_ok", STATUS_TEXT.replace("ANSWER", '"ok"'))
    result = call("verify", "says_ok:handler", *SHOP, "--clause", "response-shape")
    assert without_counts(result.out).startswith(
        screen(
            """
            VIOLATED  response-shape                                         says_ok:handler

              The response has a shape that AWS does not document: "ok". Here it is taken
              for a failure of the whole batch: the record comes back.

              This verdict rests on N1: what Lambda does about JSON of another shape where
              it looks for a report is not settled; taken here: keep all.

              Smallest scenario (1 message, no fault needed)
            """
        )
    )
    assert "  note      the verdict on response-shape rests on N1: what" in result.out
    document = call("verify", "says_ok:handler", *SHOP, "--json", "-").document
    points = {item["id"]: [it["point"] for it in item["rests_on"]] for item in document["clauses"]}
    assert points["response-shape"] == ["N1"]
    explained = document["clauses"][0]["counterexample"]["explanation"]
    assert [point["point"] for point in explained["rests_on"]] == ["N1"]


def test_a_clause_that_is_kept_may_rest_on_an_open_point_too(call):
    """N2: an empty response is taken for success."""
    write_module(call.directory, "says_nothing", STATUS_TEXT.replace("ANSWER", "[]"))
    out = call("verify", "says_nothing:handler", *SHOP, "--clause", "response-shape").out
    assert without_counts(out) == screen(
        """
        says_nothing:handler
          response-shape  held  N scenarios

          explored  N of N single faults, N drawn scenarios, seed 0
          note      the verdict on response-shape rests on N2: what Lambda does about ""
                    or [] as the whole response is not settled; taken here: delete all
        """
    )


def test_several_bugs_of_one_clause_are_counted_and_told_one_after_the_other(call):
    """One loses a message whose failure it swallows, one answers in a way AWS does not read."""
    write_module(
        call.directory,
        "several",
        """
        import json
        import world

        def handler(event, context):
            for record in event["Records"]:
                order = json.loads(record["body"])
                world.ROWS.append({"order_id": order["order_id"], "amount": order["amount"] + 0})
            return {"batchItemFailure": []}
        """,
    )
    result = call("verify", "several:handler", *SHOP, "--json", "-")
    counts = {item["id"]: len(item["counterexamples"]) for item in result.document["clauses"]}
    heads = [line.split()[1] for line in result.err.splitlines() if line.startswith("VIOLATED  ")]
    assert heads == [clause for clause, count in counts.items() for _ in range(count)]
    assert len(set(heads)) >= 2
    for clause, count in counts.items():
        told = re.search(rf"^  {clause} +VIOLATED  (\d+) bugs", result.err, re.MULTILINE)
        assert (int(told[1]) if told else 1) == max(count, 1)


# Width: at most 80 columns


LONG = "a_module_with_a_name_that_is_much_longer_than_anyone_would_ever_want_to_type"


@pytest.mark.parametrize(
    "bodies",
    [
        BODIES,
        [{"order_id": "a" * 500, "amount": 5}],
        [{"order_id": "a1", "amount": 5, "k" * 200: 1}],
        [{"order_id": "注文番号一二三四五六七八九十" * 5, "amount": 5}],
        [{"order_id": "😀" * 60, "amount": 5}],
    ],
    ids=["plain", "a long value", "a long name", "wide characters", "emoji"],
)
@pytest.mark.parametrize("handler", ["charges_again", "raises"])
def test_no_line_is_wider_than_80_columns(call, bodies, handler):
    """As a terminal counts them: some characters take two."""
    write_module(call.directory, "raises", RAISES_ON_POISON)
    write_module(
        call.directory,
        "given",
        f"import json\nbodies = [json.dumps(body, ensure_ascii=False) for body in {bodies!r}]\n",
    )
    result = call("verify", f"{handler}:handler", *SHOP, "--bodies", "given:bodies")
    assert result.status == 1
    assert [line for line in result.out.splitlines() if cell_len(line) > 80] == []


def test_a_long_target_is_shown_whole(call):
    """It is what the person has to type."""
    write_module(call.directory, LONG, "from charges_again import handler")
    lines = call("verify", f"{LONG}:handler", *SHOP).out.splitlines()
    assert lines[0] == f"VIOLATED  idempotent  {LONG}:handler"
    assert f"{LONG}:handler" in lines


def test_many_messages_in_one_batch_are_told_within_the_width(call):
    (call.directory / "bodies.json").write_text(
        json.dumps([{"order_id": f"a{number}", "amount": 1} for number in range(10)]),
        encoding="utf-8",
    )
    messages = [
        {"name": f"m{number}", "body": json.dumps({"order_id": f"a{number}", "amount": 1})}
        for number in range(1, 11)
    ]
    (call.directory / "ten.json").write_text(
        json.dumps({"messages": messages, "target": "orders:handler"}), encoding="utf-8"
    )
    lines = call("replay", "ten.json").out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).split())
    for number in range(1, 11):
        assert f"m{number} (receive 1)" in text
