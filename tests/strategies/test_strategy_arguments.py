"""What the arguments of the strategies do, and what is said where they are wrong."""

from __future__ import annotations

import json

import pytest
from aws_could_send import check_event
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies import message_attributes, message_bodies, records, sqs_events


def sizes_of(strategy, examples=200):
    sizes = set()

    @settings(max_examples=examples)
    @given(strategy)
    def collect(event):
        sizes.add(len(event["Records"]))

    collect()
    return sizes


@pytest.mark.parametrize(("least", "most"), [(1, 1), (1, 2), (2, 4), (3, 3), (9, 10), (10, 10)])
@pytest.mark.parametrize("bodies", [None, st.just("x")], ids=["our bodies", "own bodies"])
def test_the_number_of_records_lies_within_what_is_asked_for(least, most, bodies):
    """Every number from the least to the most is drawn."""
    strategy = sqs_events(min_records=least, max_records=most, bodies=bodies)
    assert sizes_of(strategy) == set(range(least, most + 1))


@pytest.mark.parametrize("bodies", [None, st.just("x")], ids=["our bodies", "own bodies"])
def test_large_batches_are_drawn_where_they_are_asked_for(bodies):
    """Beyond ten records, up to the most asked for."""
    sizes = sizes_of(sqs_events(min_records=5, max_records=25, bodies=bodies), 300)
    assert min(sizes) >= 5
    assert max(sizes) <= 25
    assert max(sizes) > 15
    assert sizes_of(sqs_events(min_records=12, max_records=12, bodies=bodies), 5) == {12}


def test_bodies_are_those_of_the_strategy_given():
    """Only those, each of them, and as they are."""
    seen = set()
    strategy = sqs_events(bodies=st.sampled_from(["a", "b", '{"c": 1}']))

    @given(strategy)
    def collect(event):
        check_event(event)
        seen.update(record["body"] for record in event["Records"])

    collect()
    assert seen == {"a", "b", '{"c": 1}'}


def test_records_take_bodies_too():
    seen = set()

    @given(records(bodies=st.sampled_from(["a", "b"])))
    def collect(record):
        seen.add(record["body"])

    collect()
    assert seen == {"a", "b"}


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_queue_region_and_account_make_the_arn(region, partition):
    """S16: the partition follows from the region."""
    where = {"queue_name": "Invoices_2-new", "region": region, "account": "000000000001"}

    @settings(max_examples=20)
    @given(sqs_events(**where), records(**where))
    def check(event, record):
        check_event(event)
        for one in (*event["Records"], record):
            assert one["awsRegion"] == region
            assert (
                one["eventSourceARN"] == f"arn:{partition}:sqs:{region}:000000000001:Invoices_2-new"
            )

    check()


@pytest.mark.parametrize("strategy", [sqs_events, records, message_attributes])
def test_arguments_are_given_by_name(strategy):
    """So that arguments can be added and a call still reads."""
    with pytest.raises(TypeError):
        strategy(1)


def test_message_bodies_takes_no_arguments():
    with pytest.raises(TypeError):
        message_bodies(1)


@pytest.mark.parametrize(
    "given_sizes",
    [
        {"min_records": 0},
        {"min_records": -1},
        {"min_records": 11},
        {"min_records": 3, "max_records": 2},
        {"max_records": 0},
        {"max_records": 10_001},
        {"min_records": "1"},
        {"min_records": 1.5},
        {"max_records": 2.5},
        {"max_records": None},
    ],
    ids=str,
)
def test_a_wrong_number_of_records_is_refused_at_the_call(given_sizes):
    """The message names the argument and its value."""
    name, value = list(given_sizes.items())[-1]
    with pytest.raises(InvalidArgument, match=f"{name}={value!r}"):
        sqs_events(**given_sizes)


@pytest.mark.parametrize(
    "given_sizes",
    [
        {"min_size": -1},
        {"max_size": 11},
        {"min_size": 3, "max_size": 2},
        {"min_size": "1"},
        {"max_size": 1.5},
        {"max_size": None},
    ],
    ids=str,
)
def test_a_wrong_number_of_attributes_is_refused_at_the_call(given_sizes):
    name, value = list(given_sizes.items())[-1]
    with pytest.raises(InvalidArgument, match=f"{name}={value!r}"):
        message_attributes(**given_sizes)


@pytest.mark.parametrize(
    "where",
    [
        {"queue_name": ""},
        {"queue_name": "two words"},
        {"queue_name": "a" * 81},
        {"queue_name": "arn:aws:sqs:us-east-1:123456789012:orders"},
        {"queue_name": 5},
        {"region": ""},
        {"region": "Frankfurt"},
        {"region": 5},
        {"account": "12"},
        {"account": 123456789012},
        {"account": "12345678901x"},
    ],
    ids=str,
)
@pytest.mark.parametrize("strategy", [sqs_events, records])
def test_a_queue_that_cannot_exist_is_refused_at_the_call(strategy, where):
    """S16: else the event drawn is one AWS could not send."""
    ((name, _),) = where.items()
    with pytest.raises(InvalidArgument, match=name):
        strategy(**where)


@pytest.mark.parametrize("strategy", [sqs_events, records])
def test_the_name_of_a_fifo_queue_is_refused(strategy):
    """S9: its records need a sequence number, which records of a standard queue lack."""
    with pytest.raises(InvalidArgument, match=r"(?i)fifo"):
        strategy(queue_name="orders.fifo")


@pytest.mark.parametrize(
    "bodies", ["x", ["x"], json.dumps, 5], ids=["text", "list", "callable", "5"]
)
@pytest.mark.parametrize("strategy", [sqs_events, records])
def test_bodies_must_be_a_strategy(strategy, bodies):
    """Told at the call, with what to write instead."""
    with pytest.raises(InvalidArgument, match=r"bodies=.* must be a strategy; write"):
        strategy(bodies=bodies)


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        (st.integers(), r"bodies drew 0, which is no text; use \.map\(json\.dumps\)"),
        (st.just({"a": 1}), r"bodies drew \{'a': 1\}, which is no text"),
        (st.just(b"x"), "which is no text"),
        (st.just(""), "S28"),
        (st.just("\x00"), r"U\+0000"),
        (st.just("\ud800"), r"U\+D800"),
        (st.just("￿"), r"U\+FFFF"),
    ],
)
def test_a_drawn_body_sqs_would_refuse_is_told_when_it_is_drawn(bodies, said):
    """A handler never sees it, so it is a mistake in the strategy, not a find."""

    @settings(database=None, max_examples=1, phases=[Phase.generate])
    @given(sqs_events(bodies=bodies))
    def consume(event):
        raise AssertionError("no event is drawn")

    with pytest.raises(InvalidArgument, match=said):
        consume()


def test_a_drawn_body_that_is_too_large_is_told_briefly():
    """S23. The message does not repeat a mebibyte of text."""

    @settings(database=None, max_examples=1, phases=[Phase.generate])
    @given(records(bodies=st.just("a" * 1_048_577)))
    def consume(record):
        raise AssertionError("no record is drawn")

    said = None
    try:
        consume()
    except InvalidArgument as refused:
        said = str(refused)
    assert said is not None
    length, told = len(said), "1048577 bytes" in said
    del said  # pytest would show it
    assert told
    assert length < 1_000


def test_every_strategy_says_what_it_draws_and_how_it_shrinks():
    """The docstring is where a person looks."""
    import sqs_contract.strategies as public

    not_strategies = {
        "ENVELOPE_KINDS",
        "MALFORMED_KINDS",
        "Sent",
        "sample_events",
        "sample_records",
    }
    assert not_strategies < set(public.__all__)
    for name in set(public.__all__) - not_strategies:
        assert "Shrinks to" in getattr(public, name).__doc__, name
    for name in not_strategies - {"ENVELOPE_KINDS", "MALFORMED_KINDS"}:
        assert getattr(public, name).__doc__, name
