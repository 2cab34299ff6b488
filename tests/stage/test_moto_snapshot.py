"""A copy of what moto holds, and what is done where there can be none."""

from __future__ import annotations

import threading

import boto3
import pytest
from playing import create_table, nothing, playing, put_item

from sqs_contract.stage.moto_backends import backends_in_use, backends_of
from sqs_contract.stage.moto_snapshot import CannotSnapshot, MotoSnapshot


@pytest.fixture
def moto():
    with playing(nothing) as stand:
        stand.play("a")
        yield stand.player.world.moto


def hold(thing):
    """Let a backend of moto's hold something."""
    create_table()
    [(_, _, backend)] = backends_of("dynamodb")
    backend.thing = thing
    return backend


def test_what_cannot_be_copied_is_told(moto):
    hold(item for item in ())
    with pytest.raises(CannotSnapshot, match="generator"):
        MotoSnapshot(0)


def test_where_no_snapshot_can_be_taken_the_reset_is_done_each_time(moto):
    done = []

    def reset():
        done.append(1)
        hold(item for item in ())

    for _world in range(3):
        moto.fresh(0)
        moto.restore("key", reset)
    assert done == [1, 1, 1]


def test_locks_are_made_anew(moto):
    hold((threading.Lock(), threading.RLock()))
    snapshot = MotoSnapshot(0)
    moto.fresh(0)
    snapshot.restore()
    [(_, _, backend)] = backends_of("dynamodb")
    with backend.thing[0], backend.thing[1]:
        pass


def test_time_and_ids_go_on_from_where_the_reset_left_them(moto):
    """In microseconds."""

    def reset():
        create_table()
        moto._clock.advance_us(1_234_567)
        boto3.client("sns").create_topic(Name="t")

    seen = []
    start_ms = moto._clock.now_ms
    for _world in range(3):
        moto._clock.set(start_ms)
        moto.fresh(0)
        moto.restore("key", reset)
        sent = boto3.client("sns").publish(PhoneNumber="+15551234567", Message="m")
        seen.append((moto._clock.now_us, sent["MessageId"]))
    assert seen == [seen[0]] * 3


def test_services_that_go_by_one_name_are_copied_apart(moto):
    """`redshift-data` is filed as `redshift`."""
    boto3.client("redshift").describe_clusters()
    boto3.client("redshift-data").execute_statement(Database="d", Sql="x", ClusterIdentifier="c")
    assert len([it for it in backends_in_use() if it.service_name == "redshift"]) == 2
    snapshot = MotoSnapshot(0)
    moto.fresh(0)
    snapshot.restore()
    [(_, _, backend)] = [it for it in backends_of("redshift-data") if it[1] == "us-east-1"]
    assert len(backend.statements) == 1


def test_no_two_services_are_taken_for_one(moto):
    create_table()
    put_item("a")
    boto3.client("sqs").create_queue(QueueName="q")
    ids = [it._id for it in backends_in_use()]
    assert len(ids) == len(set(ids)) >= 2
