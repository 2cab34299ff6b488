"""Every rule of lint: a template that breaks it, and one that looks alike and does not."""

from __future__ import annotations

from lint_service import READING, allow, arn, filters, resource, service

from sqs_contract.lint.observed import Observed

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
