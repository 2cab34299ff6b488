"""Clients are handed out again from world to world, and nobody can tell."""

from __future__ import annotations

import os

import boto3
import pytest
from playing import nothing, playing

from sqs_contract.stage.plain_sessions import plain_kind


@pytest.fixture
def pool():
    with playing(nothing) as stand:
        stand.play("a")
        yield stand.player.world.moto.clients


def make():
    return boto3.client("dynamodb")


def noted(**_):
    """An event handler."""


def noted_too(**_):
    """Another."""


def noted_first(**_):
    """A third."""


def handlers_of(client, event="before-call.dynamodb.PutItem"):
    return list(client.meta.events._emitter._handlers.prefix_search(event))


def test_the_handler_s_clients_are_handed_out_again_in_the_next_world(pool):
    pool.side = "handler"
    pool.fresh()
    first, second = make(), make()
    assert first is not second
    pool.fresh()
    assert [make(), make()] == [first, second]


def test_the_world_s_clients_are_handed_out_again_when_nobody_has_them(pool):
    pool.side = "world"
    kept = make()
    number = id(make())
    pool.fresh()
    again = make()
    assert id(again) == number
    assert again is not kept


def test_a_client_the_world_keeps_is_nobody_else_s(pool):
    """Nor is what hangs on it taken off."""
    pool.side = "world"
    kept = make()
    kept.meta.events.register("before-call.dynamodb.PutItem", noted)
    kept.traced = True
    for _world in range(3):
        pool.fresh()
        assert make() is not kept
    assert noted in handlers_of(kept)
    assert kept.traced


def test_the_sides_never_share_a_client(pool):
    pool.side = "world"
    number = id(make())
    pool.side = "handler"
    assert id(make()) != number


def test_with_no_side_each_client_is_made_anew(pool):
    pool.side = None
    pool.fresh()
    first = make()
    pool.fresh()
    assert make() is not first


def test_many_clients_kept_are_not_all_looked_through_for_ever(pool):
    pool.side = "world"
    kept = [make() for _ in range(40)]
    assert len(set(map(id, kept))) == 40
    assert max(map(len, pool._clients.values())) <= 16


def test_a_client_is_as_it_was_when_it_was_made(pool):
    pool.side = "handler"
    pool.fresh()
    client = make()
    before = handlers_of(client), dict(vars(client)), client._endpoint.host
    client.meta.events.register("before-call.dynamodb.PutItem", noted)
    client.meta.events.register("before-call.dynamodb.PutItem", noted_too, "an id")
    client.meta.events.register_first(
        "before-call.dynamodb.PutItem", noted_first, unique_id="another"
    )
    for item in before[0]:
        client.meta.events.unregister("before-call.dynamodb.PutItem", item)
        client.meta.events.unregister("before-call", item)
    client.put_item = None
    client._endpoint.host = "https://elsewhere.example.com"
    assert handlers_of(client) != before[0]
    pool.fresh()
    assert make() is client
    assert (handlers_of(client), dict(vars(client)), client._endpoint.host) == before


def test_an_event_handler_taken_off_is_back_in_the_next_world(pool):
    pool.side = "handler"
    pool.fresh()
    client = make()
    event = "before-parameter-build.dynamodb"
    before = handlers_of(client, event)
    client.meta.events.register(event, noted)
    client.meta.events.unregister(event, before[0])
    assert handlers_of(client, event) != before
    pool.fresh()
    assert handlers_of(make(), event) == before


def test_another_environment_is_another_client(pool):
    pool.side = "handler"
    pool.fresh()
    assert make().meta.region_name == "us-east-1"
    pool.fresh()
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = "eu-west-1"
    assert make().meta.region_name == "eu-west-1"


def test_a_session_with_an_event_handler_of_its_own_makes_its_own_clients(pool):
    pool.side = "handler"
    pool.fresh()
    session = boto3.Session()
    assert plain_kind(session.events) is not None
    session.events.register("before-call.dynamodb.PutItem", noted)
    assert plain_kind(session.events) is None
    client = session.client("dynamodb")
    assert noted in handlers_of(client)
    pool.fresh()
    assert session.client("dynamodb") is not client
    assert noted not in handlers_of(make())
