"""Programs of event source mappings, each of which comes out as it says."""

from __future__ import annotations

import copy

FAILS_ONCE = {
    "id": "fails-once",
    "config": {
        "queue": {"type": "standard", "VisibilityTimeout": 5, "maxReceiveCount": 2},
        "function": {"timeout": 5},
        "esm": {"BatchSize": 1},
    },
    "given": {"send_after_enable": ["m1"]},
    "handler": {"raise_if": "ApproximateReceiveCount <= 1"},
    "expected": {
        "invocations": [
            {"records": ["m1"], "receive_counts": ["1"], "outcome": "error"},
            {
                "records": ["m1"],
                "receive_counts": ["2"],
                "outcome": "ok",
                "not_before_seconds_after_first": 5,
            },
        ],
        "deleted": ["m1"],
        "dlq": [],
    },
}
FIFO = {
    "id": "fifo",
    "config": {
        "queue": {"type": "fifo", "VisibilityTimeout": 8, "maxReceiveCount": 2},
        "dlq": {"type": "fifo"},
        "function": {"timeout": 6},
        "esm": {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
    },
    "given": {
        "send_before_enable": ["a", "b", "c"],
        "group": "g",
        "dedup": ["1", "2", "3"],
        "fail_attempts": {"a": 0, "b": 1, "c": 2},
    },
    "handler": {"report_if": "fail_attempts >= ApproximateReceiveCount"},
    "expected": {
        "invocations": [
            {"records": ["a", "b", "c"], "reported": ["b", "c"]},
            {"records": ["b", "c"], "receive_counts": ["2", "2"], "reported": ["c"]},
        ],
        "deleted": ["a", "b"],
        "dlq": ["c"],
        "dlq_same_message_id": True,
        "dlq_empty_after_first_attempt": True,
        "no_third_invocation": True,
        "queue_empty_after": True,
    },
}
LARGE = {
    "id": "large",
    "config": {
        "function": {"reserved_concurrency": 2},
        "esm": {
            "BatchSize": 20,
            "MaximumBatchingWindowInSeconds": 1,
            "ScalingConfig": {"MaximumConcurrency": 2},
        },
    },
    "given": {"send_before_enable_batches": [10, 10, 10]},
    "handler": {"ok": True, "sleep_seconds": 2},
    "expected": {
        "invocations_total": 2,
        "delivered_exactly_once": 30,
        "receive_counts": 'all "1"',
        "max_concurrency": 2,
    },
}
FILTERED = {
    "id": "filtered",
    "config": {"esm": {"FilterCriteria": {"body": {"a": [1]}}}},
    "given": {"send_before_enable": ['{"a": 1}', '{"a": 2}', "plain"]},
    "handler": {"return": "the event itself"},
    "expected": {
        "invocations": [{"records": ['{"a": 1}']}],
        "filtered_out_and_deleted": ['{"a": 2}', "plain"],
        "deleted": ['{"a": 1}'],
    },
}
SERIAL = {
    "id": "serial",
    "config": {
        "queue": {"type": "fifo", "ContentBasedDeduplication": True, "VisibilityTimeout": 60},
        "function": {"timeout": 10},
        "esm": {"BatchSize": 1},
    },
    "given": {"send_before_enable": ["a", "b", "c"], "group": "one group"},
    "handler": {"sleep_seconds": 5, "return": {"status": "ok"}},
    "expected": {"max_concurrency": 1, "invocations_total": 3},
}
CREATED = {
    "id": "created",
    "config": {"esm": {}},
    "expected": {
        "create": {"BatchSize": 10, "State": "Creating", "http": 202},
        "error_for_BatchSize_11_window_0": {
            "Code": "InvalidParameterValueException",
            "Message": "Maximum batch window in seconds must be greater than 0 if maximum batch "
            "size is greater than 10",
            "http": 400,
        },
    },
}
REFUSED = {
    "id": "refused",
    "config": {"esm": {"FilterCriteria_pattern_text": "null"}},
    "given": {},
    "handler": {},
    "expected": {
        "error": {
            "Code": "InvalidParameterValueException",
            "Message": "Invalid filter pattern definition.",
            "http": 400,
        }
    },
}
ATTRIBUTES = {
    "id": "attributes",
    "config": {"esm": {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:source"}},
    "given": {"send_after_enable": ["m"], "attributes": {"T": "String A b", "N": "Number 6"}},
    "handler": {"raise_always": True},
    "expected": {"deleted": [], "queue_empty_after": True},
}


def changed(program, path, value):
    """A program with one field set, or taken away by `...`."""
    program = copy.deepcopy(program)
    *parents, name = path.split("/")
    inner = program
    for parent in parents:
        inner = inner[int(parent)] if isinstance(inner, list) else inner[parent]
    if value is ...:
        del inner[name]
    else:
        inner[name] = value
    return program
