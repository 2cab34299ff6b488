"""`sqs-contract replay`: the same story again, from everything that holds a scenario."""

from __future__ import annotations

import copy
import json

import pytest
from little_shop import SHOP, CommandLine, write_module, write_shop, written

TWO_BUGS = """
    import json
    import world

    def handler(event, context):
        for record in event["Records"]:
            order = json.loads(record["body"])
            world.ROWS.append({"order_id": order["order_id"], "amount": order["amount"] + 0})
        return {"batchItemFailure": []}
"""


@pytest.fixture
def shop(in_tmp_path):
    return write_shop(in_tmp_path)


@pytest.fixture
def call(shop, monkeypatch, capsys):
    return CommandLine(shop, monkeypatch, capsys)


@pytest.fixture
def saved(shop, call):
    """The counterexample of a handler that charges again, and the report it is from."""
    assert call("verify", "charges_again:handler", *SHOP, "--json", "report.json").status == 1
    (path,) = (shop / ".sqs-contract").iterdir()
    return path


def bare(saved):
    """The scenario alone, as DESIGN.md gives it: messages, faults, deployment, seed."""
    scenario = json.loads(saved.read_text(encoding="utf-8"))["scenario"]
    return {key: scenario[key] for key in ("messages", "faults", "deployment", "seed")}


def write(path, data):
    path.write_text(json.dumps(data), encoding="utf-8")
    return path.name


def test_a_saved_counterexample_tells_the_same_story_again(call, saved):
    verified = call("verify", "charges_again:handler", *SHOP)
    replayed = call("replay", str(saved))
    assert replayed.status == 1
    story, _, _ = verified.out.partition("\n  Reproduce\n")
    assert replayed.out.rstrip() == story.rstrip()


def test_a_report_is_replayed_with_every_bug_in_it(shop, call):
    write_module(shop, "two", TWO_BUGS)
    arguments = ("verify", "two:handler", *SHOP, "--json", "report.json")
    assert call(*arguments).status == 1
    document = json.loads((shop / "report.json").read_text(encoding="utf-8"))
    bugs = [clause["id"] for clause in document["clauses"] for _ in clause["counterexamples"]]
    replayed = call("replay", "report.json")
    assert replayed.status == 1
    assert [
        line.split()[1] for line in replayed.out.splitlines() if line.startswith("VIOLATED  ")
    ] == bugs
    assert len(bugs) >= 2


def test_a_bare_scenario_is_played_on_the_handler_that_is_named(shop, call, saved):
    write(shop / "bare.json", bare(saved))
    named = ("--effects", "world:charges", "--reset", "world:empty")
    broken = call("replay", "bare.json", "--target", "charges_again:handler", *named)
    assert broken.status == 1
    assert broken.out.startswith("VIOLATED  idempotent")
    kept = call("replay", "bare.json", "--target", "orders:handler", *named)
    assert kept.status == 0
    assert kept.out.endswith("\nnot reproduced: every clause is kept in this scenario\n")


def test_a_bare_scenario_without_a_handler_asks_for_one(shop, call, saved):
    write(shop / "bare.json", bare(saved))
    result = call("replay", "bare.json")
    assert result.status == 2
    assert result.err == (
        "sqs-contract: replay: 'bare.json' names no target: give --target module:function\n"
    )


def test_a_fixed_handler_replays_to_status_0(shop, call, saved):
    """The same file, after the handler was mended."""
    (shop / "charges_again.py").write_text("from orders import handler\n", encoding="utf-8")
    result = call("replay", str(saved))
    assert result.status == 0
    assert result.out.endswith("\nnot reproduced: idempotent is kept in this scenario\n")
    assert "  What happened (virtual time)\n" in result.out


def test_flags_win_over_what_the_file_names(shop, call, saved):
    write_module(
        shop,
        "other",
        """
        import world

        def charges():
            return []  # nothing to see

        def empty():
            raise LookupError("asked for")
        """,
    )
    assert call("replay", str(saved), "--target", "orders:handler").status == 0
    assert call("replay", str(saved), "--effects", "other:charges").status == 0
    refused = call("replay", str(saved), "--reset", "other:empty")
    assert refused.status == 2
    assert refused.err.startswith("sqs-contract: reset 'other:empty' raised LookupError: asked for")


def test_any_clause_that_is_broken_ends_with_status_1(shop, call, saved):
    """Another one than the file is about, too: what is shown as violated is violated."""
    write_module(
        shop,
        "wrong_key",
        """
        import orders

        def handler(event, context):
            orders.handler(event, context)
            return {"BatchItemFailures": []}
        """,
    )
    result = call("replay", str(saved), "--target", "wrong_key:handler")
    assert result.out.startswith("VIOLATED  response-shape")
    assert result.out.endswith("\nnot reproduced: idempotent is kept in this scenario\n")
    assert result.status == 1


def test_a_fault_whose_moment_never_came_is_told(shop, call, saved):
    """Otherwise a replay that strikes nothing looks like a handler that was mended."""
    scenario = bare(saved)
    (struck,) = scenario["faults"]
    missed = [
        {**struck, "nth": 3},
        {"kind": "call-fails", "site": "s3.PutObject", "nth": 1},
        {"kind": "crash-after", "invocation": 9},
    ]
    write(shop / "more.json", {**scenario, "faults": [*missed, struck]})
    named = ("--target", "orders:handler", "--effects", "world:charges", "--json", "again.json")
    result = call("replay", "more.json", *named)
    assert result.status == 0
    assert (
        "\n  What did not happen\n"
        "    faults    s3.PutObject fails as long as the invocation lasts\n"
        "              the sandbox of invocation 9 dies after the handler returned\n"
        "              m1 is delivered once more after it was deleted (3. time)\n"
    ) in result.out
    (replayed,) = json.loads((shop / "again.json").read_text(encoding="utf-8"))["replayed"]
    never = replayed["faults_that_never_struck"]
    assert sorted(map(json.dumps, never)) == sorted(map(json.dumps, missed))


def test_nothing_is_told_of_faults_that_struck(call, saved):
    assert "What did not happen" not in call("replay", str(saved)).out


def test_the_deployment_is_the_files(shop, call, saved):
    """What was found with partial batch responses on is replayed with them on."""
    result = call("replay", str(saved), "--json", "-")
    (replayed,) = result.document["replayed"]
    assert replayed["scenario"]["deployment"]["mapping"]["ReportBatchItemFailures"] is True


def test_the_document_tells_what_happened(shop, call, saved):
    expected = json.loads(saved.read_text(encoding="utf-8"))
    result = call("replay", str(saved), "--json", "-")
    assert result.status == 1
    assert set(result.document) == {"schema", "replayed"}
    (replayed,) = result.document["replayed"]
    assert replayed["target"] == "charges_again:handler"
    assert replayed["history"] == expected["history"]
    assert replayed["scenario"] == {key: expected["scenario"][key] for key in replayed["scenario"]}
    assert [violation["clause"] for violation in replayed["violations"]] == ["idempotent"]
    assert "VIOLATED  idempotent" in result.err


def test_the_document_goes_to_a_file(shop, call, saved):
    assert call("replay", str(saved), "--json", "again.json").status == 1
    document = json.loads((shop / "again.json").read_text(encoding="utf-8"))
    assert document["schema"] == 1


def test_the_same_file_gives_the_same_text_and_the_same_document(call, saved):
    """Byte for byte: nothing in a replay is measured."""
    first, second = call("replay", str(saved)), call("replay", str(saved))
    assert (first.out, first.err, first.status) == (second.out, second.err, second.status)
    documents = {call("replay", str(saved), "--json", "-").out for _ in range(2)}
    assert len(documents) == 1


def test_an_output_file_that_cannot_be_written_is_refused_before_anything_runs(shop, call, saved):
    before = written(shop)
    result = call("replay", str(saved), "--json", "nowhere/again.json")
    assert result.status == 2
    assert result.out == ""
    assert result.err.startswith("sqs-contract: cannot write 'nowhere/again.json': ")
    assert written(shop) == before


# Files that do not do


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "replay: there is no file 'given.json'"),
        (b"", "replay: given.json:1:1 is not JSON: Expecting value"),
        (b'{"messages": [', "replay: given.json:1:15 is not JSON: Expecting value"),
        (
            b"\xff\xfe",
            (
                "replay: cannot read 'given.json': 'utf-8' codec can't decode byte 0xff in position 0: "
                "invalid start byte"
            ),
        ),
        (b"[]", "replay: 'given.json' holds no counterexample"),
        (b"{}", "replay: 'given.json' holds no counterexample"),
        (b'"text"', "replay: 'given.json' holds no counterexample"),
        (
            b'{"schema": 1, "clauses": [{"id": "no-loss", "counterexample": null}]}',
            "replay: 'given.json' holds no counterexample",
        ),
    ],
)
def test_a_file_without_a_scenario_is_refused_in_one_line(shop, call, content, line):
    if content is not None:
        (shop / "given.json").write_bytes(content)
    result = call("replay", "given.json")
    assert result.err == f"sqs-contract: {line}\n"
    assert result.status == 2
    assert result.out == ""


def test_a_folder_is_refused_in_one_line(shop, call):
    result = call("replay", ".")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: replay: cannot read '.': ")
    assert result.err.count("\n") == 1


def test_a_file_nested_too_deeply_is_refused_in_one_line(shop, call):
    (shop / "given.json").write_text("[" * 100_000, encoding="utf-8")
    result = call("replay", "given.json")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: replay: ")
    assert result.err.count("\n") == 1


CORRUPT = {
    "an unknown fault": (["faults", 0, "kind"], "flood", "unknown fault kind 'flood'"),
    "a fault that is no object": (["faults", 0], 3, "is no scenario"),
    "faults that are no list": (["faults"], 3, "is no scenario"),
    "a setting AWS refuses": (
        ["deployment", "mapping", "BatchSize"],
        0,
        "batch size is 0, but AWS accepts 1 to 10000",
    ),
    "a deployment that is no object": (["deployment"], [], "is no scenario"),
    "a message without a body": (["messages", 0, "body"], None, "needs a name and a body"),
    "an unknown poison policy": (["poison"], "eat", "'eat'"),
    "a seed that is no number": (["seed"], "today", "seed"),
    "a seed that is no integer": (["seed"], 1.5, "seed"),
    "a moment that is no number": (["messages", 0, "afterMs"], "soon", "afterMs"),
    "a count that is no number": (["faults", 0, "nth"], "twice", "nth"),
    "effects that are no name": (["effects"], 3, "effects"),
    "a setting that is no whole number": (
        ["deployment", "mapping", "BatchSize"],
        2.5,
        "BatchSize must be a whole number, not 2.5",
    ),
    "a switch that is neither on nor off": (
        ["deployment", "mapping", "ReportBatchItemFailures"],
        "yes",
        "ReportBatchItemFailures must be true or false, not 'yes'",
    ),
    "a queue that is no object": (["deployment", "queue"], [], "queue must be an object, not []"),
    "messages that are no objects": (["messages"], ["m1"], "a message must be an object"),
    "two messages of one name": (
        ["messages"],
        [{"name": "m1", "body": "a"}, {"name": "m1", "body": "b"}],
        "more than one message is named 'm1'",
    ),
    "a fault on no message of it": (
        ["faults", 0, "message"],
        "m7",
        "a fault strikes message 'm7', and there is none of that name",
    ),
    "a fault on no moment": (["faults", 0, "nth"], 0, "nth must be a whole number from 1, not 0"),
    "a body that is no text in UTF-8": (
        ["messages", 0, "body"],
        "\ud800",
        "a character UTF-8 does not have",
    ),
    "a moment before the start": (["messages", 0, "afterMs"], -1, "afterMs"),
    "a moment beyond all time": (["messages", 0, "afterMs"], 10**30, "afterMs"),
    "a seed that is a truth": (["seed"], True, "seed"),
    "an unknown clause": (["violates"], "fast", "unknown clause 'fast'; known: response-shape,"),
    "another schema": (["schema"], 2, "its schema is 2, and this version knows 1"),
    "a target that is no name": (["target"], 3, "target must be text, not 3"),
    "an attribute without a value": (
        ["messages", 0, "messageAttributes"],
        {"trace": {"dataType": "String"}},
        "a message attribute needs a dataType",
    ),
    "an attribute that is no object": (
        ["messages", 0, "messageAttributes"],
        {"trace": 3},
        "is no scenario",
    ),
    "a variable that is no text": (
        ["deployment", "function", "Environment"],
        {"STAGE": 3},
        "STAGE",
    ),
    "a variable no process can have": (
        ["deployment", "function", "Environment"],
        {"STAGE": "a\0b"},
        "STAGE",
    ),
}


@pytest.mark.parametrize(("path", "value", "told"), CORRUPT.values(), ids=list(CORRUPT))
def test_a_scenario_with_a_corrupt_part_is_refused_in_one_line(
    shop, call, saved, path, value, told
):
    """Files are edited by hand, and cut by mail programs."""
    scenario = copy.deepcopy(json.loads(saved.read_text(encoding="utf-8"))["scenario"])
    part = scenario
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    write(shop / "corrupt.json", scenario)
    result = call("replay", "corrupt.json")
    assert result.status == 2, result.err
    assert result.err.startswith("sqs-contract: ")
    assert result.err.count("\n") == 1
    assert told in result.err
    assert result.out == ""


@pytest.mark.parametrize("clauses", [[3], [{"counterexamples": 3}], [None]])
def test_a_report_with_a_corrupt_clause_is_refused_in_one_line(shop, call, clauses):
    write(shop / "corrupt.json", {"schema": 1, "clauses": clauses})
    result = call("replay", "corrupt.json")
    assert result.status == 2
    assert result.err == "sqs-contract: replay: 'corrupt.json' holds no counterexample\n"


def test_control_characters_of_a_file_are_shown_and_not_obeyed(shop, call, saved):
    """The file may come from anyone: names, notes and sites count as much as bodies."""
    scenario = bare(saved)
    scenario["messages"] = [
        {"name": "m\x1b[31m", "body": "\x9b31m\u202e", "note": "\x1b]0;owned\x07"}
    ]
    scenario["faults"] = [{"kind": "call-fails", "site": "s3.\x1b[2J", "nth": 1}]
    write(shop / "hostile.json", scenario)
    result = call("replay", "hostile.json", "--target", "orders:handler")
    assert r"m\x1b[31m" in result.out
    hidden = {character for character in result.out if not character.isprintable()} - {"\n"}
    assert hidden == set()
    assert r"\u202e" in result.out


def test_what_a_file_says_stopped_is_shown_and_not_obeyed(shop, call, saved):
    """A message that is never done is named where the run is cut off."""
    scenario = bare(saved)
    scenario["messages"] = [{"name": "m\x1b[2J\u202e", "body": "!"}]
    scenario["faults"] = []
    write(shop / "hostile.json", scenario)
    result = call("replay", "hostile.json", "--target", "orders:handler", "--json", "-")
    assert r"stopped: m\x1b[2J\u202e was received 12 times" in result.err
    assert {character for character in result.err if not character.isprintable()} == {"\n"}


def test_a_number_too_long_for_python_is_refused_in_one_line(shop, call):
    (shop / "given.json").write_text(f'{{"seed": {"9" * 5_000}}}', encoding="utf-8")
    result = call("replay", "given.json")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: replay: cannot read 'given.json': ")
    assert result.err.count("\n") == 1


def test_help_names_what_a_file_may_be(call):
    result = call("replay", "--help")
    assert result.status == 0
    text = " ".join(result.out.split())
    assert "a saved one, a report, or a bare scenario" in text
