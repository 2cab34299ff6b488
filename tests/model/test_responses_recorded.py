"""How mappings of streams were recorded reading responses, held against our reader (S83, N2).

Evidence by analogy: no stream is modelled, the classifier is documented to be the same. A
complete failure was retried until its attempts were used up; after a success nothing more
was seen. test_response.py has each row with cases of our own.
"""

from __future__ import annotations

import json

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.effect import Effect
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.response import read_outcome

CASES = load("esm_streams_batch_item_failures.json").get("cases", {})
RAISED = FunctionError(kind=ErrorKind.RAISED, error_type="ZeroDivisionError", message="")
OUTCOMES = {
    "empty_string_success": "",
    "empty_list_success": [],
    "null_success": None,
    "empty_dict_success": {},
    "empty_batch_item_failure_success": {"batchItemFailures": []},
    "null_batch_item_failure_success": {"batchItemFailures": None},
    "empty_string_item_identifier_failure": {"batchItemFailures": [{"itemIdentifier": ""}]},
    "null_item_identifier_failure": {"batchItemFailures": [{"itemIdentifier": None}]},
    "item_identifier_not_present_failure": {"batchItemFailures": [{"itemIdentifier": 123}]},
    "invalid_key_foo_failure": {"batchItemFailures": [{"foo": 123}]},
    "invalid_key_foo_null_value_failure": {"batchItemFailures": [{"foo": None}]},
    "unhandled_exception_in_function": RAISED,
}
"""What the function of each case came to."""


@needs_recordings
@pytest.mark.parametrize("case", sorted(CASES))
def test_a_response_is_read_as_mappings_of_streams_read_it(case):
    """S83, S88, N2."""
    given = OUTCOMES[case.partition("[")[2].removesuffix("]")]
    outcome = given if given is RAISED else Returned(json.dumps(given))
    recorded = json.dumps(CASES[case]["content"])
    failed = "RetryAttemptsExhausted" in recorded
    assert failed is (recorded.count('"eventID"') > 1)
    reading = read_outcome(outcome, {"id"}, reporting=True)
    assert reading.effect is (Effect.KEEP_ALL if failed else Effect.DELETE_ALL)
