"""The serialisation of return values, beside the runtime's own."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import importlib.util
import os
import uuid
from typing import NamedTuple
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.limits import PAYLOAD_MAX_BYTES
from sqs_contract.targets.marshal import Marshaller

MODERN = Marshaller("python3.13")
OLDER = Marshaller("python3.11")


class Point(NamedTuple):
    x: int


class Text(enum.StrEnum):
    A = "a"


class Plain(enum.Enum):
    A = "a"


def marshal(value, marshaller=MODERN):
    return marshaller.marshal(value, "request")


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        (None, "null"),
        ({}, "{}"),
        ({"batchItemFailures": []}, '{"batchItemFailures": []}'),
        ({"batchItemFailures": ()}, '{"batchItemFailures": []}'),
        ((1, 2), "[1, 2]"),
        (Point(1), '{"x": 1}'),
        (decimal.Decimal("1.50"), "1.50"),
        (decimal.Decimal("NaN"), "NaN"),
        (float("inf"), "Infinity"),
        ({"x": b"ab"}, '{"x": "ab"}'),
        ({1: 1, None: 2, 1.5: 3}, '{"1": 1, "null": 2, "1.5": 3}'),
        (Text.A, '"a"'),
        ("ä", '"ä"'),
        (b"raw", b"raw"),
    ],
    ids=repr,
)
def test_what_the_runtime_writes(value, payload):
    """S124, S126."""
    assert marshal(value) == Returned(payload)


@pytest.mark.parametrize(
    "value",
    [
        {1},
        dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
        uuid.UUID(int=1),
        Plain.A,
        (item for item in "ab"),
        ValueError("x"),
        bytearray(b"x"),
        {(1, 2): 3},
        {"x": b"\xff"},
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_written_is_a_function_error(value):
    """S125: Runtime.MarshalError."""
    error = marshal(value)
    assert isinstance(error, FunctionError)
    assert error.kind is ErrorKind.UNSERIALISABLE
    assert error.error_type == "Runtime.MarshalError"
    assert error.message.startswith("Unable to marshal response: ")


def test_a_circle_is_a_function_error():
    """S125."""
    circle: dict = {}
    circle["self"] = circle
    assert isinstance(marshal(circle), FunctionError)


def test_a_lone_surrogate_kills_a_modern_runtime_and_is_escaped_by_an_older_one():
    """S127."""
    error = marshal("\ud800")
    assert isinstance(error, FunctionError)
    assert error.error_type == "Runtime.ExitError"
    assert marshal("\ud800", OLDER) == Returned('"\\ud800"')


@pytest.mark.parametrize("make", [lambda size: b"x" * size, lambda size: "x" * (size - 2)])
def test_the_size_limit(make):
    """S115: 6 MiB + 100 bytes."""
    assert isinstance(marshal(make(PAYLOAD_MAX_BYTES)), Returned)
    error = marshal(make(PAYLOAD_MAX_BYTES + 1))
    assert isinstance(error, FunctionError)
    assert error.error_type == "Function.ResponseSizeTooLarge"
    assert str(PAYLOAD_MAX_BYTES) in error.message


def test_the_size_is_counted_in_bytes():
    """S115: an Umlaut has two."""
    assert isinstance(marshal("ä" * (PAYLOAD_MAX_BYTES // 2)), FunctionError)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.decimals()
    | st.sets(st.integers(), max_size=1)
    | st.binary(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.tuples(children)
        | st.dictionaries(st.text(max_size=3) | st.integers(), children, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.skipif(
    importlib.util.find_spec("awslambdaric") is None,
    reason="awslambdaric is installed on Linux only",
)
@given(values)
@pytest.mark.parametrize("runtime", ["python3.11", "python3.13"])
def test_as_the_runtime_client_itself(runtime, value):
    """S124-S127, against AWS's own code."""
    from awslambdaric.lambda_runtime_exception import FaultException
    from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

    with mock.patch.dict(os.environ, {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}):
        theirs = LambdaMarshaller()
        try:
            expected = theirs.marshal_response(value)[0]
        except FaultException:
            expected = None
    ours = Marshaller(runtime).marshal(value, "request")
    if expected is None:
        assert isinstance(ours, FunctionError)
    elif isinstance(ours, Returned):
        assert ours.payload == expected
    else:
        assert ours.error_type == "Runtime.ExitError"
