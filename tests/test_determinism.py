"""The same seed gives the same report, byte for byte; only fields named `seconds` differ."""

from __future__ import annotations

import json
import shutil

import pytest
from little_shop import SHOP, CommandLine, run_process, write_module, write_shop

UNORDERED = """
    import json, random, time, uuid
    import world

    def handler(event, context):
        failures = set()
        for record in event["Records"]:
            try:
                order = json.loads(record["body"])
                tags = {"a", "b", "c", order["order_id"]}
                world.ROWS.append({
                    "order_id": order["order_id"],
                    "amount": order["amount"] + 0,
                    "first": next(iter(sorted(tags))),
                    "id": uuid.uuid4(),
                    "at": time.time(),
                    "lucky": random.random(),
                })
            except (ValueError, KeyError, TypeError):
                failures.add(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": item} for item in sorted(failures)]}
"""

DRAWN = (*SHOP, "--max-examples", "40", "--seed", "7")


def without_seconds(data):
    if isinstance(data, dict):
        return {key: without_seconds(item) for key, item in data.items() if key != "seconds"}
    if isinstance(data, list):
        return [without_seconds(item) for item in data]
    return data


def whole_report(result):
    """Text and document, with nothing measured in it."""
    assert result.status == 1, result.err
    document = json.dumps(without_seconds(result.document))
    return result.err, document


@pytest.fixture
def shop(in_tmp_path):
    write_shop(in_tmp_path)
    write_module(in_tmp_path, "unordered", UNORDERED)
    return in_tmp_path


@pytest.fixture
def call(shop, monkeypatch, capsys):
    return CommandLine(shop, monkeypatch, capsys)


@pytest.mark.long
def test_the_report_is_the_same_whatever_pythons_hash_seed(shop):
    """The counterexample files too, names and contents."""
    seen = []
    for hash_seed in ("0", "1", "77"):
        shutil.rmtree(shop / ".sqs-contract", ignore_errors=True)
        result = run_process(
            shop, "verify", "unordered:handler", *DRAWN, "--json", "-",
            environment={"PYTHONHASHSEED": hash_seed},
        )  # fmt: skip
        files = {path.name: path.read_bytes() for path in (shop / ".sqs-contract").iterdir()}
        seen.append((whole_report(result), files))
    assert seen[0] == seen[1] == seen[2]
    assert "VIOLATED  idempotent" in seen[0][0][0]


def test_the_report_is_the_same_however_often_it_is_asked_for(call):
    """What was verified before in this process changes nothing."""
    first = whole_report(call("verify", "unordered:handler", *DRAWN, "--json", "-"))
    call("verify", "orders:handler", *SHOP, "--seed", "3", "--max-examples", "5")
    assert whole_report(call("verify", "unordered:handler", *DRAWN, "--json", "-")) == first


def test_the_report_is_the_same_whether_the_process_is_new_or_not(shop, call):
    here = whole_report(call("verify", "unordered:handler", *DRAWN, "--json", "-"))
    there = run_process(shop, "verify", "unordered:handler", *DRAWN, "--json", "-")
    assert whole_report(there) == here


def test_the_report_is_the_same_in_whatever_order_clauses_are_named(call):
    clauses = ["no-loss", "idempotent", "response-shape"]
    reports = []
    for order in (clauses, clauses[::-1]):
        named = [flag for clause in order for flag in ("--clause", clause)]
        reports.append(
            whole_report(call("verify", "unordered:handler", *DRAWN, *named, "--json", "-"))
        )
    assert reports[0] == reports[1]


def test_the_report_is_the_same_from_wherever_it_is_run(shop, call, tmp_path_factory, monkeypatch):
    here = whole_report(call("verify", "unordered:handler", *DRAWN, "--json", "-"))
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a much longer name than before"
    shutil.copytree(shop, elsewhere)
    monkeypatch.chdir(elsewhere)
    monkeypatch.syspath_prepend(str(elsewhere))
    other = CommandLine(elsewhere, monkeypatch, call._capsys)
    assert whole_report(other("verify", "unordered:handler", *DRAWN, "--json", "-")) == here


def test_the_report_is_the_same_however_slow_the_machine(shop, call):
    """A handler that takes longer by the wall clock, not by its own."""
    quick = call("verify", "unordered:handler", *SHOP, "--json", "-")
    write_module(
        shop,
        "unordered",
        UNORDERED.replace(
            "failures = set()", "failures = set(); sum(range(20_000))  # takes its time"
        ),
    )
    slow = call("verify", "unordered:handler", *SHOP, "--json", "-")
    assert whole_report(slow) == whole_report(quick)
    assert slow.document["seconds"] > 0


def test_another_seed_draws_other_scenarios(call):
    """Otherwise the tests above would show nothing."""
    arguments = ("verify", "orders:handler", *SHOP, "--max-examples", "40", "--json", "-")
    one = call(*arguments, "--seed", "1").document
    two = call(*arguments, "--seed", "2").document
    del one["seed"], two["seed"]
    assert without_seconds(one) != without_seconds(two)
