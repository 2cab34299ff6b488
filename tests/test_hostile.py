"""Handlers that harm the process they run in: each is contained, and reported as what it is.

Each is verified as a user would, by the command line in a process of its own, within a
wall-clock bound. The dearest run nightly.
"""

from __future__ import annotations

import json
import textwrap

import pytest
from little_shop import SHOP, Result, run_process, write_module, write_shop

ALL_CLAUSES = [
    "response-shape", "exact-report", "isolation", "no-loss", "idempotent", "stateless", "drains",
    "configuration",
]  # fmt: skip
ALL_HELD = dict.fromkeys(ALL_CLAUSES, "held")

HARMLESS_ON_LAMBDA = {
    "an alarm is set": "signal.setitimer(signal.ITIMER_REAL, 3600)",
    "a timer goes off all the time": """
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    """,
    "a profiling timer goes off, which nobody handles": """
        signal.setitimer(signal.ITIMER_VIRTUAL, 100, 100)
    """,
    "every signal is ignored": """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGVTALRM):
            signal.signal(number, signal.SIG_IGN)
    """,
    "every signal is blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))",
    "time is patched": """
        time.time = time.monotonic = time.perf_counter = lambda: 0.0
        time.sleep = None
    """,
    "random is patched": """
        random.random = lambda: 0.5
        random.seed = random.getstate = random.setstate = random.Random = None
    """,
    "the system's randomness is patched": "os.urandom = None",
    "the garbage collector is off": "gc.disable(); gc.freeze(); gc.set_threshold(0)",
    "the garbage collector calls back": "gc.callbacks.append(lambda *_: None)",
    "recursion is limited": "sys.setrecursionlimit(300)",
    "recursion is not limited": "sys.setrecursionlimit(10**9)",
    "hooks are taken": """
        threading.excepthook = sys.excepthook = sys.unraisablehook = sys.displayhook = None
    """,
    "a tracer and a profiler are left": """
        sys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)
        threading.settrace(lambda *_: None)
    """,
    "standard streams are gone": "sys.stdout = sys.stderr = sys.__stdout__ = None",
    "standard output is replaced": "sys.stdout = io.StringIO(); print('noise')",
    "ten megabytes are printed": "print('x' * 10_000_000)",
    "ten megabytes are written past Python": "os.write(1, b'x' * 10_000_000)",
    "the directory is gone": """
        here = tempfile.mkdtemp()
        os.chdir(here)
        os.rmdir(here)
    """,
    "variables are gone": "os.environ = {}",
    "the search path is gone": """
        sys.path.clear(); sys.path_hooks.clear(); sys.path_importer_cache.clear()
    """,
    "finders are gone": "sys.meta_path = None",
    "modules are gone": """
        for name in list(sys.modules):
            if name.startswith(("sqs_contract", "threading")):
                del sys.modules[name]
    """,
    "an exit is prepared": """
        atexit.register(time.sleep, 3600)
        atexit.register(os._exit, 7)
        atexit.register(lambda: print("noise", file=sys.stderr))
    """,
    "logging is set up anew": """
        logging.basicConfig(level=0, force=True, stream=sys.stderr)
        logging.warning("noise")
        logging.disable(logging.CRITICAL)
    """,
    "sockets have little time": "socket.setdefaulttimeout(0.000_001); socket.socket = None",
    "the locale is another": "locale.setlocale(locale.LC_ALL, 'C')",
    "files are nobody's": "os.umask(0o777)",
    "built-in functions are gone": "builtins.print = builtins.open = builtins.sorted = None",
    "digests are gone": "hashlib.md5 = hashlib.sha256 = None",
    "event loops are left": """
        asyncio.set_event_loop(asyncio.new_event_loop())
        asyncio.run(asyncio.sleep(0))
    """,
    "warnings are errors": "warnings.simplefilter('error')",
    "long numbers are refused": "sys.set_int_max_str_digits(640)",
    "threads hardly ever switch": "sys.setswitchinterval(1000)",
    "the process is nice": "os.nice(1)",
    "a thread waits for ever": "threading.Thread(target=threading.Event().wait).start()",
    "standard input is read": "sys.stdin.read()",
}

HEAD = """
    import asyncio, atexit, builtins, ctypes, gc, hashlib, io, json, locale, logging
    import multiprocessing, os, random, re, resource, signal, socket, subprocess, sys, tempfile
    import threading, time, warnings
    import orders

    def handler(event, context):
"""


def hostile(statements: str, last: str = "return orders.handler(event, context)") -> str:
    """A module whose handler does something to its process, and then its work."""
    body = textwrap.dedent(statements).strip()
    return textwrap.dedent(HEAD) + textwrap.indent(f"{body}\n{last}\n", "    ")


@pytest.fixture
def verify(in_tmp_path):
    """Verify a handler with these statements in front of its work."""
    write_shop(in_tmp_path)

    def run(statements: str, *flags: str, timeout_s: float = 60) -> Result:
        write_module(in_tmp_path, "hostile", hostile(statements))
        arguments = ("verify", "hostile:handler", *SHOP, "--json", "report.json", *flags)
        return run_process(in_tmp_path, *arguments, timeout_s=timeout_s)

    return run


def report(directory) -> dict:
    """The report as it was written: whole."""
    document = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    assert [clause["id"] for clause in document["clauses"]] == ALL_CLAUSES
    return document


def verdicts(directory) -> dict[str, str]:
    return {clause["id"]: clause["verdict"] for clause in report(directory)["clauses"]}


def one_line(text: str) -> str:
    return " ".join(text.split())


# What would harm nobody on Lambda harms nobody here


@pytest.mark.nightly
@pytest.mark.parametrize("statements", HARMLESS_ON_LAMBDA.values(), ids=list(HARMLESS_ON_LAMBDA))
def test_a_handler_that_does_its_work_beside_is_judged_by_its_work(verify, in_tmp_path, statements):
    result = verify(statements)
    assert (result.status, result.err) == (0, "")
    assert verdicts(in_tmp_path) == ALL_HELD
    assert "noise" not in result.out


TOGETHER = [
    "a timer goes off all the time", "every signal is ignored", "random is patched",
    "the garbage collector is off", "hooks are taken", "a tracer and a profiler are left",
    "standard streams are gone", "variables are gone", "an exit is prepared",
    "files are nobody's", "the directory is gone",
]  # fmt: skip


def test_many_such_things_at_a_time_are_no_more_than_one(verify, in_tmp_path):
    """What is left of one would show in the next scenario, or at the end."""
    result = verify(
        "\n".join(textwrap.dedent(HARMLESS_ON_LAMBDA[name]).strip() for name in TOGETHER)
    )
    assert (result.status, result.err) == (0, "")
    assert verdicts(in_tmp_path) == ALL_HELD


# What ends the process on Lambda ends an invocation here

SELF_HARM = {
    "kills itself": ("os.kill(os.getpid(), signal.SIGKILL)", "signal: killed"),
    "terminates itself": ("signal.raise_signal(signal.SIGTERM)", "signal: terminated"),
    "terminates its process group": ("os.killpg(0, signal.SIGTERM)", "signal: terminated"),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", "signal: stopped (signal)"),
    "interrupts itself": ("os.kill(os.getpid(), signal.SIGINT)", "exit status 1"),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", "exit status 1"),
    "is another program": ("os.execv('/bin/true', ['true'])", "without providing a reason"),
}


@pytest.mark.nightly
@pytest.mark.parametrize(("statement", "told"), SELF_HARM.values(), ids=list(SELF_HARM))
def test_a_handler_that_ends_its_process_ends_its_invocation(verify, in_tmp_path, statement, told):
    result = verify(statement)
    assert (result.status, result.err) == (0, "")
    assert told in one_line(result.out)
    assert verdicts(in_tmp_path)["idempotent"] == "not-checked"


def test_poison_that_kills_the_process_is_a_broken_contract(verify, in_tmp_path):
    """The neighbours of the message that kills are not done, for as long as it comes."""
    result = verify("""
        for record in event["Records"]:
            if not record["body"].startswith("{"):
                os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert result.status == 1
    assert verdicts(in_tmp_path)["isolation"] == "violated"
    assert "Runtime.ExitError" in one_line(result.out)


def test_processes_a_handler_leaves_behind_end_with_its_environment(verify, in_tmp_path):
    """They would hold our output open for as long as they live."""
    result = verify("subprocess.Popen(['sleep', '3600'])", timeout_s=30)
    assert result.status == 0
    assert verdicts(in_tmp_path) == ALL_HELD


# What does not end is ended


@pytest.mark.nightly
def test_an_import_that_does_not_end_is_told_with_its_place(in_tmp_path):
    write_shop(in_tmp_path)
    write_module(in_tmp_path, "endless", "import orders\nwhile True: pass\n")
    result = run_process(in_tmp_path, "verify", "endless:handler", *SHOP, timeout_s=30)
    assert result.status == 2
    assert result.err == (
        "sqs-contract: handler 'endless:handler': importing 'endless' was stopped at "
        "endless.py:2: it did not end\n"
    )


ENDLESS_IN_C = {
    "a search that backtracks": "re.match('(a+)+$', 'a' * 60 + 'b')",
    "a sum": "sum(range(10**13))",
}


@pytest.mark.nightly
@pytest.mark.parametrize("statement", ENDLESS_IN_C.values(), ids=list(ENDLESS_IN_C))
def test_c_code_that_does_not_return_ends_the_run_which_names_the_isolated_mode(verify, statement):
    result = verify(statement, timeout_s=50)
    assert result.status == 3
    assert result.out == ""
    assert "nothing in its process can interrupt for 20 seconds; run it with --isolated" in (
        one_line(result.err)
    )


@pytest.mark.nightly
def test_memory_that_grows_for_ever_is_bounded(verify, in_tmp_path):
    result = verify("""
        held = []
        while True:
            held.append(b"x" * 10_000_000 + bytes(1))
    """)
    assert result.status == 0
    assert "it took more than 640 MB of memory" in one_line(result.out)
    assert verdicts(in_tmp_path)["idempotent"] == "not-checked"


def test_a_crash_of_the_process_names_the_isolated_mode(verify):
    result = verify("ctypes.string_at(0)")
    assert result.status == -11
    assert "the process ended in the middle of a run" in result.err
    assert "--isolated" in result.err


# A process of its own: verdicts for handlers that nothing in their process can contain


def test_a_kept_contract_is_kept_in_a_process_of_its_own(verify, in_tmp_path):
    result = verify("pass", "--isolated")
    assert (result.status, result.err) == (0, "")
    assert verdicts(in_tmp_path) == ALL_HELD


@pytest.mark.nightly
def test_poison_that_crashes_the_process_is_a_broken_contract(verify, in_tmp_path):
    result = verify(
        """
        for record in event["Records"]:
            if record["body"] in ("", "null"):
                ctypes.string_at(0)
        """,
        "--isolated", "--clause", "isolation", "--max-receive-count", "2",
    )  # fmt: skip
    assert result.status == 1
    told = one_line(result.out)
    assert "VIOLATED isolation" in told
    assert "(segmentation fault)" in told
    assert "the handler ended its process at hostile.py:" in told


@pytest.mark.nightly
@pytest.mark.parametrize("statement", ENDLESS_IN_C.values(), ids=list(ENDLESS_IN_C))
def test_c_code_that_does_not_return_times_out_in_a_process_of_its_own(
    verify, in_tmp_path, statement
):
    result = verify(statement, "--isolated", timeout_s=80)
    assert result.status == 0
    assert "the handler did not end by itself at hostile.py:" in one_line(result.out)
    assert "Task timed out after 3.00 seconds" in one_line(result.out)
    assert verdicts(in_tmp_path)["idempotent"] == "not-checked"


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("os.closerange(3, 256)", "it closed a file descriptor that is not its own"),
        ("held = [b'x' * 10_000_000 + bytes(1) for _ in range(10**6)]", "more than 100 MB"),
    ],
    ids=["every descriptor is closed", "memory grows"],
)
def test_what_else_a_process_of_its_own_survives(verify, in_tmp_path, statement, told):
    result = verify(statement, "--isolated", "--memory-limit", "100")
    assert result.status == 0
    assert told in one_line(result.out)
    assert verdicts(in_tmp_path)["idempotent"] == "not-checked"


@pytest.mark.nightly
def test_an_import_that_crashes_is_told(in_tmp_path):
    write_shop(in_tmp_path)
    write_module(in_tmp_path, "crashes", "import ctypes\nctypes.string_at(0)\n")
    result = run_process(in_tmp_path, "verify", "crashes:handler", *SHOP, "--isolated")
    assert result.status == 2
    assert result.err == (
        "sqs-contract: importing the handler's module ended the process at crashes.py:2: "
        "segmentation fault\n"
    )


def test_only_what_another_process_can_find_is_isolated():
    from sqs_contract import Contract, UsageError

    contract = Contract(lambda event, context: None, bodies=["{}"], isolated=True)
    with pytest.raises(UsageError, match="handler must be given as 'module:function'"):
        contract.verify()


def test_a_memory_limit_is_a_number():
    from sqs_contract import Contract, UsageError

    with pytest.raises(UsageError, match="memory_limit must be a whole number of MB"):
        Contract("shop.orders:handler", memory_limit=0)
