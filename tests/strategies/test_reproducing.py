"""The same choices give the same values: in another process, on another day, in any order."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

DRAW = """
import hashlib, json
from hypothesis import Phase, given, settings
from sqs_contract.strategies import *

def draw(strategy):
    found = []
    @settings(max_examples=60, derandomize=True, database=None, phases=[Phase.generate])
    @given(strategy)
    def collect(value):
        found.append(value)
    collect()
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()
"""

DIGESTS = """
print(json.dumps({
    "events": draw(sqs_events()), "bodies": draw(message_bodies()),
    "attributes": draw(message_attributes()), "malformed": draw(malformed_bodies()),
    "like": draw(malformed_bodies(like='{"id": 1, "name": "x"}')), "records": draw(records()),
    "fifo": draw(fifo_events()), "envelopes": draw(envelopes().map(lambda sent: sent.body)),
    "shape": draw(json_bodies({"email": str, "phone": str, "n": 1.5, "t": "x"})),
    "examples": draw(bodies_like([{"id": "a1", "name": "Ann"}])),
    "scenarios": draw(scenarios().map(lambda scenario: scenario.to_json())),
    "responses": draw(handler_responses(["a", "b"]).map(repr)),
    "sample": list(sample_events(5)),
}))
"""

IN_REVERSE = """
made = {"sample": list(sample_events(5)), "records": draw(records())}
made["responses"] = draw(handler_responses(["a", "b"]).map(repr))
made["scenarios"] = draw(scenarios().map(lambda scenario: scenario.to_json()))
made["examples"] = draw(bodies_like([{"id": "a1", "name": "Ann"}]))
made["shape"] = draw(json_bodies({"email": str, "phone": str, "n": 1.5, "t": "x"}))
made["envelopes"] = draw(envelopes().map(lambda sent: sent.body))
made["fifo"] = draw(fifo_events())
made["like"] = draw(malformed_bodies(like='{"id": 1, "name": "x"}'))
made["malformed"] = draw(malformed_bodies())
made["attributes"] = draw(message_attributes())
made["bodies"] = draw(message_bodies())
made["events"] = draw(sqs_events())
print(json.dumps(made))
"""

FROZEN = "import time_machine; time_machine.travel('2026-07-01', tick=False).start()\n"

POOLS = """
import json, sys
from sqs_contract.strategies.pools import pool
kinds = ["name", "email", "street", "city", "country", "company", "currency", "word", "sentence",
         "uuid", "url", "iso_time"]
made = {kind: list(pool(kind)) for kind in (kinds if sys.argv[1] == "forwards" else kinds[::-1])}
print(json.dumps(made, sort_keys=True))
"""


def run(code, *arguments, **environment):
    """The JSON a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pools():
    return run(FROZEN + POOLS, "forwards")


@pytest.mark.long
def test_the_same_values_under_any_hash_seed():
    """No order of a set or of hashes gets into what is drawn."""
    assert run(FROZEN + DRAW + DIGESTS, PYTHONHASHSEED="1") == run(
        FROZEN + DRAW + DIGESTS, PYTHONHASHSEED="2"
    )


@pytest.mark.nightly
def test_the_same_values_whatever_was_drawn_before():
    """A test run alone sees what it saw in the suite; else a failure does not come back."""
    assert run(FROZEN + DRAW + IN_REVERSE) == run(FROZEN + DRAW + DIGESTS)


def test_a_pool_holds_the_same_whichever_is_made_first(pools):
    """Each pool has randomness of its own."""
    backwards = run(FROZEN + POOLS, "backwards")
    assert [kind for kind in pools if pools[kind] != backwards[kind]] == []


def test_a_pool_holds_the_same_on_another_day(pools):
    """No wall clock gets into it: an example saved today is the same next year."""
    later = run(FROZEN.replace("2026", "2031") + POOLS, "forwards")
    assert [kind for kind in pools if pools[kind] != later[kind]] == []


def test_a_pool_holds_the_same_in_another_time_zone(pools):
    assert run(FROZEN + POOLS, "forwards", TZ="Asia/Tokyo") == pools


def test_pools_hold_text_that_a_body_can_carry(pools):
    """Unique, the simplest first, and few enough for one byte to choose from."""
    for kind, values in pools.items():
        assert len(set(values)) == len(values) <= 256, kind
        assert len(values) >= 16, kind
        assert values == sorted(values, key=lambda text: (len(text), text)), kind
        assert all(value.isprintable() for value in values), kind


def test_pools_look_like_what_they_are_named_after(pools):
    patterns = {
        "email": r"[\w.+-]+@[\w.-]+\.\w+",
        "country": r"[A-Z]{2}",
        "currency": r"[A-Z]{3}",
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "url": r"https?://\S+",
        "iso_time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    }
    for kind, pattern in patterns.items():
        assert all(re.fullmatch(pattern, value) for value in pools[kind]), kind
    for kind in ("name", "city"):
        assert any(not value.isascii() for value in pools[kind]), kind


def test_drawing_leaves_the_random_numbers_of_the_program_alone():
    """A pool made in the middle of a test does not change what the test draws elsewhere."""
    made = run(
        "import json, random\n"
        "from sqs_contract.strategies.pools import pool\n"
        "random.seed(1); before = random.random()\n"
        "random.seed(1); pool('name'); pool('word'); after = random.random()\n"
        "print(json.dumps([before, after]))"
    )
    assert made[0] == made[1]


def suite(directory, text, *arguments):
    """Run a suite of one file with no plugin but Hypothesis'."""
    (directory / "test_consumer.py").write_text(text, encoding="utf-8")
    (directory / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0"},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


CONSUMER = """
from hypothesis import given, strategies as st
from sqs_contract.strategies import *

@given(event=sqs_events(), record=records(), body=message_bodies(), bad=malformed_bodies(),
       bag=message_attributes())
def test_all(event, record, body, bad, bag):
    assert event["Records"] and record["body"] and body and bad is not None and bag is not None

def test_no_plugin(request):
    assert not request.config.pluginmanager.has_plugin("sqs_contract")
    assert not request.config.pluginmanager.has_plugin("sqs_contract.pytest_plugin")
"""


def test_strategies_are_usable_alone_with_given(tmp_path):
    """No plugin of ours, Hypothesis' default settings: no health check, deadline or warning."""
    done = suite(tmp_path, CONSUMER)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


FAILING = """
import json
from hypothesis import given, reproduce_failure, seed, settings
from sqs_contract.strategies import *

@settings(print_blob=True, database=None)
@given(sqs_events())
def test_order(event):
    for record in event["Records"]:
        if "order_id" in record["body"]:
            print("EVENT " + json.dumps(event))
            raise AssertionError("an order")
"""


def last_event(done):
    assert done.returncode == 1, done.stdout
    return json.loads(re.findall(r"EVENT (\{.*\})", done.stdout)[-1])


@pytest.mark.nightly
def test_a_failure_is_reproduced_from_its_blob(tmp_path):
    """@reproduce_failure gives the very same event, in another process.

    The replay draws one example, so it makes the pools in another order than the search did.
    """
    first = suite(tmp_path, FAILING.replace("@settings", "@seed(1)\n@settings"))
    (blob,) = set(re.findall(r"@reproduce_failure\(.*\)", first.stdout))
    again = suite(tmp_path, FAILING.replace("@settings", f"{blob}\n@settings"))
    assert last_event(again) == last_event(first)


@pytest.mark.long
def test_a_failure_is_reproduced_from_its_seed(tmp_path):
    """@seed gives the same smallest event, in another process."""
    text = FAILING.replace("@settings", "@seed(7)\n@settings")
    assert last_event(suite(tmp_path, text)) == last_event(suite(tmp_path, text))
