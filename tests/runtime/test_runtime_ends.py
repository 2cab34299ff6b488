"""However a run ends, none of its processes is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import is_gone, runtime_processes

from sqs_contract.runtime import folder
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
    (place,) = folders_of(run.pid)
    run.send_signal(number)
    run.wait(20)
    assert all(is_gone(pid) for pid in [*started, grandchild])
    assert not place.exists()


def folders_of(pid):
    """The folders of a run, by the lock it holds."""
    return {
        link.readlink().parent
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if "/sqs-contract-runtime-" in str(link.readlink()) and link.resolve().name == "lock"
    }


def test_a_folder_that_a_killed_run_left_is_removed_by_the_next_and_no_other(monkeypatch, tmp_path):
    """One whose run is on is locked; one without a lock may be just being made."""
    monkeypatch.setattr(folder, "_place", lambda: str(tmp_path))
    old, young = tmp_path / "sqs-contract-runtime-old", tmp_path / "sqs-contract-runtime-young"
    for left in (old, young):
        (left / "below").mkdir(parents=True)
    (old / "lock").touch()
    with folder.folder_of_run() as first:
        assert not old.exists()
        with folder.folder_of_run() as second:
            assert first.exists()
            assert first != second
        assert not second.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["sqs-contract-runtime-young"]


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
