"""A scenario is plain data: JSON both ways, and a name that follows from it."""

from __future__ import annotations

import dataclasses
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract import Deployment
from sqs_contract.errors import UsageError
from sqs_contract.model.message import MessageAttribute
from sqs_contract.scenario import (
    CALL_FAULTS,
    INVOCATION_FAULTS,
    MESSAGE_FAULTS,
    Fault,
    FaultKind,
    Scenario,
    ScenarioMessage,
)

attributes = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.one_of(
        st.builds(MessageAttribute, data_type=st.just("String"), string_value=st.text(min_size=1)),
        st.builds(MessageAttribute, data_type=st.just("Binary"), binary_value=st.binary()),
    ),
    max_size=2,
)
messages = st.builds(
    ScenarioMessage,
    name=st.text(min_size=1, max_size=4),
    body=st.text(min_size=1),
    attributes=attributes,
    after_ms=st.integers(0, 10_000),
    note=st.none() | st.text(),
)
faults = st.one_of(
    st.builds(
        Fault,
        kind=st.sampled_from(sorted(MESSAGE_FAULTS, key=str)),
        message=st.text(max_size=3),
        nth=st.integers(1, 3),
    ),
    st.builds(
        Fault,
        kind=st.sampled_from(sorted(INVOCATION_FAULTS, key=str)),
        invocation=st.integers(1, 9),
    ),
    st.builds(
        Fault,
        kind=st.sampled_from(sorted(CALL_FAULTS, key=str)),
        site=st.text(max_size=9),
        nth=st.integers(1, 3),
    ),
)
scenarios = st.builds(
    Scenario,
    messages=st.lists(messages, max_size=3).map(tuple),
    faults=st.lists(faults, max_size=3).map(tuple),
    deployment=st.builds(
        Deployment.of,
        batch_size=st.integers(1, 10),
        visibility_timeout=st.integers(0, 100),
        max_receive_count=st.none() | st.integers(1, 10),
        report_batch_item_failures=st.booleans(),
        environment=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    ),
    seed=st.integers(0, 2**32),
)


@given(scenarios)
def test_json_and_back_gives_the_same_scenario(scenario):
    again = Scenario.from_json(json.loads(json.dumps(scenario.to_json())))
    assert again == scenario
    assert again.digest() == scenario.digest()


@given(st.text(max_size=5))
def test_message_id_is_a_uuid_that_follows_from_the_name_alone(name):
    """Dropping another message does not change it."""
    one = ScenarioMessage(name=name, body="a")
    assert one.message_id == ScenarioMessage(name=name, body="b").message_id
    assert uuid.UUID(one.message_id).version == 4


def test_the_digest_changes_with_the_scenario():
    one = Scenario(messages=(ScenarioMessage(name="m1", body="a"),))
    assert one.digest() != dataclasses.replace(one, seed=1).digest()


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_says_what_it_strikes(kind):
    with pytest.raises(
        UsageError, match=rf"{kind.value}.*strikes (a message|an invocation|a site)"
    ):
        Fault(kind=kind)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, 'needs a list of "messages"'),
        ({"messages": [{"body": "x"}]}, "needs a name and a body"),
        ({"messages": [], "faults": [{"kind": "flood"}]}, "unknown fault kind 'flood'"),
        ({"messages": [], "deployment": {"mapping": {"BatchSize": 0}}}, "batch size is 0"),
    ],
)
def test_what_is_no_scenario_is_refused_in_words(data, text):
    with pytest.raises(UsageError, match=text):
        Scenario.from_json(data)
