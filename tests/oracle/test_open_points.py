"""On which open points a run rests: told from its scenario and its history."""

from __future__ import annotations

import json

import pytest

from sqs_contract import Deployment, Scenario
from sqs_contract.history import Delivery, Invoked, Settled
from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, SETTINGS, OpenPoint
from sqs_contract.model.filters import compile_filters
from sqs_contract.model.invocation import Returned
from sqs_contract.model.mapping import MappingSettings
from sqs_contract.model.response import read_outcome
from sqs_contract.oracle.open_points import open_points_of


def scenario(**settings):
    return Scenario(messages=(), deployment=Deployment.of(**settings), seed=0)


def settled(payload, *ids):
    reading = read_outcome(Returned(payload), ids, reporting=True)
    return Settled(0, 1, reading, (), ())


def invoked(receive_count):
    return Invoked(0, 1, (Delivery("m1", receive_count),), 1, cold=True)


def report(*ids):
    return json.dumps({"batchItemFailures": [{"itemIdentifier": id_} for id_ in ids]})


def test_a_plain_run_rests_on_none():
    events = [invoked(1), settled("null"), invoked(2), settled(report("a"), "a")]
    assert open_points_of(scenario(), events) == ()


def test_responses_that_are_read_by_an_open_point():
    """N1, N2, N3: each once, in order."""
    events = [settled(report("x", "a"), "a"), settled("7"), settled("[]"), settled("8")]
    points = (OpenPoint.N1, OpenPoint.N2, OpenPoint.N3)
    assert open_points_of(scenario(), events) == points


@pytest.mark.parametrize(
    ("window", "receive_count", "points"),
    [(0, 2, ()), (20, 2, ()), (28, 1, ()), (28, 2, (OpenPoint.N5,))],
)
def test_a_redelivery_where_a_window_might_stretch_visibility(window, receive_count, points):
    """N5: visibility 30 s, function timeout 3 s."""
    given = scenario(batch_window=window)
    assert open_points_of(given, [invoked(receive_count)]) == points


@pytest.mark.parametrize(
    ("pattern", "points"),
    [({"body": {"a": [1]}}, ()), ({"body": ["x"]}, (OpenPoint.N8,))],
)
def test_filters_that_are_about_more_than_json(pattern, points):
    """N8."""
    given = scenario()
    filters = compile_filters([json.dumps(pattern)])
    object.__setattr__(given.deployment, "mapping", MappingSettings(filters=filters))
    assert open_points_of(given, []) == points


@pytest.mark.parametrize("point", SETTINGS)
def test_each_point_says_what_is_assumed(point):
    told = point.told(DEFAULT_ASSUMPTIONS)
    question, _, taken = told.partition(" is not settled; taken here: ")
    assert question == point.value
    assert taken
