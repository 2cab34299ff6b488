"""The wrapper that is packaged with the handler: what it notes, and how it goes wrong."""

from __future__ import annotations

import json
import os

import pytest

from sqs_contract.deployed import wrapper

ORDERS = {
    "handler": "json:dumps",
    "journal": "http://journal",
    "strikes": [],
    "again": [],
    "slow_s": 0,
    "reporting": True,
}


class Ended(BaseException):
    """The process ended."""


class Context:
    def get_remaining_time_in_millis(self):
        return 1_500


class Function:
    """A deployed function: what it returns, and what its wrapper noted."""

    def __init__(self, monkeypatch):
        self.notes = []
        self.slept = []
        self.handler = lambda _event, _context: {"batchItemFailures": []}
        state = {"environment": "e1", "invocations": 0, "client": self}
        monkeypatch.setattr(wrapper, "_state", state | {"function": self._call})
        monkeypatch.setattr(wrapper.time, "sleep", self.slept.append)
        monkeypatch.setattr(os, "_exit", self._exit)
        self._monkeypatch = monkeypatch

    def _call(self, event, context):
        return self.handler(event, context)

    def _exit(self, status):
        raise Ended(status)

    def send_message(self, *, QueueUrl, MessageBody):  # noqa: N803  boto3's names
        assert QueueUrl == "http://journal"
        self.notes.append(json.loads(MessageBody))

    def invoke(self, *records, **orders):
        self._monkeypatch.setenv(wrapper.VARIABLE, json.dumps(ORDERS | orders))
        event = {
            "Records": [
                {"messageId": message, "attributes": {"ApproximateReceiveCount": str(count)}}
                for message, count in records
            ]
        }
        return wrapper.handler(event, Context())


@pytest.fixture
def function(monkeypatch):
    return Function(monkeypatch)


def test_an_invocation_is_noted_before_and_after(function):
    assert function.invoke(("a", 1), ("b", 2)) == {"batchItemFailures": []}
    begin, end = function.notes
    assert (begin["what"], begin["records"], begin["cold"]) == (
        "begin",
        [["a", 1], ["b", 2]],
        True,
    )
    assert (end["what"], end["payload"]) == ("end", '{"batchItemFailures": []}')
    assert begin["invocation"] == end["invocation"]
    function.invoke(("a", 1))
    assert function.notes[2]["cold"] is False


@pytest.mark.parametrize(
    ("how", "what"), [("exit", Ended), ("raise", wrapper.Struck), ("sleep", wrapper.Struck)]
)
@pytest.mark.parametrize(("when", "worked"), [("before", []), ("after", ["worked"])])
def test_it_goes_wrong_before_or_after_the_work(function, how, what, when, worked):
    done = []
    function.handler = lambda _event, _context: done.append("worked")
    strike = {"when": when, "how": how, "receive": 1, "kind": f"crash-{when}"}
    with pytest.raises(what):
        function.invoke(("a", 1), strikes=[strike])
    assert done == worked
    assert function.notes[-1]["struck"] == strike
    assert [second > 30 for second in function.slept] == ([True] if how == "sleep" else [])
    assert function.invoke(("a", 2), strikes=[strike]) is None  # the next receive is spared


def test_a_message_that_is_to_come_again_is_reported_beside_those_the_handler_reports(function):
    function.handler = lambda _event, _context: {"batchItemFailures": [{"itemIdentifier": "b"}]}
    response = function.invoke(("a", 1), ("b", 1), again=[["a", 1]])
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == ["b", "a"]
    end = function.notes[-1]
    assert (end["again"], json.loads(end["payload"])) == (
        ["a"],
        {"batchItemFailures": [{"itemIdentifier": "b"}]},
    )


def test_without_partial_responses_a_message_that_is_alone_comes_again_by_a_failure(function):
    with pytest.raises(wrapper.Struck):
        function.invoke(("a", 1), again=[["a", 1]], reporting=False)
    assert function.notes[-1]["again"] == ["a"]
    function.invoke(("a", 1), ("b", 1), again=[["a", 1]], reporting=False)
    assert "again" not in function.notes[-1]  # the whole batch would come again


def test_what_the_handler_raises_or_cannot_return_is_noted_and_goes_its_way(function):
    def fails(_event, _context):
        raise ValueError("bad order")

    function.handler = fails
    with pytest.raises(ValueError, match="bad order"):
        function.invoke(("a", 1))
    assert function.notes[-1]["raised"] == ["ValueError", "bad order"]
    function.handler = lambda _event, _context: {1, 2}
    assert function.invoke(("a", 1)) == {1, 2}
    assert function.notes[-1]["unserialisable"].startswith("TypeError")


def test_a_slow_function_takes_its_time_and_does_its_work(function):
    assert function.invoke(("a", 1), slow_s=1.0) == {"batchItemFailures": []}
    assert function.slept == [1.0]


def test_a_handler_that_cannot_be_imported_is_told_when_it_is_warmed_up(monkeypatch, function):
    orders = ORDERS | {"handler": "no_such_module_here:handler"}
    monkeypatch.setenv(wrapper.VARIABLE, json.dumps(orders))
    wrapper._begin()
    told = wrapper.handler({}, Context())
    assert told == {"failure": "ModuleNotFoundError: No module named 'no_such_module_here'"}
    with pytest.raises(ImportError):
        wrapper.handler({"Records": []}, Context())
    assert function.notes[-1]["what"] == "init"
