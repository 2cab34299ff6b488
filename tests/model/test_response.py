"""How Lambda reads a response: every row of the table, with and without reporting."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract.model.assumptions import Assumptions, OpenPoint
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.response import (
    Effect,
    Row,
    parse_json,
    read_outcome,
)

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
BATCH = {ONE, TWO}

FAILED = FunctionError(kind=ErrorKind.RAISED, error_type="ValueError", message="no")

DELETE, KEEP, REPORTED = Effect.DELETE_ALL, Effect.KEEP_ALL, Effect.KEEP_REPORTED


def report(*identifiers: object) -> str:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": item} for item in identifiers]})


TABLE = [
    ("null", Row.NULL, DELETE),
    (" null ", Row.NULL, DELETE),
    ("{}", Row.EMPTY_OBJECT, DELETE),
    ('{"batchItemFailures": []}', Row.EMPTY_LIST, DELETE),
    ('{"batchItemFailures": [ ]}', Row.EMPTY_LIST, DELETE),
    ('{"batchItemFailures": null}', Row.EMPTY_LIST, DELETE),
    ('{"statusCode": 200}', Row.NO_KEY, DELETE),
    (json.dumps({"batch_item_failures": [{"itemIdentifier": ONE}]}), Row.NO_KEY, DELETE),
    (json.dumps({"BatchItemFailures": [{"itemIdentifier": ONE}]}), Row.NO_KEY, DELETE),
    ('""', Row.EMPTY_RESPONSE, DELETE),
    ("[]", Row.EMPTY_RESPONSE, DELETE),
    (report(ONE), Row.REPORT, REPORTED),
    (report(ONE, TWO, ONE), Row.REPORT, REPORTED),
    ('{"batchItemFailures": [{"foo": "x"}]}', Row.BAD_KEY, KEEP),
    (json.dumps({"batchItemFailures": [{"itemidentifier": ONE}]}), Row.BAD_KEY, KEEP),
    (json.dumps({"batchItemFailures": [{"ItemIdentifier": ONE}]}), Row.BAD_KEY, KEEP),
    (json.dumps({"batchItemFailures": [{"messageId": ONE}]}), Row.BAD_KEY, KEEP),
    (report(""), Row.EMPTY_IDENTIFIER, KEEP),
    (report(None), Row.EMPTY_IDENTIFIER, KEEP),
    (report("AQEBreceipt"), Row.UNKNOWN_IDENTIFIER, KEEP),
    (report(123), Row.UNKNOWN_IDENTIFIER, KEEP),
    (report([]), Row.UNKNOWN_IDENTIFIER, KEEP),
    (report(ONE.upper()), Row.REPORT if ONE.upper() == ONE else Row.UNKNOWN_IDENTIFIER, REPORTED),
    ("nonsense", Row.NOT_JSON, KEEP),
    ('{"x": NaN}', Row.NOT_JSON, KEEP),
    ('{"x": -Infinity}', Row.NOT_JSON, KEEP),
    (b"\xff\xfe\x00", Row.NOT_JSON, KEEP),
    (b'{"batchItemFailures": []}', Row.EMPTY_LIST, DELETE),
    ("[" * 100_000, Row.NOT_JSON, KEEP),
    ('"ok"', Row.OTHER_SHAPE, KEEP),
    ("7", Row.OTHER_SHAPE, KEEP),
    ("true", Row.OTHER_SHAPE, KEEP),
    ("false", Row.OTHER_SHAPE, KEEP),
    (json.dumps([ONE]), Row.OTHER_SHAPE, KEEP),
    (json.dumps({"batchItemFailures": ONE}), Row.OTHER_SHAPE, KEEP),
    (json.dumps({"batchItemFailures": {"itemIdentifier": ONE}}), Row.OTHER_SHAPE, KEEP),
    (json.dumps({"batchItemFailures": [ONE]}), Row.OTHER_SHAPE, KEEP),
]


ROW_NAMES = [row.name.lower() for _, row, _ in TABLE]


@pytest.mark.parametrize(("payload", "row", "effect"), TABLE, ids=ROW_NAMES)
def test_row_of_the_table_with_reporting_on(payload, row, effect):
    """Section G of the semantics: the first row that matches wins."""
    reading = read_outcome(Returned(payload), BATCH, reporting=True)
    assert (reading.row, reading.effect) == (row, effect)


@pytest.mark.parametrize("payload", [payload for payload, _, _ in TABLE], ids=ROW_NAMES)
def test_any_response_deletes_all_with_reporting_off(payload):
    """Row 3, S85: also a report. The most expensive mistake of this contract."""
    reading = read_outcome(Returned(payload), BATCH, reporting=False)
    assert (reading.row, reading.effect) == (Row.REPORTING_OFF, DELETE)


@pytest.mark.parametrize("reporting", [True, False])
@pytest.mark.parametrize("kind", list(ErrorKind))
def test_a_function_error_keeps_all(kind, reporting):
    """Row 1, S88, S101: with reporting on as well."""
    error = FunctionError(kind=kind, error_type="X", message="")
    reading = read_outcome(error, BATCH, reporting=reporting)
    assert (reading.row, reading.effect) == (Row.FUNCTION_ERROR, KEEP)


@pytest.mark.parametrize(
    ("response", "effect"),
    [
        ({"BatchItemFailures": [{"itemIdentifier": ONE}]}, DELETE),
        ({"batchItemFailures": [{"ItemIdentifier": ONE}]}, KEEP),
    ],
)
def test_the_wrong_case_loses_messages_at_the_top_and_keeps_them_below(response, effect):
    """S86, S87."""
    assert read_outcome(Returned(json.dumps(response)), BATCH, reporting=True).effect is effect


def test_a_report_keeps_those_it_names_and_lets_go_the_others():
    """Row 9; a name that stands twice counts once (S89)."""
    reading = read_outcome(Returned(report(TWO, TWO)), BATCH, reporting=True)
    assert reading.reported == {TWO}
    assert reading.keeps(TWO)
    assert not reading.keeps(ONE)


@pytest.mark.parametrize("bad", ["", None, "unknown", 5])
def test_one_bad_item_spoils_the_whole_report(bad):
    """S84: good identifiers beside it do not help; the offending item is told."""
    reading = read_outcome(Returned(report(ONE, bad)), BATCH, reporting=True)
    assert reading.effect is KEEP
    assert reading.keeps(ONE)
    assert reading.keeps(TWO)
    assert reading.offending == json.dumps({"itemIdentifier": bad})


@pytest.mark.parametrize(
    ("payload", "point", "assumptions", "effect"),
    [
        ('"ok"', OpenPoint.N1, Assumptions(other_shape=DELETE), DELETE),
        (report("x").replace('{"itemIdentifier": "x"}', "7"), OpenPoint.N1, Assumptions(), KEEP),
        ('""', OpenPoint.N2, Assumptions(empty_response=KEEP), KEEP),
        ("[]", OpenPoint.N2, Assumptions(), DELETE),
        (report("x", ONE), OpenPoint.N3, Assumptions(), KEEP),
        (report(ONE, 5), OpenPoint.N3, Assumptions(extra_identifiers=DELETE), DELETE),
    ],
)
def test_what_is_not_settled_is_a_setting(payload, point, assumptions, effect):
    """N1, N2, N3: and the reading says which of them it rests on."""
    reading = read_outcome(Returned(payload), BATCH, reporting=True, assumptions=assumptions)
    assert (reading.effect, reading.rests_on) == (effect, point)


def test_unknown_identifiers_may_be_taken_to_be_passed_over():
    """N3: then the messages that were named are kept, and no others."""
    assumptions = Assumptions(extra_identifiers=Effect.KEEP_REPORTED)
    payload = report("x", ONE)
    reading = read_outcome(Returned(payload), BATCH, reporting=True, assumptions=assumptions)
    assert [reading.keeps(name) for name in (ONE, TWO)] == [True, False]


@pytest.mark.parametrize("items", [["x"], ["x", "", ONE], ["x", None, ONE], ["x", 5]])
def test_a_report_that_is_bad_for_other_reasons_rests_on_nothing(items):
    """S83: unknown identifiers alone, or beside empty ones, are documented as failure."""
    loose = Assumptions(extra_identifiers=DELETE)
    reading = read_outcome(Returned(report(*items)), BATCH, reporting=True, assumptions=loose)
    assert (reading.effect, reading.rests_on) == (KEEP, None)


@pytest.mark.parametrize(
    ("payload", "offending"),
    [
        ('"ok"', '"ok"'),
        ('{"batchItemFailures": "m1"}', '"m1"'),
        ('{"batchItemFailures": ["m1"]}', '"m1"'),
        ('{"batchItemFailures": [{"messageId": "m1"}]}', '{"messageId": "m1"}'),
        ("nonsense", None),
        ("null", None),
    ],
)
def test_what_spoiled_a_response_is_told(payload, offending):
    """Rows 10 and 14: the smallest part that is wrong, as JSON."""
    reading = read_outcome(Returned(payload), BATCH, reporting=True)
    assert reading.offending == offending


def test_a_strict_reader_knows_no_constants():
    """S124: NaN and Infinity are no JSON."""
    with pytest.raises(ValueError, match="Infinity is not JSON"):
        parse_json("[Infinity]")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ONE, TWO]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["batchItemFailures", "itemIdentifier", "x"]), children, max_size=3
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_every_response_is_read_and_only_reports_keep_a_part(value):
    """No response is beyond the table; a message is kept by all or by a valid report."""
    reading = read_outcome(Returned(json.dumps(value)), BATCH, reporting=True)
    assert reading.reported <= BATCH
    if reading.row is Row.REPORT:
        assert {item["itemIdentifier"] for item in value["batchItemFailures"]} == reading.reported
    else:
        assert reading.keeps(ONE) == reading.keeps(TWO)


@pytest.mark.parametrize(
    ("payload", "offending", "rests_on"),
    [
        # What is wrong beside it spoils the report anyway: no open point decides.
        ('{"batchItemFailures": [{"itemIdentifier": "x"}, 5]}', '"x"', None),
        (report("x"), '"x"', None),
        (report(ONE, "x"), '"x"', OpenPoint.N3),
    ],
)
def test_an_identifier_of_another_batch_is_named_as_what_offends(payload, offending, rests_on):
    reading = read_outcome(Returned(payload), BATCH, reporting=True)
    assert reading.row is Row.UNKNOWN_IDENTIFIER
    assert offending in (reading.offending or "")
    assert reading.rests_on is rests_on


def test_where_the_whole_batch_comes_back_for_it_nothing_counts_as_reported():
    """N3: kept or deleted as a whole."""
    for effect in (DELETE, KEEP):
        assumptions = Assumptions(extra_identifiers=effect)
        reading = read_outcome(
            Returned(report(ONE, "x")), BATCH, reporting=True, assumptions=assumptions
        )
        assert (reading.effect, reading.reported) == (effect, frozenset())
