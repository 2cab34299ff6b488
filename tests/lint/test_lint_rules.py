"""Every rule: a template that breaks it, and one that looks alike and does not."""

from __future__ import annotations

import pytest
from lint_service import (
    READING,
    allow,
    arn,
    codes,
    filters,
    lint,
    resource,
    service,
)

from sqs_contract.lint.observed import Observed
from sqs_contract.lint.rules import RULES

FIFO = {"FifoQueue": True}
WITH_KEY = {"KmsMasterKeyId": {"Ref": "Key"}}
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}
CONSUMER = {"AWS": arn("Role")}


def redrive(receives=5, to="Dead"):
    return {"RedrivePolicy": {"deadLetterTargetArn": arn(to), "maxReceiveCount": receives}}


def key(principal):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    policy = {"KeyPolicy": {"Statement": [statement]}}
    return {"Key": resource("AWS::KMS::Key", policy)}


def another_mapping(**properties):
    return {
        "Other": resource(
            "AWS::Lambda::EventSourceMapping",
            {
                "EventSourceArn": arn("Queue"),
                "FunctionName": {"Ref": "Second"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                **properties,
            },
        )
    }


def second_function():
    return {
        "Second": resource(
            "AWS::Lambda::Function",
            {
                "Handler": "app.second",
                "Timeout": 10,
                "Role": arn("Role"),
                "Code": {"S3Bucket": "code", "S3Key": "code.zip"},
            },
        )
    }


def topic(*, raw):
    return {
        "Topic": resource("AWS::SNS::Topic", {}),
        "Subscription": resource(
            "AWS::SNS::Subscription",
            {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": arn("Queue"),
                "RawMessageDelivery": raw,
            },
        ),
    }


def consumer_of_dead_letters(*, allowed_on):
    return {
        "Redriver": resource(
            "AWS::Lambda::Function",
            {
                "Handler": "app.redrive",
                "Timeout": 5,
                "Role": arn("RedriverRole"),
                "Code": {"S3Bucket": "code", "S3Key": "code.zip"},
            },
        ),
        "RedriverRole": resource(
            "AWS::IAM::Role",
            {
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": [
                                allow(*READING, on=arn("Dead")),
                                allow("sqs:SendMessage", on=arn(allowed_on)),
                            ]
                        }
                    }
                ]
            },
        ),
        "RedriverMapping": resource(
            "AWS::Lambda::EventSourceMapping",
            {
                "EventSourceArn": arn("Dead"),
                "FunctionName": {"Ref": "Redriver"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        ),
        "Archive": resource("AWS::SQS::Queue", {}),
    }


ORDERS = {"body": {"type": ["order"]}}
PLAIN = Observed()

CASES = {
    "SQSC101": (
        # A function of 100 s, and 60 s until its messages turn up again.
        service(function={"Timeout": 100}),
        # Equal is taken.
        service(function={"Timeout": 60}),
    ),
    "SQSC102": (
        # Six times 10 s and a window of 1 s: 61 s.
        service(mapping={"MaximumBatchingWindowInSeconds": 1}),
        service(mapping={"MaximumBatchingWindowInSeconds": 0}),
    ),
    "SQSC103": (
        # Five receives take 300 s.
        service(queue={"MessageRetentionPeriod": 299}),
        service(queue={"MessageRetentionPeriod": 300}),
    ),
    "SQSC201": (
        service(queue={"RedrivePolicy": None}),
        # A queue nobody reads needs none; and dead letters themselves need none.
        service(more={"Unread": resource("AWS::SQS::Queue", {})}),
    ),
    "SQSC202": (
        service(
            queue={"RedrivePolicy": None}, function={"DeadLetterConfig": {"TargetArn": arn("Dead")}}
        ),
        # A function that is invoked asynchronously too may have one besides.
        service(function={"DeadLetterConfig": {"TargetArn": arn("Dead")}}),
    ),
    "SQSC203": (service(queue=redrive(4)), service(queue=redrive(5))),
    "SQSC204": (
        service(
            queue=redrive(1),
            function={"ReservedConcurrentExecutions": 5},
            mapping={"ScalingConfig": {"MaximumConcurrency": 5}},
        ),
        service(queue=redrive(1)),
    ),
    "SQSC205": (service(queue=FIFO), service(queue=FIFO, dead=FIFO)),
    "SQSC206": (
        # Both keep messages for four days.
        service(dead={"MessageRetentionPeriod": None}),
        # On FIFO the clock starts anew.
        service(queue=FIFO, dead={**FIFO, "MessageRetentionPeriod": None}),
    ),
    "SQSC207": (
        # Dead letters are 300 s old.
        service(dead={"MessageRetentionPeriod": 300}),
        service(queue=FIFO, dead={**FIFO, "MessageRetentionPeriod": 300}),
    ),
    "SQSC208": (
        service(dead=redrive(5, to="Queue")),
        # A chain that ends.
        service(dead=redrive(5, to="Last"), more={"Last": resource("AWS::SQS::Queue", {})}),
    ),
    "SQSC209": (
        service(more=consumer_of_dead_letters(allowed_on="Queue")),
        service(more=consumer_of_dead_letters(allowed_on="Archive")),
    ),
    "SQSC210": (
        service(mapping={"DestinationConfig": {"OnFailure": {"Destination": arn("Dead")}}}),
        # On a mapping of a stream it belongs.
        service(
            more={
                "Stream": resource(
                    "AWS::Lambda::EventSourceMapping",
                    {
                        "EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
                        "FunctionName": {"Ref": "Function"},
                        "StartingPosition": "LATEST",
                        "DestinationConfig": {"OnFailure": {"Destination": arn("Dead")}},
                    },
                )
            }
        ),
    ),
    "SQSC301": (
        service(queue=FIFO, dead=FIFO, mapping={"BatchSize": 11}),
        service(queue=FIFO, dead=FIFO, mapping={"BatchSize": 10}),
    ),
    "SQSC302": (
        service(queue=FIFO, dead=FIFO, mapping={"MaximumBatchingWindowInSeconds": 5}),
        service(queue=FIFO, dead=FIFO, mapping={"MaximumBatchingWindowInSeconds": 0}),
    ),
    "SQSC303": (
        service(mapping={"BatchSize": 11}),
        service(mapping={"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}),
    ),
    "SQSC304": (
        service(
            queue={"MaximumMessageSize": 1_048_576},
            mapping={"BatchSize": 20, "MaximumBatchingWindowInSeconds": 5},
        ),
        service(
            queue={"MaximumMessageSize": 262_144},
            mapping={"BatchSize": 20, "MaximumBatchingWindowInSeconds": 5},
        ),
    ),
    "SQSC305": (
        service(mapping={"ScalingConfig": {"MaximumConcurrency": 1}}),
        service(mapping={"ScalingConfig": {"MaximumConcurrency": 2}}),
    ),
    "SQSC403": (
        service(mapping={"FunctionResponseTypes": None}),
        # A batch of one is all or nothing anyway.
        service(mapping={"FunctionResponseTypes": None, "BatchSize": 1}),
    ),
    "SQSC501": (
        service(
            function={"ReservedConcurrentExecutions": 5},
            mapping={"ScalingConfig": {"MaximumConcurrency": 6}},
        ),
        service(
            function={"ReservedConcurrentExecutions": 5},
            mapping={"ScalingConfig": {"MaximumConcurrency": 5}},
        ),
    ),
    "SQSC502": (
        service(function={"ReservedConcurrentExecutions": 5}),
        # Provisioned pollers have a maximum of their own.
        service(
            function={"ReservedConcurrentExecutions": 5},
            mapping={"ProvisionedPollerConfig": {"MaximumPollers": 2}},
        ),
    ),
    "SQSC503": (
        service(function={"ReservedConcurrentExecutions": 0}),
        # Paused as it should be.
        service(function={"ReservedConcurrentExecutions": 0}, mapping={"Enabled": False}),
    ),
    "SQSC601": (
        # The values of a field stand in a list.
        service(mapping=filters({"body": {"type": "order"}})),
        service(mapping=filters(ORDERS)),
    ),
    "SQSC602": (
        # Fields of the body stand below "body".
        service(mapping=filters({"type": ["order"]})),
        service(mapping=filters({"type": [{"exists": False}]})),
    ),
    "SQSC603": (
        service(mapping=filters(ORDERS, {"Body": {"type": ["refund"]}})),
        service(mapping=filters(ORDERS, {"body": {"type": ["refund"]}})),
    ),
    "SQSC604": (
        service(mapping=filters(ORDERS), more=topic(raw=False)),
        service(mapping=filters(ORDERS), more=topic(raw=True)),
    ),
    "SQSC605": (
        service(
            mapping=filters(ORDERS),
            more={
                **second_function(),
                **another_mapping(**filters({"body": {"type": ["refund"]}})),
            },
        ),
        service(
            mapping=filters(ORDERS),
            more={**second_function(), **another_mapping(**filters(ORDERS))},
        ),
    ),
    "SQSC606": (
        service(more=another_mapping(FunctionName={"Ref": "Function"})),
        service(more={**second_function(), **another_mapping()}),
    ),
    "SQSC607": (
        service(more={**second_function(), **another_mapping()}),
        service(more={**second_function(), **another_mapping(Enabled=False)}),
    ),
    "SQSC701": (
        service(statements=[allow("sqs:ReceiveMessage", "sqs:GetQueueAttributes")]),
        service(statements=[allow("sqs:*", on="arn:aws:sqs:*:*:Que*")]),
    ),
    "SQSC702": (
        service(queue=WITH_KEY, more=key(ROOT)),
        # The key's own policy lets the role decrypt.
        service(queue=WITH_KEY, more=key(CONSUMER)),
    ),
}

SEEN = {
    "SQSC104": (service(), Observed(timed_out_batch=10), PLAIN),
    "SQSC401": (
        service(mapping={"FunctionResponseTypes": None}),
        Observed(reports=True, returns_reports=True),
        # It has the key, and never named a record: nothing is lost by it.
        Observed(returns_reports=True, raises=True),
    ),
    "SQSC402": (
        service(),
        Observed(raises=True),
        Observed(raises=True, returns_reports=True),
    ),
    "SQSC608": (
        service(mapping=filters(ORDERS)),
        Observed(filtered_work=(1, 2)),
        Observed(filtered_work=(0, 2)),
    ),
}


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
