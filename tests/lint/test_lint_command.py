"""`sqs-contract lint`: exit statuses, the four formats, hostile templates, and how long it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import jsonschema
import pytest
from lint_service import allow, arn, resource, service, write

from sqs_contract import cli
from sqs_contract.lint.rules import RULES
from sqs_contract.lint.running import lint_file

SOUND = service()
ADVICE = service(mapping={"FunctionResponseTypes": None})
WARNING = service(queue={"RedrivePolicy": None})
ERROR = service(function={"Timeout": 100})
OPEN = service(
    queue={"VisibilityTimeout": {"Ref": "Seconds"}}, parameters={"Seconds": {"Type": "Number"}}
)


@pytest.fixture
def lint(in_tmp_path, monkeypatch, capsys):
    """`lint(template, *arguments)`: the exit status and what was written."""

    def run(template, *arguments):
        write(template, in_tmp_path)
        monkeypatch.setattr(sys, "argv", ["sqs-contract", "lint", "template.json", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        return ended.value.code, written.out, written.err

    return run


@pytest.mark.parametrize(
    ("template", "arguments", "status"),
    [
        (SOUND, [], 0),
        (SOUND, ["--strict"], 0),
        (ADVICE, [], 0),
        (ADVICE, ["--strict"], 1),
        (ADVICE, ["--strict", "--ignore", "all-or-nothing-batch"], 0),
        (WARNING, [], 1),
        (ERROR, [], 1),
        (OPEN, ["--strict"], 0),
        (OPEN, ["--parameter", "Seconds=5"], 1),
    ],
)
def test_the_exit_status_tells_whether_a_rule_is_broken(lint, template, arguments, status):
    assert lint(template, *arguments)[0] == status


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.yaml"], "there is no file 'nowhere.yaml'"),
        (["--ignore", "SQSC999"], "there is no rule 'SQSC999'"),
        (["--parameter", "Seconds"], "must be given as NAME=VALUE"),
        (["--format", "xml"], "'xml' is not one of"),
    ],
)
def test_wrong_input_gets_one_clear_line(lint, arguments, told):
    status, out, err = lint(SOUND, *arguments)
    assert (status, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1


def test_a_problem_is_told_with_its_place_reason_page_and_fix(lint):
    _, out, _ = lint(ERROR)
    lines = out.splitlines()
    number = next(
        number
        for number, line in enumerate((json.dumps(ERROR, indent=2)).splitlines(), 1)
        if "VisibilityTimeout" in line
    )
    assert lines[0] == (
        f"template.json:{number}:9 SQSC101 error the visibility timeout of Queue is 60 s, below "
        "the 100 s that Function may run (visibility-below-timeout)"
    )
    assert lines[1].startswith("    why   AWS refuses to make the mapping.")
    assert "    page  https://docs.aws.amazon.com/lambda/latest/dg/" in out
    assert '            "VisibilityTimeout": 600' in out
    assert lines[-1] == "1 error, no warning, no advice in 1 template"


def test_what_cannot_be_told_is_named_with_its_flag(lint):
    _, out, _ = lint(OPEN)
    assert "cannot be told: VisibilityTimeout of Queue" in out
    assert "give --parameter Seconds=VALUE" in out
    assert out.splitlines()[-1].endswith("no advice, 1 cannot be told in 1 template")


def test_json_has_everything(lint):
    _, out, _ = lint(ERROR, "--format", "json")
    (template,) = json.loads(out)["templates"]
    (problem,) = template["problems"]
    assert (problem["code"], problem["name"]) == ("SQSC101", "visibility-below-timeout")
    assert (problem["severity"], problem["resource"]) == ("error", "Queue")
    assert (problem["file"], problem["column"]) == ("template.json", 9)
    assert problem["fix"]


SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "helpUri"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "helpUri": {"pattern": "^https://"},
                                                "shortDescription": {"required": ["text"]},
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "message", "locations", "level"],
                            "properties": {
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {
                                    "required": ["text"],
                                    "properties": {"text": {"type": "string", "minLength": 1}},
                                },
                                "locations": {
                                    "minItems": 1,
                                    "items": {"$ref": "#/$defs/location"},
                                },
                            },
                        }
                    },
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                },
            },
        },
    },
    "$defs": {
        "location": {
            "required": ["physicalLocation"],
            "properties": {
                "physicalLocation": {
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {
                            "required": ["uri"],
                            "properties": {"uri": {"pattern": r"^[A-Za-z0-9/._~%:+-]+$"}},
                        },
                        "region": {
                            "required": ["startLine"],
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                }
            },
        }
    },
}
"""What SARIF 2.1.0 asks for of the parts that are written."""


@pytest.mark.parametrize("template", [SOUND, ADVICE, WARNING, ERROR, OPEN])
def test_sarif_is_built_as_the_standard_asks(lint, template):
    _, out, _ = lint(template, "--format", "sarif")
    document = json.loads(out)
    jsonschema.validate(document, SARIF)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert bool(run["results"]) == (template in (ADVICE, WARNING, ERROR))
    assert bool(run["invocations"][0]["toolExecutionNotifications"]) == (template is OPEN)


def test_github_gets_one_command_for_each_problem(lint):
    _, out, _ = lint(ERROR, "--format", "github")
    (line,) = out.splitlines()
    assert line.startswith("::error file=template.json,line=")
    assert ",col=9,title=SQSC101 visibility-below-timeout::the visibility timeout of Queue" in line
    assert lint(ADVICE, "--format", "github")[1].startswith("::notice ")
    assert lint(OPEN, "--format", "github")[1].startswith("::notice ")


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "github"])
def test_hostile_names_are_shown_and_not_obeyed(lint, format_):
    """Control characters, direction marks and commands of GitHub's in ids and patterns."""
    hostile = "Q\x1b[31m\u202e\r\n::error::no%0A"
    template = service(
        mapping={"FilterCriteria": {"Filters": [{"Pattern": '{"\x07\u202e\n": [1]}'}]}},
        more={hostile: resource("AWS::SQS::Queue", {})},
    )
    template["Resources"]["Mapping"]["Properties"]["EventSourceArn"] = arn(hostile)
    _, out, _ = lint(template, "--format", format_)
    assert {char for char in out if not char.isprintable()} <= {"\n"}
    if format_ == "github":
        assert all(line.startswith("::") for line in out.splitlines())
        assert not any(line.startswith("::error::") for line in out.splitlines())


def test_every_template_that_was_named_is_judged(lint, in_tmp_path):
    other = in_tmp_path / "other"
    other.mkdir()
    write(WARNING, other)
    status, out, _ = lint(ERROR, "other/template.json")
    assert status == 1
    assert "1 error, 1 warning, no advice in 2 templates" in out


def test_a_reader_who_went_away_is_no_error(in_tmp_path):
    write(ERROR, in_tmp_path)
    done = subprocess.run(
        f"{sys.executable} -m sqs_contract.cli lint template.json | head -1",
        shell=True, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "SQSC101" in done.stdout
    assert "Traceback" not in done.stderr


def many(count):
    """A template of so many services of five resources each."""
    resources = {}
    for number in range(count):
        one = service(
            queue={"VisibilityTimeout": 60 if number % 2 else 20},
            mapping={"FunctionResponseTypes": None} if number % 5 == 0 else {},
            statements=[allow("sqs:*")],
        )
        text = json.dumps(one["Resources"])
        for name in ("Queue", "Dead", "Role", "Function", "Mapping"):
            text = text.replace(f'"{name}"', f'"{name}{number}"')
        for kind in ("Queue", "Role", "Function"):  # they are properties or types' names too
            text = text.replace(f'"{kind}{number}": {{"Fn', f'"{kind}": {{"Fn')
        resources.update(json.loads(text))
    return {"Resources": resources}


def test_five_hundred_resources_take_less_than_a_second(tmp_path, record_property):
    """After imports, in time of the processor: the machine may be busy. The best of three, as it
    may also be slow for a moment, or collect what tests before this one have left."""
    template = many(100)
    assert len(template["Resources"]) == 500
    lint_file(write(service(), tmp_path))
    path = write(template, tmp_path)
    taken = []
    for _ in range(3):
        started = time.process_time()
        linted = lint_file(path)
        taken.append(time.process_time() - started)
    seconds = min(taken)
    record_property("seconds", seconds)
    print(f"500 resources: {seconds:.2f} s, {len(linted.problems)} problems")
    assert len(linted.problems) == 70
    assert seconds < 1


def test_rules_are_numbered_and_named_once():
    assert len({rule.code for rule in RULES}) == len(RULES) == len({rule.name for rule in RULES})
    assert all(rule.page.startswith("https://docs.aws.amazon.com/") for rule in RULES)
