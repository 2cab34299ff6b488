"""The clause `configuration`: settings joined with what the handler was seen doing."""

from __future__ import annotations

import json

import pytest
from lint_service import arn, filters, resource, service, write
from little_shop import SHOP, CommandLine, write_module, write_shop

from sqs_contract import Contract, Deployment
from sqs_contract.checking import BoundClause, ContractViolated
from sqs_contract.clauses.verdict import Verdict
from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.template import deployment_of, only_source
from sqs_contract.lint.flags import as_deployed
from sqs_contract.lint.observed import Observed
from sqs_contract.lint.problem import Level
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.settings_clause import Watch, configuration_result

PLAIN = Observed()
GIVEN = [flag for flag in SHOP if flag != "--report-batch-item-failures"]


@pytest.fixture
def shop(in_tmp_path):
    return write_shop(in_tmp_path)


@pytest.fixture
def call(shop, monkeypatch, capsys):
    return CommandLine(shop, monkeypatch, capsys)


def verify(call, template, handler="orders:handler", *more):
    """The clause's part of the report on a handler in a template."""
    write(template, call.directory)
    given = [*GIVEN, "--template", "template.json", "--clause", "configuration"]
    result = call("verify", handler, *given, *more, "--json", "-")
    return result, next(
        clause for clause in result.document["clauses"] if clause["id"] == "configuration"
    )


def codes(clause):
    return [problem["code"] for problem in clause["problems"]]


def test_sound_settings_keep_the_clause(call):
    result, clause = verify(call, service())
    assert (clause["verdict"], clause["problems"], clause["untold"]) == ("held", [], [])
    assert result.status == 0


def test_reports_that_nobody_reads_break_it(call):
    """The handler reports what it refuses, and the mapping has no ReportBatchItemFailures."""
    result, clause = verify(call, service(mapping={"FunctionResponseTypes": None}))
    assert (clause["verdict"], codes(clause)) == ("violated", ["SQSC401"])
    assert "they are deleted all the same" in clause["reason"]
    assert clause["counterexamples"] == []
    assert result.status == 1


RAISES = """
    import orders

    def handler(event, context):
        for record in event["Records"]:
            orders.book(record)
"""


def test_a_handler_that_only_raises_is_advised(call):
    write_module(call.directory, "raises", RAISES)
    _, clause = verify(call, service(), "raises:handler")
    assert (clause["verdict"], codes(clause)) == ("held", ["SQSC402"])


def test_a_handler_that_only_raises_needs_no_reports(call):
    write_module(call.directory, "raises", RAISES)
    _, clause = verify(call, service(mapping={"FunctionResponseTypes": None}), "raises:handler")
    assert (clause["verdict"], codes(clause)) == ("held", ["SQSC403"])


SLOW = """
    import time
    import orders

    def handler(event, context):
        for record in event["Records"]:
            time.sleep(0.4)
        return orders.handler(event, context)
"""


@pytest.mark.parametrize(("seconds", "found"), [(3, ["SQSC104"]), (5, [])])
def test_a_full_batch_is_timed(call, seconds, found):
    """Ten messages of 0.4 s take 4 s."""
    write_module(call.directory, "slow", SLOW)
    _, clause = verify(call, service(function={"Timeout": seconds}), "slow:handler")
    assert (clause["verdict"], codes(clause)) == ("held", found)


SKIPS_WHAT_IT_KNOWS = """
    import json
    import time
    import orders

    def handler(event, context):
        seen = set()
        for record in event["Records"]:
            order = json.loads(record["body"])["order_id"]
            if order not in seen:
                time.sleep(0.4)
            seen.add(order)
        return orders.handler(event, context)
"""


def test_the_batch_that_is_timed_is_of_different_things(call):
    """The shop has three bodies; what a handler skips because it did it takes no time."""
    write_module(call.directory, "skips", SKIPS_WHAT_IT_KNOWS)
    _, clause = verify(call, service(function={"Timeout": 3}), "skips:handler")
    assert (clause["verdict"], codes(clause)) == ("held", ["SQSC104"])


WATCHES_THE_CLOCK = """
    import time
    import orders

    def handler(event, context):
        failures = []
        for record in event["Records"]:
            if context.get_remaining_time_in_millis() < 1000:
                failures.append({"itemIdentifier": record["messageId"]})
                continue
            time.sleep(0.4)
            failures += orders.handler({"Records": [record]}, context)["batchItemFailures"]
        return {"batchItemFailures": failures}
"""


def test_a_handler_that_stops_in_time_has_time_enough(call):
    write_module(call.directory, "watches", WATCHES_THE_CLOCK)
    _, clause = verify(call, service(function={"Timeout": 3}), "watches:handler")
    assert (clause["verdict"], codes(clause)) == ("held", [])


@pytest.mark.parametrize(
    ("pattern", "found"),
    [({"body": {"order_id": ["a1"]}}, ["SQSC608"]), ({"body": {"order_id": ["a1", "a2"]}}, [])],
)
def test_a_filter_that_deletes_what_the_handler_would_do_is_told(call, pattern, found):
    _, clause = verify(call, service(mapping=filters(pattern)))
    assert (clause["verdict"], codes(clause)) == ("held", found)


def test_a_filter_may_delete_what_the_handler_refuses(call):
    """A body nothing comes of, even given to the handler alone."""
    bodies = [{"order_id": "a1", "amount": 5}, {"note": "no order"}]
    (call.directory / "bodies.json").write_text(json.dumps(bodies), encoding="utf-8")
    pattern = {"body": {"order_id": [{"exists": True}]}}
    _, clause = verify(call, service(mapping=filters(pattern)))
    assert codes(clause) == []


def test_flags_stand_for_the_settings_of_the_template(call):
    """Judged is what was verified."""
    _, clause = verify(call, service(), "orders:handler", "--function-timeout", "100")
    assert (clause["verdict"], codes(clause)) == ("violated", ["SQSC101"])
    template = service(function={"Timeout": 100})
    _, clause = verify(call, template, "orders:handler", "--visibility-timeout", "600")
    assert (clause["verdict"], codes(clause)) == ("held", [])


def test_the_report_shows_what_is_broken_and_how_to_mend_it(call):
    write(service(function={"Timeout": 100}), call.directory)
    result = call("verify", "orders:handler", *GIVEN, "--template", "template.json")
    assert result.status == 1
    lines = result.out.splitlines()
    assert lines[0].split() == ["VIOLATED", "configuration", "orders:handler"]
    assert lines[2].startswith("  template.json:")
    assert "SQSC101 error the visibility timeout of Queue is 60 s" in lines[2]
    assert '                  "VisibilityTimeout": 600' in lines
    assert "  configuration   VIOLATED" in lines


def test_advice_is_a_note_of_the_report(call):
    write(service(queue={"RedrivePolicy": None}), call.directory)
    result = call("verify", "orders:handler", *GIVEN, "--template", "template.json")
    assert result.status == 0
    told = " ".join(result.out.split())
    assert "SQSC201 warning Queue has no dead-letter queue (no-dead-letter-queue)" in told


def test_what_cannot_be_told_is_a_note_and_no_verdict(call):
    elsewhere = {"Role": "arn:aws:iam::123456789012:role/elsewhere"}
    _, clause = verify(call, service(function=elsewhere))
    assert (clause["verdict"], clause["problems"]) == ("held", [])
    assert [item["codes"] for item in clause["untold"]] == [["SQSC701"]]


def test_a_template_says_what_to_ignore(call):
    template = service(function={"Timeout": 100})
    template["Resources"]["Queue"]["Metadata"] = {"sqs-contract": {"ignore": ["SQSC101"]}}
    _, clause = verify(call, template)
    assert (clause["verdict"], codes(clause)) == ("held", [])


def test_only_the_function_that_is_verified_is_judged(call):
    """Another one, with no dead-letter queue, is not its business."""
    more = {
        "Worse": resource("AWS::SQS::Queue", {"VisibilityTimeout": 1}),
        "Second": resource(
            "AWS::Lambda::Function",
            {"Handler": "app.x", "Timeout": 9, "Code": {"S3Bucket": "code", "S3Key": "code.zip"}},
        ),
        "Other": resource(
            "AWS::Lambda::EventSourceMapping",
            {"EventSourceArn": arn("Worse"), "FunctionName": {"Ref": "Second"}},
        ),
    }
    _, clause = verify(call, service(more=more), "orders:handler", "--function", "Function")
    assert (clause["verdict"], codes(clause)) == ("held", [])


# Without a template


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, ["SQSC201"]),
        ({"max_receive_count": 5}, []),
        ({"max_receive_count": 3}, ["SQSC203"]),
        ({"max_receive_count": 5, "function_timeout": 60}, ["SQSC101"]),
        ({"max_receive_count": 5, "function_timeout": 20}, ["SQSC102"]),
        ({"max_receive_count": 5, "reserved_concurrency": 5}, ["SQSC502"]),
        ({"max_receive_count": 5, "fifo": True}, []),
    ],
)
def test_flags_are_judged_as_advice(settings, found):
    """Much is not told by flags: nothing they say breaks the clause."""
    deployment = Deployment.of(report_batch_item_failures=True, **settings)
    result = configuration_result(None, deployment, PLAIN)
    assert result.verdict is Verdict.HELD
    assert [problem.rule.code for problem in result.problems] == found
    assert {problem.rule.level for problem in result.problems} <= {Level.ADVICE}
    assert result.untold == ()


def test_every_flag_takes_the_place_of_the_setting_in_the_template(tmp_path):
    source = only_source(read_stack(write(service(), tmp_path)))
    was = deployment_of(source.stack, source)
    assert as_deployed(source, was) is source.stack
    changed = Deployment.of(
        queue_name="Queue", function_name="Function", handler="app.handler",
        visibility_timeout=61, retention=700, delay=1, max_receive_count=6, batch_size=5,
        batch_window=2, maximum_concurrency=7, function_timeout=11,
    )  # fmt: skip
    stack = as_deployed(source, changed)
    (queue, dead), (mapping,), (function,) = stack.queues, stack.mappings, stack.functions
    assert (queue.visibility_timeout_s, queue.retention_s, queue.delay_s) == (61, 700, 1)
    assert queue.redrive is not None
    assert queue.redrive.max_receive_count == 6
    assert queue.redrive.dead_letter_arn == dead.arn
    assert (mapping.batch_size, mapping.window_s, mapping.maximum_concurrency) == (5, 2, 7)
    assert mapping.response_types == ()
    assert function.timeout_s == 11
    assert (queue.arn, mapping.source, function.id) == (
        source.mapping.source,
        queue.arn,
        "Function",
    )


# In a test file, and what is seen


def test_a_contract_fails_with_the_settings_that_break_it(shop):
    contract = Contract(
        "orders:handler",
        deployment=str(write(service(function={"Timeout": 100}), shop)),
        bodies="bodies.json",
        effects="world:charges",
        reset="world:empty",
        max_examples=0,
        clauses=["configuration"],
    )
    with pytest.raises(ContractViolated, match="SQSC101 error"):
        BoundClause(contract, "configuration").check()


@pytest.mark.parametrize(
    ("payload", "reports", "has_the_key"),
    [
        ('{"batchItemFailures": [{"itemIdentifier": "1"}]}', True, True),
        ('{"batchItemFailures": []}', False, True),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', False, True),
        ('{"batchItemFailures": null}', False, False),
        ("null", False, False),
        ('["batchItemFailures"]', False, False),
        ("no JSON", False, False),
        (b"\xff", False, False),
    ],
)
def test_a_report_is_a_list_that_names_a_record(payload, reports, has_the_key):
    watch = Watch()
    watch._see(Returned(payload))
    assert (watch.reports, watch.returns_reports, watch.raises) == (reports, has_the_key, False)


@pytest.mark.parametrize("kind", ErrorKind)
def test_raising_is_not_running_out_of_time(kind):
    watch = Watch()
    watch._see(FunctionError(kind=kind, error_type="E", message="it failed"))
    assert watch.raises is (kind is ErrorKind.RAISED)
