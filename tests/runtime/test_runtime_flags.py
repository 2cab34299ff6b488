"""How a runtime is asked for, and what is wrong with it, in one line."""

import pytest

from sqs_contract import Contract, Deployment, UsageError
from sqs_contract.playing import playing
from sqs_contract.request import Request
from sqs_contract.runtime.needs import names_tmp, needs_of
from sqs_contract.runtime.spec import WALL_LIMIT_S, RuntimeSpec, runtime_of
from sqs_contract.targets.program import ProgramSpec


def test_a_runtime_is_python_or_a_command_of_words():
    assert runtime_of(None, None, None) is None
    assert runtime_of("python", None, None) == RuntimeSpec(command=None, wall_limit_s=WALL_LIMIT_S)
    given = runtime_of(None, "node 'a b.js' index.handler", 2)
    assert given == RuntimeSpec(command=("node", "a b.js", "index.handler"), wall_limit_s=2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("ruby", None, None), "--runtime must be python, not 'ruby'"),
        (("python", "node x", None), "exclude each other"),
        ((None, "node 'x", None), "cannot be read: No closing quotation"),
        ((None, " ", None), "--runtime-command is empty"),
        ((None, None, 3), "--wall-limit is of a runtime"),
    ],
)
def test_what_makes_no_runtime_is_refused(given, message):
    with pytest.raises(UsageError, match=message):
        runtime_of(*given)


def test_a_runtime_is_no_isolated_process_besides():
    spec = ProgramSpec(handler="shop:handler")
    with pytest.raises(UsageError, match="exclude each other"):
        with playing(Request(program=spec, isolated=True, runtime=RuntimeSpec())):
            pass


def test_a_contract_takes_a_runtime():
    contract = Contract("shop:handler", deployment=Deployment(), bodies=["{}"], runtime="ruby")
    with pytest.raises(UsageError, match="--runtime must be python"):
        contract.verify()


def test_handler_goes_with_a_command_only(pytester):
    done = pytester.run("sqs-contract", "verify", "--handler", "index.handler")
    assert done.ret == 2
    done.stderr.fnmatch_lines(["sqs-contract: --handler names the handler for --runtime-command*"])


def test_what_a_process_needs_at_each_start_is_read_from_the_source(in_tmp_path):
    (in_tmp_path / "needy.py").write_text(
        "import boto3\nimport needed\ns3 = boto3.client('s3')\n"
        "t = boto3.resource('dynamodb').Table('t')\n",
        encoding="utf-8",
    )
    (in_tmp_path / "needed.py").write_text("seen = open('/tmp/seen')\n", encoding="utf-8")
    assert needs_of("needy.handler") == (["boto3"], ["dynamodb", "s3"])
    assert names_tmp("needy.handler")
    assert not names_tmp("nowhere.handler")


def test_a_package_that_cannot_be_run_here_is_left_to_the_process_that_is_to_run_it(in_tmp_path):
    (in_tmp_path / "needy.py").write_text("from broken import part\n", encoding="utf-8")
    (in_tmp_path / "broken.py").write_text("raise RuntimeError\n", encoding="utf-8")
    assert needs_of("needy.handler") == ([], [])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--handler", "a.b", "--runtime-command", "there-is-none", "--wall-limit", "5"],
            "sqs-contract: handler 'a.b': the runtime was not started: cannot start *",
        ),
        (["a:b", "--runtime", "ruby"], "sqs-contract: --runtime must be python, not 'ruby'*"),
    ],
)
def test_a_runtime_that_cannot_be_is_one_line_and_status_2(pytester, flags, message):
    done = pytester.run("sqs-contract", "verify", *flags)
    assert done.ret == 2
    done.stderr.fnmatch_lines([message])
    assert len(done.errlines) == 1
