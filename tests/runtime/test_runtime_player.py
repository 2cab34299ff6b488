"""Handlers behind AWS's own runtime client, in real processes."""

import json
import textwrap
from contextlib import contextmanager

import pytest
from processes import is_gone

from sqs_contract import Deployment, Fault, FaultKind
from sqs_contract.errors import UsageError
from sqs_contract.history import Ended
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.runtime.player import RuntimePlayer
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.stage.world import OTHER
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.world.clock import EPOCH_MS

PYTHON = RuntimeSpec()

HANDLER = """
import json, os, sys, time
count = 0

def handler(event, context):
    global count
    count += 1
    {body}
"""


@pytest.fixture
def playing(in_tmp_path):
    """A player for a handler with a body."""

    @contextmanager
    def play(body, *, reset=None, effects=None, runtime=PYTHON, **settings):
        lines = textwrap.indent(textwrap.dedent(body).strip(), "    ").lstrip()
        (in_tmp_path / "shop.py").write_text(HANDLER.replace("{body}", lines), encoding="utf-8")
        deployment = Deployment.of(**settings)
        spec = ProgramSpec(handler="shop:handler", reset=reset, effects=effects)
        with RuntimePlayer.started(spec, deployment, runtime) as player:

            def run(*bodies, faults=(), **how):
                messages = tuple(
                    ScenarioMessage(name=f"m{place}", body=text)
                    for place, text in enumerate(bodies or ["x"], 1)
                )
                scenario = Scenario(messages=messages, faults=tuple(faults), deployment=deployment)
                return player.play(scenario, **how)

            run.player = player
            yield run

    return play


def outcomes(run):
    return [event.outcome for event in run.events if isinstance(event, Ended)]


def test_a_handler_gets_event_and_context_as_on_lambda(playing):
    """The client is AWS's, started from environment variables (S129, S140)."""
    with playing(
        "return [event['Records'][0]['body'], context.function_name, context.memory_limit_in_mb,"
        " context.get_remaining_time_in_millis() <= 5000, os.environ['_HANDLER']]",
        function_timeout=5,
    ) as run:  # fmt: skip
        (outcome,) = outcomes(run("hello"))
    assert json.loads(outcome.payload) == ["hello", "orders", "128", True, "shop.handler"]


def test_a_process_keeps_module_state_until_a_cold_start(playing):
    """And its globals are gone with it (S119, S131)."""
    with playing("return count", batch_size=1) as run:
        assert [outcome.payload for outcome in outcomes(run("a", "b"))] == ["1", "2"]
        cold = [Fault(kind=FaultKind.COLD_START, invocation=2)]
        assert [outcome.payload for outcome in outcomes(run("a", "b", faults=cold))] == ["1", "1"]


def test_a_start_that_takes_long_goes_on_in_the_functions_time(playing, monkeypatch):
    """S123."""
    monkeypatch.setattr("sqs_contract.runtime.target.INIT_LIMIT_S", 0.01)
    with playing("return 1", function_timeout=8) as run:
        assert outcomes(run()) == [Returned("1")]


def test_what_a_handler_raises_is_the_error_lambda_tells(playing):
    """With the place in its own code (S117)."""
    with playing("raise ValueError(f'bad {count}')") as run:
        error = outcomes(run())[0]
    assert (error.kind, error.error_type, error.message) == (
        ErrorKind.RAISED, "ValueError", "bad 1",
    )  # fmt: skip
    assert error.where == "shop.py:8"


def test_how_an_invocation_fails_is_told_as_lambda_tells_it(playing):
    """Exits by status or signal (S121), what cannot be encoded (S125), or not as UTF-8 (S127),
    what is too large (S115)."""
    ends = [
        ("sys.exit(3)", ErrorKind.EXITED, "exit status 3"),
        ("os._exit(0)", ErrorKind.EXITED, "without providing a reason"),
        ("os.kill(os.getpid(), 9)", ErrorKind.EXITED, "signal: killed"),
        ("chr(0xd800)", ErrorKind.EXITED, "exit status 1"),
        ("{1, 2}", ErrorKind.UNSERIALISABLE, "set is not JSON"),
        ("'x' * 6_300_000", ErrorKind.TOO_LARGE, "6291556 bytes"),
    ]
    with playing("return eval(event['Records'][0]['body'])", max_receive_count=1) as run:
        for expression, kind, message in ends:
            (error,) = outcomes(run(expression))
            assert (error.kind, message in error.message) == (kind, True), expression


def test_an_invocation_is_killed_at_its_deadline(playing, in_tmp_path):
    """By SIGKILL, with what it started: nothing of it runs on, no `finally`, no `atexit` (S118,
    S119, S120)."""
    with playing(
        """
        import subprocess
        child = subprocess.Popen(["sleep", "1000"])
        open("child", "w").write(str(child.pid))
        try:
            time.sleep(1000)
        finally:
            open("finally", "w")
        """,
        function_timeout=1, max_receive_count=1,
    ) as run:  # fmt: skip
        (error,) = outcomes(run())
        assert error.error_type == "Sandbox.Timedout"
        assert error.message.endswith("Task timed out after 1.00 seconds")
        assert not (in_tmp_path / "finally").exists()
        assert is_gone(int((in_tmp_path / "child").read_text(encoding="utf-8")))


def test_a_function_that_may_take_longer_is_killed_at_the_wall_limit(playing):
    """And its own time counts as over."""
    with playing(
        "time.sleep(1000)", function_timeout=300, max_receive_count=1, visibility_timeout=300,
        runtime=RuntimeSpec(wall_limit_s=0.2),
    ) as run:  # fmt: skip
        played = run()
    assert outcomes(played)[0].message.endswith("timed out after 300.00 seconds")
    ended = next(event for event in played.events if isinstance(event, Ended))
    assert ended.at_ms - EPOCH_MS == 300_000


def test_files_in_tmp_outlive_a_process_but_not_an_environment(playing):
    """S119."""
    body = """
    import tempfile
    seen = os.path.join(tempfile.gettempdir(), "seen")
    there = os.path.exists(seen)
    open(seen, "w")
    if not there:
        os._exit(1)
    return count
    """
    with playing(body) as run:
        assert [type(outcome) for outcome in outcomes(run())] == [FunctionError, Returned]
        cold = [Fault(kind=FaultKind.COLD_START, invocation=2)]
        assert len(outcomes(run(faults=cold))) == 3


def test_two_runs_live_at_the_dates_they_are_given(playing):
    """The date goes on as the real one does, from where the run has it."""
    with playing("return [time.time(), context.get_remaining_time_in_millis()]") as run:
        plain = json.loads(outcomes(run())[0].payload)
        other = json.loads(outcomes(run(variant=OTHER))[0].payload)
    assert 0 <= plain[0] - EPOCH_MS / 1000 < 3
    assert 0 <= other[0] - (EPOCH_MS + OTHER.offset_ms) / 1000 < 3
    assert 0 < plain[1] <= 3000


def test_outside_hosts_are_refused_and_told(playing):
    """By whatever honours a proxy."""
    body = """
    import urllib.request
    try:
        urllib.request.urlopen("http://example.com/x", timeout=5)
    except OSError as error:
        return str(error)
    """
    with playing(body) as run:
        (outcome,) = outcomes(run())
        assert "403" in outcome.payload
        assert run.player.refused == ["example.com:80"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere", "Runtime.ImportModuleError: Unable to import module 'shop'"),
        ("raise RuntimeError('no')", "cannot start: RuntimeError: no"),
        ("import sys; sys.exit(4)", "before it asked for an invocation: Runtime exited with error: exit status 4"),
        ("x = 1", "Runtime.HandlerNotFound: Handler 'handler' missing on module 'shop'"),
        ("def handler(:", "Runtime.UserCodeSyntaxError"),
    ],
)  # fmt: skip
def test_a_handler_that_cannot_be_imported_is_an_error_of_the_caller(in_tmp_path, source, message):
    """Of the types that Lambda has for it (S122)."""
    (in_tmp_path / "shop.py").write_text(source, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        start("shop:handler")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def start(handler, runtime=PYTHON, **given):
    with RuntimePlayer.started(ProgramSpec(handler=handler, **given), Deployment(), runtime):
        pass


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("there-is-no-such-command",), "not started: cannot start 'there-is-no-such-command'"),
        (("sh", "-c", "echo broken; exit 2"), "exit status 2: broken"),
        (("sleep", "1000"), "did not ask for an invocation within"),
        (("sh", "-c", "printf 'GARBAGE\\r\\n\\r\\n' | cat"), "without providing a reason"),
    ],
)
def test_a_command_that_is_no_runtime_is_an_error_of_the_caller(
    in_tmp_path, monkeypatch, command, message
):
    monkeypatch.setattr("sqs_contract.runtime.target.INIT_LIMIT_S", 1.0)
    with pytest.raises(UsageError) as caught:
        start("index.handler", RuntimeSpec(command=command, wall_limit_s=0.1))
    assert message in str(caught.value)


def test_fault_sites_and_functions_of_this_process_are_not_taken():
    with pytest.raises(UsageError, match="fault sites are functions in our own process"):
        start("shop:handler", fault_sites=("shop:charge",))
    with pytest.raises(UsageError, match="must be given as 'module:function'"):
        start(lambda event, context: None)
