"""Processes of this machine, as tests look at them."""

from pathlib import Path

from sqs_contract.world.clock import real_sleep


def is_gone(pid):
    """Whether a process has ended, soon."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state[0] == "Z":
            return True
        real_sleep(0.02)
    return False


def children(pid):
    """The processes that a process has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(text) for text in task.read_text(encoding="utf-8").split()]
    return found


def runtime_processes(pid):
    """The keeper of a run, and the runtime processes it has."""
    keeper = next(
        child
        for child in children(pid)
        if b"sqs_contract.runtime.keeper" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    return [keeper, *children(keeper)]
