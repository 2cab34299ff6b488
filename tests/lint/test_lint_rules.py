"""Every rule of lint tells the template that breaks it, and not one that looks alike."""

from __future__ import annotations

import pytest
from lint_service import READING, allow, arn, codes, filters, lint, resource, service
from rule_templates import (
    CASES,
    CONSUMER,
    PLAIN,
    ROOT,
    SEEN,
    WITH_KEY,
    another_mapping,
    key,
    redrive,
)

from sqs_contract.lint.rules import RULES


def test_every_rule_has_its_two_templates():
    assert {rule.code for rule in RULES} == {*CASES, *SEEN}
    assert {rule.code for rule in RULES if rule.observed} == set(SEEN)


@pytest.mark.parametrize("code", CASES)
def test_a_template_that_breaks_a_rule_is_told(tmp_path, code):
    assert code in codes(lint(CASES[code][0], tmp_path))


@pytest.mark.parametrize("code", CASES)
def test_a_template_that_looks_alike_is_not_accused(tmp_path, code):
    assert code not in codes(lint(CASES[code][1], tmp_path))


@pytest.mark.parametrize("code", SEEN)
def test_what_a_handler_was_seen_doing_decides(tmp_path, code):
    template, guilty, innocent = SEEN[code]
    assert code in codes(lint(template, tmp_path, guilty))
    assert code not in codes(lint(template, tmp_path, innocent))
    assert code not in codes(lint(template, tmp_path))


def test_a_sound_service_breaks_no_rule(tmp_path):
    linted = lint(service(), tmp_path, PLAIN)
    assert (linted.problems, linted.untold) == ((), ())


@pytest.mark.parametrize(
    ("statements", "accused"),
    [
        ([allow("SQS:receivemessage", *READING[1:])], False),
        ([allow("sqs:?eceive*", *READING[1:])], False),
        ([allow(*READING), allow("sqs:DeleteMessage", Effect="Deny")], True),
        ([allow(*READING), allow("sqs:SendMessage", Effect="Deny")], False),
        ([allow(*READING, on=arn("Dead"))], True),
        ([allow("*", on="*")], False),
    ],
)
def test_permissions_are_matched_as_iam_matches_them(tmp_path, statements, accused):
    assert ("SQSC701" in codes(lint(service(statements=statements), tmp_path))) is accused


def test_the_queues_own_policy_may_permit_reading(tmp_path):
    """Within an account the policy of the queue is enough."""
    statement = {"Effect": "Allow", "Principal": CONSUMER, "Action": "sqs:*", "Resource": "*"}
    policy = {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [statement]}}
    more = {"Policy": resource("AWS::SQS::QueuePolicy", policy)}
    assert codes(lint(service(statements=[], more=more), tmp_path)) == []
    statement["Principal"] = {"Service": "sns.amazonaws.com"}
    assert codes(lint(service(statements=[], more=more), tmp_path)) == ["SQSC701"]


def test_awss_own_key_needs_no_permission(tmp_path):
    assert codes(lint(service(queue={"KmsMasterKeyId": "alias/aws/sqs"}), tmp_path)) == []


def test_a_role_that_may_decrypt_with_the_key_is_not_accused(tmp_path):
    statements = [allow(*READING), allow("kms:Decrypt", on=arn("Key"))]
    template = service(queue=WITH_KEY, statements=statements, more=key(ROOT))
    assert codes(lint(template, tmp_path)) == []


@pytest.mark.parametrize(
    "pattern",
    [
        {"body": ['{"type": "order"}']},
        {"eventSource": ["aws:s3"]},
        {"detail": {"type": ["order"]}},
        {"$or": [{"type": ["order"]}, {"Body": {"type": ["order"]}}]},
    ],
)
def test_patterns_that_match_nothing_a_queue_brings(tmp_path, pattern):
    assert codes(lint(service(mapping=filters(pattern)), tmp_path)) == ["SQSC602"]


@pytest.mark.parametrize(
    "pattern",
    [
        {"body": ["plain text"]},
        {"eventSource": ["aws:sqs"]},
        {"$or": [{"type": ["order"]}, {"body": {"type": ["order"]}}]},
        {"body": {"type": [{"exists": False}]}},
    ],
)
def test_patterns_that_may_match(tmp_path, pattern):
    assert codes(lint(service(mapping=filters(pattern)), tmp_path)) == []


def test_the_mappings_of_a_function_share_its_reserved_concurrency(tmp_path):
    """Each has room enough, both together have not."""
    second = {
        "Other": resource("AWS::SQS::Queue", redrive() | {"VisibilityTimeout": 60}),
        **another_mapping(
            EventSourceArn=arn("Other"),
            FunctionName={"Ref": "Function"},
            ScalingConfig={"MaximumConcurrency": 3},
        ),
    }
    second["OtherMapping"] = second.pop("Other")
    second["Other"] = resource("AWS::SQS::Queue", redrive() | {"VisibilityTimeout": 60})
    template = service(
        function={"ReservedConcurrentExecutions": 5},
        mapping={"ScalingConfig": {"MaximumConcurrency": 3}},
        statements=[allow(*READING, on="*")],
        more=second,
    )
    linted = lint(template, tmp_path)
    assert codes(linted) == ["SQSC501"]
    assert "concurrency 6 of its 2 mappings together" in linted.problems[0].sentence


@pytest.mark.parametrize(("retention", "accused"), [(60, True), (59, True), (61, False)])
def test_without_a_dead_letter_queue_a_message_must_live_to_come_back(tmp_path, retention, accused):
    settings = {"RedrivePolicy": None, "MessageRetentionPeriod": retention, "VisibilityTimeout": 60}
    linted = lint(service(queue=settings), tmp_path)
    assert ("SQSC103" in codes(linted)) is accused
