"""However a run ends, none of its processes is left."""

import os
import signal
import subprocess
import sys

import pytest
from processes import is_gone, runtime_processes

from sqs_contract.world.clock import real_sleep

PROGRAM = """
import sys
from sqs_contract import Deployment
from sqs_contract.runtime.player import RuntimePlayer
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

deployment = Deployment.of(function_timeout=60)
spec = ProgramSpec(handler="shop:handler")
with RuntimePlayer.started(spec, deployment, RuntimeSpec(wall_limit_s=60)) as player:
    message = ScenarioMessage(name="m1", body="x")
    player.play(Scenario(messages=(message,), deployment=deployment))
"""
HANDLER = """
import subprocess, time

def handler(event, context):
    child = subprocess.Popen(["sleep", "1000"])
    with open("busy", "w") as file:
        file.write(str(child.pid))
    time.sleep(1000)
"""


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.nightly),
        pytest.param(signal.SIGKILL, id="SIGKILL"),
    ],
)
def test_nothing_outlives_a_run_that_is_ended_from_outside(in_tmp_path, number):
    """Neither the runtime process, nor what the handler started, nor the keeper."""
    (in_tmp_path / "shop.py").write_text(HANDLER, encoding="utf-8")
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
    )  # fmt: skip
    busy = in_tmp_path / "busy"
    for _ in range(400):
        if busy.exists() and busy.read_text(encoding="utf-8"):
            break
        real_sleep(0.05)
    grandchild = int(busy.read_text(encoding="utf-8"))
    started = runtime_processes(run.pid)
    assert len(started) >= 2, "the keeper and a runtime process"
    run.send_signal(number)
    run.wait(20)
    assert all(is_gone(pid) for pid in [*started, grandchild])


@pytest.mark.nightly
def test_nothing_outlives_the_keeper(in_tmp_path):
    """Should it be killed itself, the kernel kills what it has started."""
    (in_tmp_path / "shop.py").write_text(HANDLER, encoding="utf-8")
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
    )  # fmt: skip
    busy = in_tmp_path / "busy"
    for _ in range(400):
        if busy.exists() and busy.read_text(encoding="utf-8"):
            break
        real_sleep(0.05)
    keeper, *others = runtime_processes(run.pid)
    os.kill(keeper, signal.SIGKILL)
    _, err = run.communicate(timeout=20)
    assert "the process that keeps the runtime processes is gone" in err
    assert all(is_gone(pid) for pid in [keeper, *others])
    os.kill(int(busy.read_text(encoding="utf-8")), signal.SIGKILL)  # what only the keeper knew
