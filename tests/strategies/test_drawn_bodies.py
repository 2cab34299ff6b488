"""Bodies and attributes alone: what is drawn, how it varies, what it shrinks to."""

from __future__ import annotations

import json

import pytest
from aws_could_send import check_attributes, check_body
from hypothesis import find, given, settings
from hypothesis import strategies as st

from sqs_contract.strategies import message_attributes, message_bodies, records, sqs_events


def field(name):
    """Whether a body is a JSON object with a field of this name."""

    def has(body):
        try:
            value = json.loads(body)
        except ValueError:
            return False
        return isinstance(value, dict) and name in value

    return has


def is_text(body):
    try:
        json.loads(body)
    except ValueError:
        return True
    return False


@given(message_bodies())
def test_a_body_is_one_sqs_accepts(body):
    """S17, S23, S27, S28."""
    check_body(body)


@given(message_bodies())
def test_a_body_is_a_json_object_or_plain_text(body):
    assert is_text(body) or isinstance(json.loads(body), dict)


@pytest.mark.parametrize(
    "trait",
    [
        pytest.param(field("order_id"), id="order"),
        pytest.param(field("payment_id"), id="payment"),
        pytest.param(field("user_id"), id="user"),
        pytest.param(field("shipmentId"), id="shipment"),
        pytest.param(field("device"), id="device"),
        pytest.param(is_text, id="plain text"),
        pytest.param(lambda body: not body.isascii(), id="not ASCII"),
        pytest.param(lambda body: '"items": [{' in body, id="an order with items"),
        pytest.param(lambda body: '"company": null' in body, id="a null value"),
        pytest.param(lambda body: '"temperature": -' in body, id="a negative number"),
    ],
)
def test_every_kind_of_body_is_drawn_and_shrinks_to_a_short_one(minimal, trait):
    """Realistic values do not cost shrinking: the smallest example fits in two lines."""
    assert len(minimal(message_bodies(), trait)) <= 200


def test_a_body_shrinks_to_the_simplest_object(minimal):
    assert minimal(message_bodies()) == '{"id": 0}'


def test_plain_text_shrinks_to_a_letter(minimal):
    assert minimal(message_bodies(), is_text) == "a"


def test_values_look_real(minimal):
    """Faker's values, not random characters."""
    body = json.loads(minimal(message_bodies(), field("order_id")))
    assert body["customer"]["email"].count("@") == 1
    assert body["currency"].isalpha()
    assert len(body["currency"]) == 3


@given(message_attributes())
def test_attributes_are_ones_sqs_accepts(attributes):
    """S4, S7, S29, S30."""
    check_attributes(attributes)


@pytest.mark.parametrize(("least", "most"), [(0, 0), (0, 3), (1, 1), (2, 5), (10, 10), (0, 10)])
def test_the_number_of_attributes_lies_within_the_sizes_asked_for(least, most):
    strategy = message_attributes(min_size=least, max_size=most)
    sizes = set()

    @settings(
        max_examples=100, derandomize=True, database=None
    )  # of eleven sizes, chance may leave one out
    @given(strategy)
    def collect(attributes):
        sizes.add(len(attributes))

    collect()
    assert sizes == set(range(least, most + 1))


@pytest.mark.parametrize(
    "data_type",
    [
        "String", "String.uuid", "String.json", "Number", "Number.int", "Number.float", "Binary",
        "Binary.gzip",
    ],
)  # fmt: skip
def test_attributes_of_every_type_are_drawn(minimal, data_type):
    """Each type, and it shrinks to one attribute: each goes without the others."""
    found = minimal(
        message_attributes(),
        lambda bag: any(shown["dataType"] == data_type for shown in bag.values()),
    )
    assert [shown["dataType"] for shown in found.values()] == [data_type]


def test_a_negative_number_is_drawn(minimal):
    found = minimal(
        message_attributes(max_size=1),
        lambda bag: any(shown.get("stringValue", "").startswith("-") for shown in bag.values()),
    )
    (shown,) = found.values()
    assert shown["dataType"] == "Number"


def test_attributes_shrink_to_none(minimal):
    assert minimal(message_attributes()) == {}


def test_attributes_shrink_to_the_fewest_allowed_with_short_text(minimal):
    """As the docstring says: of type String, with short values."""
    found = minimal(message_attributes(min_size=2))
    assert [shown["dataType"] for shown in found.values()] == ["String", "String"]
    assert all(len(shown["stringValue"]) <= 3 for shown in found.values())


def test_an_event_shrinks_to_one_plain_record(minimal):
    """Received once, without attributes, with the simplest body."""
    (record,) = minimal(sqs_events())["Records"]
    assert record["body"] == '{"id": 0}'
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"] == {}
    assert "AWSTraceHeader" not in record["attributes"]


def test_a_record_shrinks_to_a_plain_one(minimal):
    record = minimal(records())
    assert record["body"] == '{"id": 0}'
    assert record["messageAttributes"] == {}


def test_two_records_shrink_to_two_plain_ones(minimal):
    found = minimal(sqs_events(), lambda event: len(event["Records"]) >= 2)["Records"]
    assert [record["body"] for record in found] == ['{"id": 0}'] * 2
    assert [record["attributes"]["ApproximateReceiveCount"] for record in found] == ["1", "1"]


def test_a_trait_of_one_record_shrinks_the_others_away(minimal):
    """One record shrinks, or goes, without the others."""
    (record,) = minimal(
        sqs_events(),
        lambda event: any("order_id" in record["body"] for record in event["Records"]),
    )["Records"]
    assert json.loads(record["body"])["items"] == []
    assert record["messageAttributes"] == {}
    assert record["attributes"]["ApproximateReceiveCount"] == "1"


def test_a_redelivery_shrinks_to_the_second_receive(minimal):
    (record,) = minimal(
        sqs_events(),
        lambda event: any(
            int(record["attributes"]["ApproximateReceiveCount"]) > 1 for record in event["Records"]
        ),
    )["Records"]
    assert record["attributes"]["ApproximateReceiveCount"] == "2"
    assert record["body"] == '{"id": 0}'


def test_a_record_with_attributes_shrinks_to_one_attribute(minimal):
    (record,) = minimal(
        sqs_events(),
        lambda event: any(record["messageAttributes"] for record in event["Records"]),
    )["Records"]
    assert len(record["messageAttributes"]) == 1


def test_bodies_of_ones_own_shrink_as_they_do_alone(minimal):
    """The strategy given keeps its own shrinking inside an event."""
    own = st.integers(0, 1_000).map(lambda number: json.dumps({"order": number}))
    found = minimal(
        sqs_events(bodies=own),
        lambda event: any(json.loads(record["body"])["order"] >= 17 for record in event["Records"]),
    )
    assert [record["body"] for record in found["Records"]] == ['{"order": 17}']


@pytest.mark.long
def test_a_failing_example_is_shown_as_the_event_it_is():
    """What a person reads in the failure is the event, not the plan it was made from."""
    shown = []
    for strategy in (sqs_events(), sqs_events(bodies=st.just("x")), records(), message_bodies()):

        @settings(database=None, max_examples=5)
        @given(value=strategy)
        def fails(value):
            raise AssertionError

        with pytest.raises(AssertionError) as caught:
            fails()
        shown.append("\n".join(caught.value.__notes__))
    assert not [note for note in shown if "\\x00" in note]
    assert all("messageId" in note for note in shown[:3])


@pytest.mark.nightly
def test_strategies_compose_with_those_of_hypothesis():
    """builds, map, filter, one_of, flatmap, lists: they are strategies like any other."""
    redelivered = records().filter(lambda r: r["attributes"]["ApproximateReceiveCount"] != "1")
    found = find(
        st.builds(
            lambda first, rest, event, bag: (first, rest, event, bag),
            redelivered,
            st.lists(message_bodies().map(json.dumps), min_size=2, max_size=2, unique=True),
            st.integers(2, 3).flatmap(lambda n: sqs_events(min_records=n, max_records=n)),
            st.one_of(message_attributes(min_size=1, max_size=1), st.none()),
        ),
        lambda value: value[3] is not None,
        settings=settings(derandomize=True, database=None),
    )
    assert found[0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert len(found[1]) == 2
    assert len(found[2]["Records"]) == 2
