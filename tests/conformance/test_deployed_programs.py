"""The function of a recorded program as it is deployed: what it does, what it notes, and how its notes
are read."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile

import pytest

from sqs_contract.conformance.endpoint_mappings import package_of
from sqs_contract.conformance.function_notes import Notes
from sqs_contract.conformance.handlers import read_handler
from sqs_contract.conformance.reading import Section


class Deployed:
    """The package of a handler, unpacked and imported as Lambda does."""

    def __init__(self, directory, monkeypatch, handler, bodies=("a", "b"), fail_attempts=None):
        read = read_handler(Section(handler, "handler"), fail_attempts or {})
        package = zipfile.ZipFile(io.BytesIO(package_of(read, set(bodies))))
        package.extractall(directory)
        spec = importlib.util.spec_from_file_location("deployed", directory / "function_code.py")
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.notes, self.slept = [], []
        monkeypatch.setattr(self.module, "_client", lambda: self)
        monkeypatch.setattr(self.module.time, "sleep", self.slept.append)
        monkeypatch.setenv(self.module.NOTES, "http://notes")

    def send_message(self, *, QueueUrl, MessageBody):  # noqa: N803  boto3's names
        assert QueueUrl == "http://notes"
        self.notes.append(json.loads(MessageBody))

    def invoke(self, *bodies, count=1):
        event = {
            "Records": [
                {
                    "messageId": f"id-{body}",
                    "body": body,
                    "attributes": {"ApproximateReceiveCount": str(count)},
                }
                for body in bodies
            ]
        }
        return event, self.module.handler(event, None)


@pytest.fixture
def deployed(tmp_path, monkeypatch):
    def deploy(handler, **more):
        return Deployed(tmp_path, monkeypatch, handler, **more)

    return deploy


def test_it_raises_for_the_receive_counts_of_the_program(deployed):
    function = deployed({"raise_if": "ApproximateReceiveCount <= 1"})
    with pytest.raises(Exception, match="the handler of the program raises"):
        function.invoke("a")
    assert [note["what"] for note in function.notes] == ["begin", "end"]
    assert function.notes[0]["records"] == [["id-a", 1]]
    assert function.notes[1]["failed"] is True
    _, returned = function.invoke("a", count=2)
    assert returned is None
    assert "failed" not in function.notes[3]


def test_it_raises_always(deployed):
    function = deployed({"raise_always": True})
    with pytest.raises(Exception, match="raises"):
        function.invoke("a", count=1_000)


def test_it_reports_the_records_of_the_program(deployed):
    function = deployed(
        {"report_if": "fail_attempts >= ApproximateReceiveCount"}, fail_attempts={"a": 0, "b": 1}
    )
    _, returned = function.invoke("a", "b")
    assert returned == {"batchItemFailures": [{"itemIdentifier": "id-b"}]}
    assert function.notes[1]["reported"] == ["id-b"]
    assert function.invoke("a", "b", count=2)[1] == {"batchItemFailures": []}


def test_it_takes_its_time_and_returns_what_the_program_says(deployed):
    function = deployed({"return": {"status": "ok"}, "sleep_seconds": 5})
    assert function.invoke("a")[1] == {"status": "ok"}
    assert function.slept == [5.0]


def test_it_returns_the_event(deployed):
    event, returned = deployed({"return": "the event itself"}).invoke("a")
    assert returned is event


def test_without_records_it_says_that_it_runs(deployed):
    function = deployed({"ok": True})
    assert function.module.handler({}, None) == {"ready": True}
    assert function.notes == []


# What is made of the notes


def begin(invocation, at, *records):
    return {"what": "begin", "invocation": invocation, "at": at, "records": records}


def end(invocation, at, **more):
    return {"what": "end", "invocation": invocation, "at": at, **more}


def notes(*looks, reporting=False):
    """Notes of messages a and b; each look is the notes it found, and the dead letters there were."""
    taken = Notes({"id-a": "a", "id-b": "b"}, 3_000, reporting=reporting)
    for found, dead in looks:
        taken.take(found, dead_before=dead)
    return taken


def test_the_story_of_an_invocation_that_failed_and_one_that_did_not():
    """Notes may come in any order; the dead-letter queue is that of the last look before the next
    invocation."""
    taken = notes(
        ([begin("1", 1_000, ("id-a", 1), ("id-b", 1))], 0),
        ([end("1", 1_100, failed=True)], 0),
        ([], 1),
        ([end("2", 6_100), begin("2", 6_000, ("id-b", 2))], 1),
        ([], 2),
    )
    assert not taken.running(1_000)
    story = taken.story(fifo=False, dead=[("id-a", "a")], left=0)
    first, second = story.invocations
    assert first.records == (("a", 1), ("b", 1))
    assert (first.failed, first.dead_lettered, second.failed) == (True, 1, False)
    assert second.at_ms - first.at_ms == 5_000
    assert (story.deleted, story.dead_lettered, story.filtered) == (["b"], ["a"], [])
    assert (story.same_ids, story.left, story.most_at_once) == (True, 0, 1)


def test_an_end_that_is_never_noted_is_a_failure_that_took_the_whole_timeout():
    taken = notes(([begin("1", 0, ("id-a", 1)), begin("2", 2_999, ("id-b", 1))], 0))
    assert taken.running(3_999)
    assert not taken.running(4_000)
    story = taken.story(fifo=False, dead=[], left=2)
    assert [invoked.failed for invoked in story.invocations] == [True, True]
    assert (story.most_at_once, story.deleted) == (2, [])


def test_one_that_begins_when_another_ends_is_not_beside_it():
    taken = notes(
        ([begin("1", 0, ("id-a", 1)), end("1", 10), begin("2", 10, ("id-b", 1)), end("2", 20)], 0)
    )
    assert taken.story(fifo=True, dead=[], left=0).most_at_once == 1


def test_what_was_never_delivered_is_filtered_where_the_queue_is_empty():
    looks = ([begin("1", 0, ("id-a", 1)), end("1", 10)], 0)
    assert notes(looks).story(fifo=False, dead=[], left=0).filtered == ["b"]
    assert notes(looks).story(fifo=False, dead=[], left=1).filtered == []


@pytest.mark.parametrize(("reporting", "deleted"), [(True, ["a"]), (False, ["a", "b"])])
def test_what_was_reported_last_is_what_is_left(reporting, deleted):
    taken = notes(
        (
            [begin("1", 0, ("id-a", 1), ("id-b", 1)), end("1", 10, reported=["id-b"])],
            0,
        ),
        reporting=reporting,
    )
    story = taken.story(fifo=False, dead=[], left=1)
    assert story.deleted == deleted
    assert story.invocations[0].reported == (("b",) if reporting else ())


def test_a_dead_letter_under_another_id():
    taken = notes(([begin("1", 0, ("id-a", 1)), end("1", 10, failed=True)], 0))
    story = taken.story(fifo=False, dead=[("other", "a")], left=0)
    assert (story.same_ids, story.dead_lettered) == (False, ["a"])
