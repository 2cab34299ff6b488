"""Messages between two processes of ours."""

import os
import pickle
import sys
import threading
from types import MappingProxyType

import pytest

from sqs_contract.world.pipes import Arriving, Closed, receive, send

MORE_THAN_A_PIPE_HOLDS = b"x" * (3 << 20)


@pytest.fixture
def pipe():
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def test_messages_arrive_as_they_were_sent_and_one_by_one(pipe):
    reading, writing = pipe
    send(writing, {"first": [1, None]})
    send(writing, "second")
    assert receive(reading) == {"first": [1, None]}
    assert receive(reading) == "second"


def test_a_mapping_that_nobody_may_change_is_one_there_too(pipe):
    reading, writing = pipe
    send(writing, MappingProxyType({"a": 1}))
    arrived = receive(reading)
    assert isinstance(arrived, MappingProxyType)
    assert arrived == {"a": 1}


def test_a_message_may_be_larger_than_the_pipe(pipe):
    reading, writing = pipe
    sender = threading.Thread(target=send, args=(writing, MORE_THAN_A_PIPE_HOLDS))
    sender.start()
    assert receive(reading) == MORE_THAN_A_PIPE_HOLDS
    sender.join()


def test_a_message_may_arrive_byte_by_byte(pipe):
    reading, writing = pipe
    data = pickle.dumps("slow")
    arriving = Arriving()
    for byte in len(data).to_bytes(8, sys.byteorder) + data:
        assert not arriving.complete
        os.write(writing, bytes([byte]))
        arriving.read_from(reading)
    assert arriving.message() == "slow"


def test_whoever_waits_is_told_that_the_other_side_is_gone():
    reading, writing = os.pipe()
    os.write(writing, b"\1")
    os.close(writing)
    with pytest.raises(Closed):
        receive(reading)
    os.close(reading)
    with pytest.raises(Closed):
        receive(reading)


def test_whoever_sends_is_told_that_the_other_side_is_gone():
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(Closed):
        send(writing, "anybody there?")
    os.close(writing)
