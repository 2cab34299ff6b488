"""The servers that tests start: none outlives who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from docs.endpoints.servers import free_port

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, time
from docs.endpoints.servers import serving
command = [sys.executable, "-c", sys.argv[2]]
with serving(command, int(sys.argv[1])):
    print("serving", flush=True)
    time.sleep(60)
"""
SERVER = """
import http.server, os, subprocess
child = subprocess.Popen(["sleep", "1000"])
with open("pids", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
http.server.HTTPServer(("127.0.0.1", PORT), http.server.BaseHTTPRequestHandler).serve_forever()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_and_what_it_started_end_with_whoever_wanted_it(tmp_path, number):
    port = free_port()
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port), SERVER.replace("PORT", str(port))],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "serving\n"
    pids = [int(text) for text in (tmp_path / "pids").read_text().split()]
    run.send_signal(number)
    run.communicate(timeout=20)
    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "a server is left"
        time.sleep(0.05)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
