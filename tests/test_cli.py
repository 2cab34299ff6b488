"""The command line: exit statuses, what is refused and how, flags, and hostile handlers."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest
from little_shop import (
    CHARGES_AGAIN,
    SHOP,
    CommandLine,
    run_process,
    start_process,
    write_module,
    write_shop,
    written,
)

from sqs_contract import cli, options

ALL_CLAUSES = [
    "response-shape",
    "exact-report",
    "isolation",
    "no-loss",
    "idempotent",
    "stateless",
    "drains",
    "configuration",
]
ALL_HELD = dict.fromkeys(ALL_CLAUSES, "held")


@pytest.fixture
def shop(in_tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TEST", "unset")
    return write_shop(in_tmp_path)


@pytest.fixture
def call(shop, monkeypatch, capsys):
    return CommandLine(shop, monkeypatch, capsys)


def unprintable(text: str) -> set[str]:
    return {character for character in text if not character.isprintable()} - {"\n"}


# Exit statuses


def test_a_kept_contract_ends_with_status_0(call):
    result = call("verify", "orders:handler", *SHOP)
    assert result.status == 0
    assert result.err == ""
    assert "VIOLATED" not in result.out
    assert [line.split()[:2] for line in result.out.splitlines()[1:9]] == [
        [clause, "held"] for clause in ALL_CLAUSES
    ]


def test_a_broken_contract_ends_with_status_1(call):
    result = call("verify", "charges_again:handler", *SHOP)
    assert result.status == 1
    assert result.out.startswith("VIOLATED  idempotent")
    assert result.err == "found: idempotent is violated\n"


def test_a_fault_of_our_own_ends_with_status_3_and_its_traceback(call, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("our bug")

    monkeypatch.setattr("sqs_contract.verify.prepare_cases", broken)
    result = call("verify", "orders:handler", *SHOP)
    assert result.status == 3
    first, *rest = result.err.splitlines()
    assert first == "sqs-contract: a fault of sqs-contract itself: ZeroDivisionError: our bug"
    assert rest[0] == "  Traceback (most recent call last):"
    assert result.out == ""


@pytest.mark.parametrize("flag", ["--help", "-h", "--version"])
def test_help_and_version_end_with_status_0(call, flag):
    result = call(flag)
    assert result.status == 0
    assert "sqs-contract" in result.out
    assert result.err == ""


def test_without_a_command_the_help_can_be_read(call):
    result = call()
    assert result.status == 2
    text = result.out + result.err
    assert "verify Verify the handler TARGET" in " ".join(text.split())
    assert "\\n" not in text


def test_the_clauses_are_named_once():
    """The light list is that of the clauses themselves, in their order; then the one of settings."""
    from sqs_contract import settings_clause
    from sqs_contract.clauses import CLAUSES
    from sqs_contract.contract import CLAUSE_IDS

    assert (*CLAUSES, settings_clause.ID) == CLAUSE_IDS
    assert options.CLAUSE_IDS is CLAUSE_IDS


# Bad input: one clear line, status 2, nothing written


TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Fed:
    Type: AWS::Serverless::Function
    Properties:
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 3}}}
  Alone: {Type: AWS::Serverless::Function}
"""

INPUTS = """
    import collections
    import datetime

    number = 7

    async def later(event, context): ...

    def handler(event, context):
        return None

    class Opaque: ...

    def an_object():
        return {"rows": [Opaque()]}

    def endless():
        rows = []
        rows.append(rows)
        return rows

    def enormous():
        return 10 ** 5000

    def takes_one(argument): ...

    bytes_body = ["fine", b"raw"]
    set_body = [{1, 2}]
    date_body = [{"at": datetime.date(2026, 1, 5)}]
    nan_body = [float("nan")]
    escape_body = ["\\x1b[31m"]
    empty_body = [""]
    no_bodies = []
    large_body = ["x" * 1_048_577]
"""


@pytest.fixture
def inputs(shop):
    """Files and modules with something wrong in each."""
    write_module(shop, "inputs", INPUTS)
    for name, text in {
        "fed.yaml": TEMPLATE,
        "broken.yaml": "Resources: [",
        "broken.json": '{"Resources": }',
        "text.yaml": "just text",
        "words.json": "hello",
        "cut.jsonl": '{"a": 1}\n{"a": \n',
        "none.json": "[]",
    }.items():
        (shop / name).write_text(text, encoding="utf-8")
    (shop / "binary.json").write_bytes(b"\xff\xfe")
    (shop / "folder").mkdir()
    return shop


REFUSED = {
    "the module does not exist": (
        ["nowhere:handler"],
        "handler 'nowhere:handler': there is no module 'nowhere' (looked in . and on sys.path)",
    ),
    "a module of a package does not exist": (
        ["nowhere.deep:handler"],
        (
            "handler 'nowhere.deep:handler': there is no module 'nowhere' "
            "(looked in . and on sys.path)"
        ),
    ),
    "no name is given": (["orders"], "handler must be given as module:name, not 'orders'"),
    "the name holds an escape": (
        ["orders:\x1b[31m"],
        r"handler must be given as module:name, not 'orders:\x1b[31m'",
    ),
    "the module has no such name": (
        ["orders:handle"],
        "handler 'orders:handle': module 'orders' (orders.py) has no 'handle'",
    ),
    "the name is no callable": (
        ["inputs:number"],
        "handler 'inputs:number' is int, which cannot be called",
    ),
    "the handler is async": (
        ["inputs:later"],
        (
            "handler 'inputs:later' is async: Lambda's Python runtime would get a coroutine and could "
            "not serialise it; give a plain function that calls asyncio.run"
        ),
    ),
    "effects is no callable": (
        ["inputs:handler", "--effects", "inputs:number"],
        "effects 'inputs:number' is int, which cannot be called",
    ),
    "effects does not exist": (
        ["inputs:handler", "--effects", "inputs:look"],
        "effects 'inputs:look': module 'inputs' (inputs.py) has no 'look'",
    ),
    "effects holds an object": (
        ["inputs:handler", "--effects", "inputs:an_object"],
        (
            "effects() holds a value of type inputs.Opaque, which cannot be compared: "
            "return dicts, lists, dataclasses or plain values"
        ),
    ),
    "effects holds itself": (
        ["inputs:handler", "--effects", "inputs:endless"],
        "effects() is nested more than 60 levels deep: no comparable data",
    ),
    "the template does not exist": (
        ["orders:handler", "--template", "nowhere.yaml"],
        "template: there is no file 'nowhere.yaml'",
    ),
    "the template is no YAML": (
        ["orders:handler", "--template", "broken.yaml"],
        (
            "template: broken.yaml:1:13 is not YAML: expected the node content, "
            "but found '<stream end>'"
        ),
    ),
    "the template is no JSON": (
        ["orders:handler", "--template", "broken.json"],
        "template: broken.json:1:15 is not JSON: Expecting value",
    ),
    "the template is no template": (
        ["orders:handler", "--template", "text.yaml"],
        "template: 'text.yaml' has no Resources: it is no CloudFormation template",
    ),
    "the template is a folder": (
        ["orders:handler", "--template", "folder"],
        "template: cannot read 'folder': [Errno 21] Is a directory: 'folder'",
    ),
    "the function is not in the template": (
        ["orders:handler", "--template", "fed.yaml", "--function", "Other"],
        "template: there is no 'Other' in 'fed.yaml'; functions fed by SQS: Fed",
    ),
    "the function is not fed by SQS": (
        ["orders:handler", "--template", "fed.yaml", "--function", "Alone"],
        "template: function 'Alone' in 'fed.yaml' is not fed by SQS; functions fed by SQS: Fed",
    ),
    "a function without a template": (
        ["orders:handler", "--function", "Fed"],
        "--function names a function of a template: give --template too",
    ),
    "the bodies file does not exist": (
        ["orders:handler", "--bodies", "nowhere.json"],
        "bodies: there is no file 'nowhere.json'",
    ),
    "the bodies file is no JSON": (
        ["orders:handler", "--bodies", "words.json"],
        (
            "bodies: words.json:1:1 is not JSON (Expecting value); give a JSON array of bodies, or a "
            ".jsonl file with one body a line"
        ),
    ),
    "a line of the bodies is no JSON": (
        ["orders:handler", "--bodies", "cut.jsonl"],
        (
            "bodies: cut.jsonl:2 is not JSON (Expecting value): a JSON Lines file holds one JSON value "
            "a line"
        ),
    ),
    "the bodies file is no text": (
        ["orders:handler", "--bodies", "binary.json"],
        (
            "bodies: cannot read 'binary.json': 'utf-8' codec can't decode byte 0xff in position 0: "
            "invalid start byte"
        ),
    ),
    "the bodies file is empty": (
        ["orders:handler", "--bodies", "none.json"],
        "bodies 'none.json' is empty: give at least one body",
    ),
    "the list of bodies is empty": (
        ["orders:handler", "--bodies", "inputs:no_bodies"],
        "bodies 'inputs:no_bodies' is empty: give at least one body",
    ),
    "the bodies are a number": (
        ["orders:handler", "--bodies", "inputs:number"],
        (
            "bodies 'inputs:number' is int: give a list of bodies, a function that returns one, or a "
            "Hypothesis strategy"
        ),
    ),
    "a body is bytes": (
        ["orders:handler", "--bodies", "inputs:bytes_body"],
        (
            "inputs:bytes_body, body 2 is neither text nor JSON: bytes "
            "(Object of type bytes is not JSON serializable)"
        ),
    ),
    "a body is a set": (
        ["orders:handler", "--bodies", "inputs:set_body"],
        (
            "inputs:set_body, body 1 is neither text nor JSON: set "
            "(Object of type set is not JSON serializable)"
        ),
    ),
    "a body holds a date": (
        ["orders:handler", "--bodies", "inputs:date_body"],
        (
            "inputs:date_body, body 1 is neither text nor JSON: dict "
            "(Object of type date is not JSON serializable)"
        ),
    ),
    "a body is NaN": (
        ["orders:handler", "--bodies", "inputs:nan_body"],
        (
            "inputs:nan_body, body 1 is neither text nor JSON: float "
            "(JSON has no NaN and no infinity)"
        ),
    ),
    "SQS refuses a character": (
        ["orders:handler", "--bodies", "inputs:escape_body"],
        (
            "inputs:escape_body, body 1 cannot be sent: SQS refuses the character U+001B in a body "
            "(S27)"
        ),
    ),
    "SQS refuses an empty body": (
        ["orders:handler", "--bodies", "inputs:empty_body"],
        "inputs:empty_body, body 1 cannot be sent: SQS refuses an empty body (S28)",
    ),
    "SQS refuses a large body": (
        ["orders:handler", "--bodies", "inputs:large_body"],
        (
            "inputs:large_body, body 1 cannot be sent: it has 1048577 bytes, and SQS takes 1048576 "
            "(S23)"
        ),
    ),
    "the output file is a folder": (
        ["orders:handler", "--json", "folder"],
        "cannot write 'folder': it is a directory",
    ),
    "a setting AWS refuses": (
        ["orders:handler", "--batch-size", "0"],
        "batch size is 0, but AWS accepts 1 to 10000 (S68)",
    ),
    "a setting that is no number": (
        ["orders:handler", "--batch-size", "many"],
        "Invalid value for '--batch-size': 'many' is not a valid integer.",
    ),
    "a variable without a value": (
        ["orders:handler", "--env", "STAGE"],
        "--env must be given as NAME=VALUE, not 'STAGE'",
    ),
    "an unknown clause": (
        ["orders:handler", "--clause", "fast"],
        (
            "Invalid value for '--clause': 'fast' is not one of 'response-shape', 'exact-report', "
            "'isolation', 'no-loss', 'idempotent', 'fifo-order', 'stateless', 'drains', "
            "'deadline', 'configuration'."
        ),
    ),
    "an unknown poison policy": (
        ["orders:handler", "--poison", "eat"],
        "Invalid value for '--poison': 'eat' is not one of 'either', 'report', 'drop', 'none'.",
    ),
    "a negative budget": (
        ["orders:handler", "--budget", "-1"],
        "Invalid value for '--budget': -1.0 is not in the range x>=0.",
    ),
    "a negative number of examples": (
        ["orders:handler", "--max-examples", "-1"],
        "Invalid value for '--max-examples': -1 is not in the range x>=0.",
    ),
    "a seed that is no number": (
        ["orders:handler", "--seed", "today"],
        "Invalid value for '--seed': 'today' is not a valid integer.",
    ),
    "no target": (
        [],
        (
            "Missing argument 'TARGET': give module:function, or --template FILE, or a contract in "
            "pyproject.toml"
        ),
    ),
    "two targets": (
        ["orders:handler", "drops_poison:handler"],
        "Got unexpected extra argument (drops_poison:handler)",
    ),
}


@pytest.mark.parametrize(("arguments", "line"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_one_clear_line_and_nothing_is_written(inputs, call, arguments, line):
    before = written(inputs)
    result = call("verify", *arguments)
    assert result.err == f"sqs-contract: {line}\n"
    assert result.status == 2
    assert result.out == ""
    assert written(inputs) == before


@pytest.mark.parametrize("clashing", [["--bodies", "bodies.json"], []])
def test_an_output_file_in_no_directory_is_refused_before_anything_runs(shop, call, clashing):
    result = call("verify", "orders:handler", *clashing, "--json", "nowhere/report.json")
    assert result.err == (
        "sqs-contract: cannot write 'nowhere/report.json': "
        f"there is no directory '{shop / 'nowhere'}'\n"
    )
    assert result.status == 2
    assert not (shop / "nowhere").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a directory nobody can write to")
def test_an_output_file_that_cannot_be_written_is_refused_before_anything_is(shop, call):
    """Not even root may write here, whatever `os.access` says."""
    before = written(shop)
    result = call("verify", "charges_again:handler", *SHOP, "--json", "/proc/report.json")
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith("sqs-contract: cannot write '/proc/report.json'")
    assert written(shop) == before
    assert result.out == ""


def test_effects_too_large_to_write_down_are_the_users_fault(inputs, call):
    """Python itself refuses to turn such a number into text."""
    result = call("verify", "inputs:handler", "--effects", "inputs:enormous")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: effects")
    assert result.err.count("\n") == 1


RAISES = {
    "the handler's module raises": (
        "def connect():\n    raise LookupError('no\\x1b[2J host')\n\nconnect()\n",
        ["bad:handler"],
        r"handler 'bad:handler': importing 'bad' raised LookupError: no\x1b[2J host",
        ['bad.py", line 4, in <module>', 'bad.py", line 2, in connect'],
    ),
    "the handler's module imports what is not there": (
        "import not_installed.at_all\n",
        ["bad:handler"],
        (
            "handler 'bad:handler': importing 'bad' raised ModuleNotFoundError: "
            "No module named 'not_installed'"
        ),
        ['bad.py", line 1, in <module>'],
    ),
    "the handler's module does not parse": (
        "def handler(event, context)\n",
        ["bad:handler"],
        "handler 'bad:handler': importing 'bad' raised SyntaxError: expected ':' (bad.py, line 1)",
        ['bad.py", line 1'],
    ),
    "the handler's module exits": (
        "import sys\nsys.exit('no configuration')\n",
        ["bad:handler"],
        "handler 'bad:handler': importing 'bad' raised SystemExit: no configuration",
        ['bad.py", line 2, in <module>'],
    ),
    "the handler's module ends the process": (
        "import os\nos._exit(9)\n",
        ["bad:handler"],
        "handler 'bad:handler': importing 'bad' raised SystemExit: 9",
        ['bad.py", line 2, in <module>'],
    ),
    "reset raises": (
        "def reset():\n    raise OSError('disk\\nfull')\n",
        ["orders:handler", "--reset", "bad:reset"],
        "reset 'bad:reset' raised OSError: disk",
        ['bad.py", line 2, in reset'],
    ),
    "reset exits": (
        "def reset():\n    raise SystemExit(4)\n",
        ["orders:handler", "--reset", "bad:reset"],
        "reset 'bad:reset' raised SystemExit: 4",
        ['bad.py", line 2, in reset'],
    ),
    "reset wants an argument": (
        "def reset(table): ...\n",
        ["orders:handler", "--reset", "bad:reset"],
        (
            "reset 'bad:reset' raised TypeError: "
            "reset() missing 1 required positional argument: 'table'"
        ),
        ["TypeError"],
    ),
    "effects raises": (
        "def effects():\n    return [][0]\n",
        ["orders:handler", "--effects", "bad:effects"],
        "effects 'bad:effects' raised IndexError: list index out of range",
        ['bad.py", line 2, in effects'],
    ),
    "bodies raises": (
        "def bodies():\n    return 1 / 0\n",
        ["orders:handler", "--bodies", "bad:bodies"],
        "bodies 'bad:bodies' raised ZeroDivisionError: division by zero",
        ['bad.py", line 2, in bodies'],
    ),
}


@pytest.mark.parametrize(("module", "arguments", "line", "places"), RAISES.values(), ids=RAISES)
def test_what_the_users_code_raises_is_shown_with_its_own_traceback(
    shop, call, module, arguments, line, places
):
    """Ours is cut away, and the import system's."""
    (shop / "bad.py").write_text(module, encoding="utf-8")
    before = written(shop)
    bodies = [] if "--bodies" in arguments else ["--bodies", "bodies.json"]
    result = call("verify", *arguments, *bodies)
    first, *traceback = result.err.splitlines()
    assert first == f"sqs-contract: {line}"
    assert result.status == 2
    assert result.out == ""
    for place in places:
        assert place in "\n".join(traceback)
    assert all(text.startswith("  ") for text in traceback)
    assert "sqs_contract" not in result.err
    assert "importlib" not in result.err
    assert not unprintable(result.err)
    assert written(shop) == before


# Flags


def test_json_to_a_file_leaves_the_text_report_on_stdout(shop, call):
    result = call("verify", "orders:handler", *SHOP, "--json", "report.json")
    assert result.status == 0
    assert result.out.startswith("orders:handler\n")
    document = json.loads((shop / "report.json").read_text(encoding="utf-8"))
    assert [clause["id"] for clause in document["clauses"]] == ALL_CLAUSES
    assert written(shop) == written(shop) & {"report.json"} | {
        "world.py", "orders.py", "charges_again.py", "drops_poison.py", "bodies.json",
    }  # fmt: skip


def test_json_to_stdout_sends_the_text_report_to_stderr(call):
    result = call("verify", "charges_again:handler", *SHOP, "--json", "-")
    assert result.status == 1
    assert result.document["schema"] == 1
    assert "VIOLATED  idempotent" in result.err


def test_json_to_a_file_takes_the_place_of_an_older_one(shop, call):
    (shop / "report.json").write_text("older " * 100_000, encoding="utf-8")
    assert call("verify", "orders:handler", *SHOP, "--json", "report.json").status == 0
    assert json.loads((shop / "report.json").read_text(encoding="utf-8"))["schema"] == 1


def test_a_broken_clause_leaves_a_file_to_replay_and_says_how(shop, call):
    result = call("verify", "charges_again:handler", *SHOP)
    (saved,) = (shop / ".sqs-contract").iterdir()
    assert f"  Reproduce\n    sqs-contract replay .sqs-contract/{saved.name}\n" in result.out
    assert saved.name.startswith("idempotent-")


def test_a_counterexample_that_cannot_be_saved_is_still_told(shop, call):
    (shop / ".sqs-contract").write_text("in the way", encoding="utf-8")
    result = call("verify", "charges_again:handler", *SHOP)
    assert result.status == 1
    assert "VIOLATED  idempotent" in result.out
    assert "Reproduce" not in result.out


def test_strict_fails_what_is_not_checked(call):
    arguments = ("verify", "drops_poison:handler", *SHOP, "--no-report-batch-item-failures")
    lenient = call(*arguments, "--clause", "exact-report")
    assert lenient.status == 0
    assert "not checked" in lenient.out
    assert call(*arguments, "--clause", "exact-report", "--strict").status == 1


def test_strict_passes_what_is_held(call):
    assert call("verify", "orders:handler", *SHOP, "--strict").status == 0


@pytest.mark.parametrize(
    ("handler", "poison", "broken"),
    [
        ("orders:handler", None, set()),
        ("drops_poison:handler", None, set()),
        ("orders:handler", "either", set()),
        ("drops_poison:handler", "either", set()),
        ("orders:handler", "report", set()),
        ("drops_poison:handler", "drop", set()),
        ("drops_poison:handler", "report", {"no-loss"}),
    ],
)
def test_both_ways_with_malformed_bodies_are_accepted_unless_one_is_declared(
    call, handler, poison, broken
):
    flag = [] if poison is None else ["--poison", poison]
    result = call("verify", handler, *SHOP, *flag, "--json", "-")
    assert result.status == bool(broken)
    verdicts = result.verdicts()
    assert {clause for clause in verdicts if verdicts[clause] == "violated"} == broken


def test_reporting_malformed_bodies_breaks_the_contract_where_dropping_is_declared(call):
    result = call("verify", "orders:handler", *SHOP, "--poison", "drop", "--json", "-")
    assert result.status == 1
    assert "violated" in result.verdicts().values()


def test_several_bugs_are_all_told_apart(shop, call):
    write_module(
        shop,
        "several",
        CHARGES_AGAIN.replace('"batchItemFailures"', '"batchItemFailure"'),
    )
    result = call("verify", "several:handler", *SHOP, "--json", "-")
    assert result.status == 1
    verdicts = result.verdicts()
    assert verdicts["response-shape"] == "violated"
    assert verdicts["idempotent"] == "violated"
    told = [line for line in result.err.splitlines() if line.startswith("VIOLATED  ")]
    assert len(told) == sum(len(item["counterexamples"]) for item in result.document["clauses"])


def test_only_the_clauses_asked_for_are_judged(call):
    result = call(
        "verify", "charges_again:handler", *SHOP,
        "--clause", "no-loss", "--clause", "response-shape", "--json", "-",
    )  # fmt: skip
    assert result.status == 0
    assert result.verdicts() == {"response-shape": "held", "no-loss": "held"}


def test_the_environment_is_the_functions_and_ends_with_the_run(shop, call):
    write_module(
        shop,
        "reads",
        """
        import os
        import orders

        STAGE = os.environ["SHOP_TEST"]

        def handler(event, context):
            assert STAGE == os.environ["SHOP_TEST"] == "a=b", STAGE
            assert os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
            return orders.handler(event, context)
        """,
    )
    arguments = ("verify", "reads:handler", *SHOP, "--memory-size", "512")
    result = call(*arguments, "--env", "SHOP_TEST=a=b", "--json", "-")
    assert result.verdicts() == ALL_HELD
    assert os.environ["SHOP_TEST"] == "unset"
    refused = call(*arguments, "--env", "SHOP_TEST=other")
    assert "the handler refused every body" in refused.out.replace("\n", " ")


def test_every_setting_given_as_a_flag_is_in_the_report(call):
    result = call(
        "verify", "orders:handler", "--bodies", "bodies.json", "--budget", "0",
        "--batch-size", "20", "--batch-window", "2", "--report-batch-item-failures",
        "--visibility-timeout", "45", "--max-receive-count", "4", "--retention", "3600",
        "--delay", "1.0", "--function-timeout", "9", "--memory-size", "256",
        "--env", "A=1", "--env", "B=2", "--json", "-",
    )  # fmt: skip
    deployment = result.document["deployment"]
    assert deployment["mapping"] == {
        "BatchSize": 20,
        "MaximumBatchingWindowInSeconds": 2,
        "ReportBatchItemFailures": True,
    }
    assert deployment["queue"] == {
        "QueueName": "orders",
        "VisibilityTimeout": 45,
        "MessageRetentionPeriod": 3600,
        "DelaySeconds": 1,
        "maxReceiveCount": 4,
    }
    assert deployment["function"]["Timeout"] == 9
    assert deployment["function"]["MemorySize"] == 256
    assert deployment["function"]["Environment"] == {"A": "1", "B": "2"}


def test_a_fifo_queue_with_filters_and_a_maximum_concurrency(call):
    pattern = '{"body": {"amount": [{"numeric": [">", 0]}]}}'
    result = call(
        "verify", "orders:handler", *SHOP, "--fifo", "--filter", pattern,
        "--maximum-concurrency", "2", "--assume", "groups_together=no", "--json", "-",
    )  # fmt: skip
    deployment = result.document["deployment"]
    assert deployment["queue"]["QueueName"] == "orders.fifo"
    assert deployment["queue"]["FifoQueue"] is True
    assert deployment["mapping"]["Filters"] == [pattern]
    assert deployment["mapping"]["MaximumConcurrency"] == 2
    assert deployment["assumptions"] == {"groups_together": "no"}
    # It goes on behind a record that fails, and reports that alone.
    assert result.verdicts() == {**ALL_HELD, "fifo-order": "violated"}


def test_a_function_of_ones_own_is_made_to_fail(call):
    write_module(
        call.directory,
        "ledger",
        """
        def note(order): pass
        """,
    )
    write_module(
        call.directory,
        "notes_first",
        """
        import json, ledger, orders

        def handler(event, context):
            for record in event["Records"]:
                try:
                    ledger.note(record["body"])
                except Exception:
                    return {"batchItemFailures": []}
            return orders.handler(event, context)
        """,
    )
    result = call("verify", "notes_first:handler", *SHOP, "--fault-site", "ledger:note")
    assert result.status == 1
    assert "faults    ledger:note " in result.out


def test_a_filter_that_stops_every_body_is_told(call):
    """S108: the handler would never see them."""
    result = call("verify", "orders:handler", *SHOP, "--filter", '{"body": {"no": ["such"]}}')
    assert result.status == 0
    assert "matches a filter of the mapping" in " ".join(result.out.split())


def test_a_standard_queue_is_not_made_of_a_fifo_one(call):
    template = """
        Resources:
          Orders: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
          Fed:
            Type: AWS::Serverless::Function
            Properties: {Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}}
    """
    (call.directory / "fifo.yaml").write_text(textwrap.dedent(template), encoding="utf-8")
    result = call("verify", "orders:handler", *SHOP, "--template", "fifo.yaml", "--standard")
    assert result.status == 2
    assert "'Orders.fifo' is not FIFO" in result.err


@pytest.mark.parametrize("function", [["--function", "Fed"], []])
def test_the_deployment_is_the_templates_and_flags_win_over_it(inputs, call, function):
    arguments = ("verify", "orders:handler", "--bodies", "bodies.json", "--budget", "0")
    template = ("--template", "fed.yaml", *function, "--json", "-")
    plain = call(*arguments, *template).document["deployment"]
    assert plain["mapping"]["BatchSize"] == 3
    assert plain["queue"]["VisibilityTimeout"] == 30
    changed = call(*arguments, *template, "--batch-size", "5").document["deployment"]
    assert changed["mapping"]["BatchSize"] == 5


def test_a_spent_budget_stops_the_exploration_and_says_how_far_it_came(call):
    result = call("verify", "charges_again:handler", *SHOP, "--budget", "0")
    assert result.status == 0
    assert "  explored  0 of 25 single faults, 0 drawn scenarios, seed 0\n" in result.out


def test_the_number_of_drawn_scenarios_is_bounded_and_told(call):
    none = call("verify", "orders:handler", *SHOP, "--json", "-").document["coverage"]
    assert none["drawn"] == 0
    assert none["single_faults"] == none["single_faults_explored"] > 0
    some = call("verify", "orders:handler", *SHOP, "--max-examples", "15", "--json", "-")
    assert 0 < some.document["coverage"]["drawn"] <= 15


def test_the_seed_is_in_the_report_and_in_every_scenario(call):
    result = call("verify", "charges_again:handler", *SHOP, "--seed", "42", "--json", "-")
    assert result.document["seed"] == 42
    broken = next(item for item in result.document["clauses"] if item["id"] == "idempotent")
    assert broken["counterexample"]["scenario"]["seed"] == 42
    assert "seed 42" in result.err


@pytest.mark.parametrize(
    "bodies",
    [
        "given:texts",
        "given:data",
        "given:function",
        "given:strategy",
        "given:function_of_a_strategy",
        "lines.jsonl",
        "one.json",
    ],
)
def test_bodies_are_taken_in_every_form(shop, call, bodies):
    write_module(
        shop,
        "given",
        """
        import json
        from hypothesis import strategies as st

        data = [{"order_id": "b1", "amount": 1}, {"order_id": "b2", "amount": 2}]
        texts = [json.dumps(item) for item in data]
        strategy = st.sampled_from(texts)

        def function():
            return data

        def function_of_a_strategy():
            return strategy
        """,
    )
    (shop / "lines.jsonl").write_text('{"order_id": "b1", "amount": 1}\n', encoding="utf-8")
    (shop / "one.json").write_text('{"order_id": "b1", "amount": 1}', encoding="utf-8")
    result = call("verify", "charges_again:handler", *SHOP, "--bodies", bodies, "--json", "-")
    broken = next(item for item in result.document["clauses"] if item["id"] == "idempotent")
    (message,) = broken["counterexample"]["scenario"]["messages"]
    assert json.loads(message["body"])["order_id"].startswith("b")


def test_modules_are_imported_from_the_working_directory_first(shop, call):
    """Even where an installed package has the name."""
    write_module(shop, "wheel", "from orders import handler")
    assert call("verify", "wheel:handler", *SHOP).status == 0


def test_every_flag_is_used_by_a_test_of_the_command_line():
    here = Path(__file__).parent
    tests = "".join(
        (here / name).read_text(encoding="utf-8")
        for name in (
            "test_cli.py",
            "test_replay.py",
            "test_hostile.py",
            "little_shop.py",
            "discovery/test_template_alone.py",
            "endpoints/test_deployed_on_endpoints.py",
            "endpoints/test_endpoint_command_line.py",
            "runtime/test_runtime_flags.py",
        )
    )
    flags = {
        flag
        for command in (cli.verify, cli.replay)
        for parameter in command.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
        if flag.startswith("--")
    }
    assert {flag for flag in flags if f'"{flag}"' not in tests} == set()


# Message bodies are hostile data


HOSTILE = """
    CSI = "\\x9b31m"
    RIGHT_TO_LEFT = "\\u202e"

    bodies = [
        {"order_id": f"a\\x1b]0;owned\\x07{CSI}{RIGHT_TO_LEFT}\\x7f", "amount": 5, "note\\x1b[8m": 1},
        '{"order_id": "b\\x7f' + CSI + RIGHT_TO_LEFT + '", "amount": 5}',
    ]
"""


@pytest.mark.parametrize("arguments", [[], ["--json", "-"]])
def test_control_characters_of_bodies_are_shown_and_not_obeyed(shop, call, arguments):
    write_module(shop, "hostile", HOSTILE)
    result = call(
        "verify", "charges_again:handler", *SHOP, "--bodies", "hostile:bodies", *arguments
    )
    assert result.status == 1
    assert not unprintable(result.out)
    assert not unprintable(result.err)
    for text in ("]0;owned", r"\u202e"):
        assert text in result.out + result.err


def test_what_a_handler_raises_is_shown_and_not_obeyed(shop, call):
    write_module(
        shop,
        "raises",
        r"""
        def handler(event, context):
            raise type("Bad\x1b[31m\nName", (Exception,), {})("gone\x1b[2J\n\u202etext\x9b")
        """,
    )
    result = call("verify", "raises:handler", *SHOP)
    assert r"Bad\x1b[31m\nName: gone\x1b[2J" in result.out
    assert not unprintable(result.out + result.err)


def test_output_that_cannot_hold_a_character_gets_it_written_out(shop):
    write_module(shop, "foreign", 'bodies = [{"order_id": "ä€😀", "amount": 1}]')
    write_module(
        shop,
        "texts",
        "import json, foreign\nbodies = [json.dumps(foreign.bodies[0], ensure_ascii=False)]",
    )
    result = run_process(
        shop, "verify", "charges_again:handler", *SHOP, "--bodies", "texts:bodies",
        environment={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert result.status == 1
    assert r"\xe4\u20ac\U0001f600" in result.out


# Hostile handlers are contained and reported


HOSTILE_HANDLERS = {
    "exits": ("sys.exit('bye')", "Runtime exited with error: exit status 1"),
    "exits with a status": ("sys.exit(5)", "Runtime exited with error: exit status 5"),
    "ends the process": ("os._exit(7)", "Runtime exited with error: exit status 7"),
    "aborts": ("os.abort()", "Runtime exited with error: exit status 134"),
    "sleeps for ever": ("while True: time.sleep(1)", "Task timed out after 3.00 seconds"),
    "raises what has no text": ("raise Nasty", "Nasty: <its text cannot be shown>"),
    "raises no Exception": ("raise Odd('odd')", "Runtime exited with error: exit status 1"),
    "is cancelled": (
        "asyncio.run(cancelled())",
        "Runtime exited with error: exit status 1",
    ),
}

HOSTILE_MODULE = """
    import asyncio, os, sys, time

    class Nasty(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    class Odd(BaseException): ...

    async def cancelled():
        raise asyncio.CancelledError

    def handler(event, context):
        {statement}
"""


@pytest.mark.parametrize(
    ("statement", "told"), HOSTILE_HANDLERS.values(), ids=list(HOSTILE_HANDLERS)
)
def test_a_handler_that_ends_its_sandbox_ends_nothing_of_ours(shop, call, statement, told):
    write_module(shop, "hostile", HOSTILE_MODULE.format(statement=statement))
    result = call("verify", "hostile:handler", *SHOP)
    assert result.status == 0
    assert told in " ".join(result.out.split())
    assert result.err == ""


def test_a_handler_that_recurses_for_ever_costs_no_time(shop, call):
    write_module(shop, "deep", "def handler(event, context): return handler(event, context)")
    started = time.monotonic()
    result = call("verify", "deep:handler", *SHOP, "--budget", "1")
    assert "RecursionError: maximum recursion depth exceeded" in " ".join(result.out.split())
    assert time.monotonic() - started < 8


def test_a_module_that_is_gone_from_an_empty_path_is_told(shop, call, monkeypatch):
    """Whatever the user's code did to `sys.path` meanwhile."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    write_module(shop, "clears", "import sys\nsys.path.clear()\nimport not_there_at_all_\n")
    result = call("verify", "clears:handler", *SHOP)
    assert result.status == 2
    assert result.err.splitlines()[0].endswith(
        "raised ModuleNotFoundError: No module named 'not_there_at_all_'"
    )


HARMLESS_AFTER_ALL = {
    "closes stdout and stderr": "sys.stdout.close(); sys.stderr.close()",
    "prints a lot": "print('\\x1b[31mnoise' * 20_000); print('more', file=sys.stderr)",
    "logs": "logging.getLogger().error('it failed')",
    "leaves a thread": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "clears the environment": "os.environ.clear()",
    "clears the arguments": "sys.argv.clear()",
    "empties the event afterwards": "event['Records'] = list(event['Records'])",
}


@pytest.mark.parametrize("statement", HARMLESS_AFTER_ALL.values(), ids=list(HARMLESS_AFTER_ALL))
def test_a_handler_that_makes_a_mess_is_judged_by_what_it_does(shop, call, statement):
    """And nothing of the mess is in the report."""
    write_module(
        shop,
        "messy",
        f"""
        import logging, os, sys, threading
        import orders

        def handler(event, context):
            {statement}
            return orders.handler(event, context)
        """,
    )
    result = call("verify", "messy:handler", *SHOP, "--json", "-")
    assert result.verdicts() == ALL_HELD
    assert result.status == 0
    assert "noise" not in result.err
    assert "it failed" not in result.err


@pytest.mark.parametrize(
    "statement",
    [
        "time.time = time.monotonic = lambda: 0.0; time.sleep = lambda seconds: None",
        "subprocess.run(['echo', 'noise'], check=True)",
        "os.write(1, b'noise')",
        "sys.__stdout__.close()",
    ],
)
def test_a_handler_that_reaches_past_python_leaves_the_report_whole(shop, statement):
    write_module(
        shop,
        "messy",
        f"""
        import os, subprocess, sys, time
        import orders

        def handler(event, context):
            {statement}
            return orders.handler(event, context)
        """,
    )
    result = run_process(shop, "verify", "messy:handler", *SHOP, "--json", "-")
    assert result.status == 0
    assert result.verdicts() == ALL_HELD


@pytest.mark.parametrize("module", ["effects", "bodies"])
def test_what_the_users_modules_print_when_imported_stays_out_of_the_json(shop, call, module):
    write_module(shop, "noisy_effects", "from world import *\nprint('hello')")
    write_module(shop, "noisy_bodies", "print('hello')\nbodies = ['{}']")
    given = {
        "effects": ["--effects", "noisy_effects:charges"],
        "bodies": ["--bodies", "noisy_bodies:bodies"],
    }[module]
    result = call("verify", "orders:handler", *SHOP, *given, "--json", "-")
    assert result.document["schema"] == 1


def test_a_handler_that_forks_gets_its_child_and_we_get_one_report(shop):
    """`os._exit` ends the child, as `multiprocessing` expects."""
    write_module(
        shop,
        "forks",
        """
        import os, pathlib
        import orders

        def handler(event, context):
            if not pathlib.Path("forked").exists():
                pathlib.Path("forked").touch()
                child = os.fork()
                if child == 0:
                    os._exit(0)
                os.waitpid(child, 0)
            return orders.handler(event, context)
        """,
    )
    result = run_process(shop, "verify", "forks:handler", *SHOP)
    assert result.out.count("explored") == 1
    assert result.status == 0


@pytest.mark.long
def test_a_handler_that_never_returns_times_out(shop):
    """It makes no call at all, so nothing tells virtual time; a bound in real time does."""
    write_module(shop, "loops", "def handler(event, context):\n    while True: pass")
    arguments = ("--function-timeout", "1", "--budget", "1")
    result = run_process(shop, "verify", "loops:handler", *SHOP, *arguments, timeout_s=40)
    assert "timed out" in " ".join(result.out.split())
    assert result.status in (0, 1)


def test_a_handler_that_changes_directory_changes_it_for_itself_only(shop, call, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_module(
        shop,
        "wanders",
        f"""
        import os
        import charges_again

        def handler(event, context):
            os.chdir({str(elsewhere)!r})
            return charges_again.handler(event, context)
        """,
    )
    assert call("verify", "wanders:handler", *SHOP, "--json", "report.json").status == 1
    assert written(elsewhere) == set()
    assert {"report.json", ".sqs-contract"} <= written(shop)


# The process: pipes, terminals, Ctrl-C


def test_piped_output_is_plain(shop):
    result = run_process(
        shop, "verify", "charges_again:handler", *SHOP,
        environment={"TERM": "xterm-256color", "FORCE_COLOR": "1"},
    )  # fmt: skip
    assert result.status == 1
    assert not unprintable(result.out)
    assert result.err == "found: idempotent is violated\n"


def test_a_reader_that_goes_away_changes_no_verdict(shop):
    reader, writer = os.pipe()
    os.close(reader)
    process = start_process(shop, "verify", "charges_again:handler", *SHOP, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert process.returncode == 1


def test_stdout_that_is_closed_is_no_fault_of_ours(shop):
    script = (
        f"exec {sys.executable} -m sqs_contract.cli verify charges_again:handler {' '.join(SHOP)}"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", f"{script} >&-"],
        cwd=shop, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_stdout_is_told_in_one_line(shop):
    with Path("/dev/full").open("wb") as full:
        process = start_process(shop, "verify", "orders:handler", *SHOP, stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "No space left on device" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["verify", "--help"], ["--version"]])
def test_a_full_disk_under_the_help_is_told_in_one_line(shop, arguments):
    with Path("/dev/full").open("wb") as full:
        process = start_process(shop, *arguments, stdout=full)
        _, err = process.communicate(timeout=60)
    assert err == "sqs-contract: cannot write the output: No space left on device\n"
    assert process.returncode == 2


def test_stderr_that_is_closed_changes_no_verdict(shop):
    script = f"exec {sys.executable} -m sqs_contract.cli verify charges_again:handler"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{script} {' '.join(SHOP)} 2>&-"],
        cwd=shop, stdout=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("VIOLATED  idempotent")
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs stdout under a name")
def test_json_to_stdout_by_its_name_comes_after_the_text(shop):
    result = run_process(shop, "verify", "orders:handler", *SHOP, "--json", "/dev/stdout")
    text, _, document = result.out.partition("\n{\n")
    assert text.startswith("orders:handler\n")
    assert json.loads("{" + document)["schema"] == 1


def test_what_others_wrote_to_stdout_goes_nowhere_and_stdout_is_given_back(shop):
    """In one process: before, while and after a run."""
    write_module(
        shop,
        "messy",
        """
        import os, sys
        import orders

        def handler(event, context):
            sys.__stdout__.write("noise")
            os.system("echo noise")
            return orders.handler(event, context)
        """,
    )
    script = (
        "import os, sys\n"
        "from sqs_contract.cli import main\n"
        f"sys.argv = ['sqs-contract', 'verify', 'messy:handler', *{SHOP!r}]\n"
        "print('before')\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    print('after', end.code)\n"
        "os.system('echo by number')\n"
    )
    done = subprocess.run(
        [sys.executable, "-u", "-c", script],
        cwd=shop, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[:2] == ["before", "messy:handler"]
    assert lines[-2:] == ["after 0", "by number"]
    assert "noise" not in done.stdout


def test_ctrl_c_ends_it_with_one_line(shop):
    write_module(
        shop,
        "slow",
        """
        import pathlib
        import orders

        def handler(event, context):
            pathlib.Path("started").touch()
            return orders.handler(event, context)
        """,
    )
    arguments = ("verify", "slow:handler", *SHOP, "--max-examples", "1000000")
    # A shell starts what runs in the background with the signal ignored.
    deaf_no_more = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    process = start_process(shop, *arguments, preexec_fn=deaf_no_more)
    give_up = time.monotonic() + 30
    while not (shop / "started").exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip() == "sqs-contract: interrupted"
    assert out == ""
    assert ".sqs-contract" not in written(shop)


def at_a_terminal(directory, *arguments):
    """What a person sees, and the exit status."""
    ours, theirs = pty.openpty()
    environment = {"TERM": "xterm-256color", "COLUMNS": "100"}
    process = start_process(
        directory, *arguments, stdout=theirs, stderr=theirs, environment=environment
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # how Linux says that the other side is gone
            break
        if not part:
            break
        seen += part
    os.close(ours)
    return seen.decode(), process.wait(60)


def test_at_a_terminal_a_live_line_tells_how_far_it_is_and_then_goes(shop):
    seen, status = at_a_terminal(shop, "verify", "charges_again:handler", *SHOP)
    assert status == 1
    live, report = seen.split("VIOLATED  idempotent", 1)
    assert "charges_again:handler   single faults" in live
    assert "found: idempotent" in live
    assert "\x1b[2K" in live  # the line is erased again
    assert "found: idempotent is violated" not in seen  # that is for pipes
    assert "single faults 1 of" not in report
    assert "\x1b[" in report  # colour, as an addition


def test_at_a_terminal_bodies_are_escaped_too(shop):
    write_module(shop, "hostile", HOSTILE)
    seen, _ = at_a_terminal(
        shop, "verify", "charges_again:handler", *SHOP, "--bodies", "hostile:bodies"
    )
    assert r"\u202e" in seen
    for hostile in ("\x1b]", "\x07", "\x9b", "\u202e", "\x7f", "\x1b[8m"):
        assert hostile not in seen
