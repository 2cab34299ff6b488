"""The pytest plugin: a contract in a test file, one item for each clause."""

from __future__ import annotations

import importlib
import json
import re
import textwrap

import pytest
from little_shop import BODIES, write_shop

from sqs_contract.session import SESSION

# Loaded before a session within this one starts, which forgets what it was the first to import.
PRELOADED = [
    importlib.import_module(f"sqs_contract.{name}")
    for name in ("contract", "verify", "report.document", "report.terminal", "strategies")
]

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

CONTRACT = """
    from sqs_contract import Contract, Deployment

    contract = Contract(
        {handler},
        deployment=Deployment.of(report_batch_item_failures={reports}),
        bodies={bodies!r},
        effects="world:charges",
        reset="world:empty",
        max_examples=0,
        {more}
    )

    @contract.parametrize()
    def test_shop(clause):
        clause.check()
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """A test suite of its own."""
    write_shop(pytester.path)
    # A session within this one finds our modules imported already, which pytest warns about.
    pytester.makeini(
        "[pytest]\npythonpath = .\n"
        "filterwarnings =\n    error\n    ignore::pytest.PytestAssertRewriteWarning\n"
    )
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "HYPOTHESIS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return pytester


def write_contract(
    suite, handler="'orders:handler'", *, reports=True, bodies=BODIES, more="", and_then=""
):
    text = CONTRACT.format(handler=handler, reports=reports, bodies=bodies, more=more)
    suite.makepyfile(test_shop=textwrap.dedent(text) + textwrap.dedent(and_then))


PLUGINS = (
    "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:timeout", "-p", "no:faker",
    "-p", "no:respx", "-p", "no:pytest_httpserver",
)  # fmt: skip


def run(suite, *arguments):
    """Within this process: quick."""
    return suite.runpytest_inprocess(*PLUGINS, *arguments)


def run_apart(suite, *arguments):
    """In a process of its own: for what hangs on imports, profiles or workers."""
    return suite.runpytest_subprocess(*PLUGINS, *arguments)


def outcomes(result):
    """The items' outcomes by id, from `-rA`'s summary."""
    found = re.findall(r"^(PASSED|FAILED|ERROR) (?:\S+::)(\S+)", result.stdout.str(), re.MULTILINE)
    return {name: outcome for outcome, name in found}


# Items


def test_every_clause_is_an_item_of_its_own(suite):
    write_contract(suite)
    result = run(suite, "-rA", "--strict-markers")
    assert outcomes(result) == {f"test_shop[{clause}]": "PASSED" for clause in ALL_CLAUSES}
    result.assert_outcomes(passed=8)
    assert result.ret == 0


def test_a_broken_clause_fails_its_own_item_only(suite):
    write_contract(suite, "'charges_again:handler'")
    result = run(suite, "-rA")
    expected = dict.fromkeys((f"test_shop[{clause}]" for clause in ALL_CLAUSES), "PASSED")
    assert outcomes(result) == {**expected, "test_shop[idempotent]": "FAILED"}
    assert result.ret == 1


def test_collecting_runs_nothing_and_imports_no_handler(suite):
    (suite.path / "explodes.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    write_contract(suite, "'explodes:handler'")
    result = run(suite, "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"test_shop.py::test_shop[[]{clause}]" for clause in ALL_CLAUSES])


def test_a_clause_can_be_chosen_by_its_id(suite):
    write_contract(suite, "'charges_again:handler'")
    run(suite, "-k", "idempotent").assert_outcomes(failed=1, deselected=7)
    run(suite, "test_shop.py::test_shop[no-loss]").assert_outcomes(passed=1)


def test_only_the_clauses_asked_for_are_items(suite):
    write_contract(suite, more="clauses=['no-loss', 'isolation'],")
    run(suite).assert_outcomes(passed=2)


def test_a_clause_can_be_expected_to_fail(suite):
    write_contract(
        suite,
        "'charges_again:handler'",
        and_then="""
        import pytest

        @pytest.fixture(autouse=True)
        def known(request):
            if request.node.callspec.id == "idempotent":
                request.applymarker(pytest.mark.xfail(reason="SHOP-12", strict=True))
        """,
    )
    run(suite).assert_outcomes(passed=7, xfailed=1)


def test_all_clauses_read_one_verification(suite):
    """The handler is verified once, however many items there are."""
    write_contract(
        suite,
        and_then="""
        import sqs_contract.verify

        def test_once(monkeypatch):
            assert contract.verify() is contract.verify()
            assert contract.result("no-loss") in contract.verify().clauses
        """,
    )
    run(suite).assert_outcomes(passed=9)


# What a failing item shows


def test_a_failing_item_shows_the_failure_report_and_nothing_of_ours(suite):
    write_contract(suite, "'charges_again:handler'")
    result = run(suite, "-k", "idempotent")
    text = result.stdout.str()
    (saved,) = (suite.path / ".sqs-contract").iterdir()
    start = text.index("VIOLATED  idempotent")
    end = text.index(f"    sqs-contract replay .sqs-contract/{saved.name}")
    report = text[start:end].splitlines()
    assert report[0] == f"{'VIOLATED  idempotent':<59}charges_again:handler"
    for part in ("Smallest scenario", "What happened", "Ways out", "Reproduce"):
        assert any(line.startswith(f"  {part}") for line in report)
    for ours in ("Traceback", "sqs_contract/", "ContractViolated", "clause.check()", "contract.py"):
        assert ours not in text


def test_the_failure_can_be_replayed_from_the_command_line(suite):
    """What the report says to run, run."""
    write_contract(suite, "'charges_again:handler'")
    command = next(
        line.split()
        for line in run(suite, "-k", "idempotent").outlines
        if line.startswith("    sqs-contract replay ")
    )
    replayed = suite.run("python", "-m", "sqs_contract.cli", *command[1:])
    assert replayed.ret == 1
    assert replayed.outlines[0].startswith("VIOLATED  idempotent")


def test_full_trace_shows_the_frames_to_who_asks_for_them(suite):
    write_contract(suite, "'charges_again:handler'")
    text = run(suite, "-k", "idempotent", "--full-trace").stdout.str()
    assert "clause.check()" in text
    assert "VIOLATED  idempotent" in text


def test_a_hostile_body_cannot_write_to_the_terminal(suite):
    body = '{"order_id": "\x7f\x9b\u202e", "amount": 5}'
    write_contract(suite, "'charges_again:handler'", bodies=[body])
    text = run(suite, "-k", "idempotent", "--color=no").stdout.str()
    assert r"\u202e" in text
    assert not {"\x7f", "\x9b", "\u202e"} & set(text)


def test_a_clause_that_is_not_checked_is_skipped_and_says_why(suite):
    write_contract(suite, reports=False, more="clauses=['exact-report'],")
    result = run(suite, "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED*exact-report not checked: ReportBatchItemFailures is off: Lambda reads no report"]
    )
    assert "sqs_contract/" not in result.stdout.str()


def test_a_clause_that_is_not_checked_fails_where_that_is_asked_for(suite):
    write_contract(suite, reports=False, more="clauses=['exact-report'], strict=True,")
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["exact-report not checked: ReportBatchItemFailures is off:*"])
    assert "sqs_contract/" not in result.stdout.str()


# What a contract may be given


def test_functions_are_taken_in_place_of_names(suite):
    suite.makepyfile(
        test_shop=f"""
        import json
        from sqs_contract import Contract, Deployment

        ROWS = []

        def charge(event, again):
            failures = []
            for record in event["Records"]:
                try:
                    order = str(json.loads(record["body"])["order_id"])
                except (ValueError, KeyError, TypeError):
                    failures.append({{"itemIdentifier": record["messageId"]}})
                else:
                    if again or order not in ROWS:
                        ROWS.append(order)
            return {{"batchItemFailures": failures}}

        def handler(event, context):
            return charge(event, again=True)

        def kept(event, context):
            return charge(event, again=False)

        settings = dict(
            deployment=Deployment.of(report_batch_item_failures=True),
            bodies=lambda: {BODIES!r},
            effects=lambda: ROWS,
            reset=ROWS.clear,
            max_examples=0,
        )
        broken = Contract(handler, **settings)
        correct = Contract(kept, **settings)

        @broken.parametrize()
        def test_broken(clause):
            clause.check()

        @correct.parametrize()
        def test_correct(clause):
            clause.check()
        """
    )
    result = run(suite, "-rA")
    failed = {name for name, outcome in outcomes(result).items() if outcome == "FAILED"}
    assert failed == {"test_broken[idempotent]"}
    result.assert_outcomes(passed=15, failed=1)


def test_a_strategy_is_taken_for_bodies(suite):
    write_contract(
        suite,
        "'charges_again:handler'",
        and_then="""
        import json
        from hypothesis import strategies as st

        drawn = Contract(
            "charges_again:handler",
            deployment=Deployment.of(report_batch_item_failures=True),
            bodies=st.builds(lambda n: json.dumps({"order_id": f"b{n}", "amount": n}), st.integers(0, 9)),
            effects="world:charges",
            reset="world:empty",
            max_examples=5,
        )

        @drawn.parametrize()
        def test_drawn(clause):
            clause.check()
        """,
    )
    result = run(suite, "-k", "test_drawn", "-rA")
    assert outcomes(result)["test_drawn[idempotent]"] == "FAILED"
    result.assert_outcomes(passed=7, failed=1, deselected=8)


def test_files_are_found_beside_the_test_that_names_them(suite):
    """Wherever pytest is started."""
    (suite.path / "tests").mkdir()
    (suite.path / "tests" / "orders.json").write_text(json.dumps(BODIES), encoding="utf-8")
    (suite.path / "tests" / "deployed.yaml").write_text(
        "Resources:\n"
        "  Queue: {Type: AWS::SQS::Queue}\n"
        "  Fed:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties:\n"
        "      Events:\n"
        "        In:\n"
        "          Type: SQS\n"
        "          Properties:\n"
        "            Queue: !GetAtt Queue.Arn\n"
        "            FunctionResponseTypes: [ReportBatchItemFailures]\n",
        encoding="utf-8",
    )
    (suite.path / "tests" / "test_shop.py").write_text(
        textwrap.dedent(
            """
            from pathlib import Path
            from sqs_contract import Contract

            settings = dict(effects="world:charges", reset="world:empty", max_examples=0)
            by_text = Contract("orders:handler", deployment="deployed.yaml#Fed",
                               bodies="orders.json", **settings)
            by_path = Contract("orders:handler", deployment=Path("deployed.yaml"),
                               bodies=Path("orders.json"), **settings)

            @by_text.parametrize()
            def test_by_text(clause):
                clause.check()

            @by_path.parametrize()
            def test_by_path(clause):
                clause.check()
            """
        ),
        encoding="utf-8",
    )
    run(suite).assert_outcomes(passed=16)


# What it is given that is wrong


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "'orders:handler', clauses=['fast']",
            (
                "unknown clause 'fast'; known: response-shape, exact-report, isolation, no-loss, "
                "idempotent"
            ),
        ),
        (
            "'orders:handler', poison='eat'",
            "poison must be 'either', 'report', 'drop' or 'none', not 'eat'",
        ),
        ("42", "handler .*42"),
        ("None", "handler .*None"),
        ("'orders:handler', clauses='idempotent'", "clauses .*'idempotent'"),
        ("'orders:handler', clauses=[]", "clauses is empty"),
        ("'orders:handler', clauses=7", "clauses .*7"),
        ("'orders:handler', clauses=[[]]", r"unknown clause \[\]"),
        ("'orders:handler', seed=True", "seed .*True"),
        ("'orders:handler', budget=-1", "budget .*-1"),
        ("'orders:handler', budget=float('nan')", "budget .*nan"),
        ("'orders:handler', seed='\\x1b[2J'", r"seed .*\\x1b\[2J"),
        ("'orders:handler', seed='today'", "seed .*'today'"),
        ("'orders:handler', max_examples=-1", "max_examples .*-1"),
        ("'orders:handler', max_examples='many'", "max_examples .*'many'"),
        ("'orders:handler', budget='long'", "budget .*'long'"),
        ("'orders:handler', effects=42", "effects .*42"),
        ("'orders:handler', reset=42", "reset .*42"),
        ("'orders:handler', deployment=42", "deployment .*42"),
        ("'orders:handler', deployment='nowhere.yaml'", "no file 'nowhere.yaml'"),
        ("'orders:handler', bodies=42", "bodies .*int"),
        ("'orders:handler', bodies='nowhere.json'", "no file 'nowhere.json'"),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused_in_one_line(suite, given, told):
    """In the person's words: what was given, what is allowed; no frame of ours."""
    suite.makepyfile(
        test_shop=f"""
        from sqs_contract import Contract

        contract = Contract({given})

        @contract.parametrize()
        def test_shop(clause):
            clause.check()
        """
    )
    result = run(suite, "-k", "test_shop and not held", "--maxfail=1")
    text = result.stdout.str()
    assert result.ret != 0
    assert "INTERNALERROR" not in text
    assert re.search(told, text), text
    assert "sqs_contract/" not in text


def test_what_is_wrong_at_collection_is_told_by_the_line_of_the_file(suite):
    """That of a `Deployment` too; the frames are there for who asks for them."""
    suite.makepyfile(
        test_shop="""
        from sqs_contract import Deployment

        deployment = Deployment.of(batch_size=0)
        """
    )
    line = "test_shop.py:3: sqs-contract: batch size is 0, but AWS accepts 1 to 10000 (S68)"
    result = run(suite)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])
    assert "sqs_contract/" not in result.stdout.str()
    assert "settings.py" in run(suite, "--full-trace").stdout.str()


def test_a_session_within_a_session_gives_back_what_the_outer_one_said(suite, monkeypatch):
    monkeypatch.setattr(SESSION, "seed", 7)
    monkeypatch.setattr(SESSION, "uses_profiles", True)
    suite.makepyfile(
        test_inner="""
        from sqs_contract.session import SESSION

        def test_seed():
            assert (SESSION.seed, SESSION.uses_profiles) == (None, True)
        """
    )
    run(suite).assert_outcomes(passed=1)
    assert (SESSION.seed, SESSION.uses_profiles) == (7, True)


def test_a_handler_may_be_any_callable(suite):
    suite.makepyfile(
        test_shop="""
        import functools
        from sqs_contract import Contract

        class Handler:
            def __call__(self, event, context):
                return None

        def two(event, context, more): ...

        for handler in (Handler(), functools.partial(two, more=1)):
            contract = Contract(handler, bodies=["x"], max_examples=0)

        @contract.parametrize()
        def test_shop(clause):
            clause.check()
        """
    )
    assert run(suite).ret == 0


@pytest.mark.parametrize(
    ("handler", "more", "line"),
    [
        (
            "'nowhere:handler'",
            "",
            "sqs-contract: handler 'nowhere:handler': there is no module 'nowhere' *",
        ),
        ("'world:ROWS'", "", "sqs-contract: handler 'world:ROWS' is list, which cannot be called"),
        ("'orders'", "", "sqs-contract: handler must be given as module:name, not 'orders'"),
    ],
)
def test_wrong_input_gets_one_clear_line_in_every_item(suite, handler, more, line):
    write_contract(suite, handler, more=more)
    result = run(suite)
    result.assert_outcomes(failed=8)
    result.stdout.fnmatch_lines([line])
    text = result.stdout.str()
    for ours in ("Traceback", "sqs_contract/", "UsageError", "clause.check()"):
        assert ours not in text


def test_a_handler_that_does_not_import_shows_its_own_traceback(suite):
    (suite.path / "bad.py").write_text("x = 1\nraise LookupError('no host')\n", encoding="utf-8")
    write_contract(suite, "'bad:handler'")
    text = run(suite, "-k", "no-loss").stdout.str()
    assert (
        "sqs-contract: handler 'bad:handler': importing 'bad' raised LookupError: no host" in text
    )
    assert 'bad.py", line 2, in <module>' in text
    assert "sqs_contract/" not in text


# Hypothesis


def examples(suite, *arguments):
    """How many scenarios were drawn, and with which seed, when a contract leaves both open."""
    suite.makepyfile(
        test_shop=f"""
        from sqs_contract import Contract, Deployment

        contract = Contract(
            "orders:handler",
            deployment=Deployment.of(report_batch_item_failures=True),
            bodies={BODIES!r},
            effects="world:charges",
            reset="world:empty",
        )

        def test_shop():
            report = contract.verify()
            print(f"drawn {{report.coverage.drawn}} seed {{report.seed}}")
        """
    )
    result = run_apart(suite, "-s", *arguments)
    result.assert_outcomes(passed=1)
    found = re.search(r"drawn (\d+) seed (-?\d+)", result.stdout.str())
    return int(found[1]), int(found[2])


@pytest.mark.long
def test_the_session_says_how_many_scenarios_are_drawn_and_with_which_seed(suite):
    """By Hypothesis' profile and `--hypothesis-seed`."""
    suite.makeconftest(
        """
        from hypothesis import Phase, settings

        settings.register_profile("few", max_examples=7)
        settings.register_profile("none", phases=[Phase.explicit])
        """
    )
    drawn, seed = examples(suite, "--hypothesis-profile=few", "--hypothesis-seed=1234")
    assert 0 < drawn <= 7
    assert seed == 1234
    assert examples(suite, "--hypothesis-profile=none") == (0, 0)


@pytest.mark.nightly
def test_what_a_contract_says_itself_wins_over_the_session(suite):
    write_contract(
        suite,
        more="seed=5,",
        and_then="""
        def test_says():
            report = contract.verify()
            assert (report.seed, report.coverage.drawn) == (5, 0)
        """,
    )
    run_apart(suite, "-k", "test_says", "--hypothesis-seed=9").assert_outcomes(
        passed=1, deselected=8
    )


def test_a_failing_item_leaves_hypothesis_out_of_the_report(suite):
    """No `Falsifying example`, no `@reproduce_failure`: our own story is the example."""
    write_contract(suite, "'charges_again:handler'")
    text = run(suite).stdout.str()
    assert "Falsifying example" not in text
    assert "reproduce_failure" not in text


# Other tests and plugins


@pytest.mark.long
def test_it_works_under_xdist(suite):
    """Whichever worker judges a clause comes to the same verdict."""
    pytest.importorskip("xdist")
    write_contract(suite, "'charges_again:handler'")
    result = run_apart(suite, "-n", "2", "-rA")
    expected = dict.fromkeys((f"test_shop[{clause}]" for clause in ALL_CLAUSES), "PASSED")
    assert outcomes(result) == {**expected, "test_shop[idempotent]": "FAILED"}
    result.stdout.fnmatch_lines(["VIOLATED  idempotent*charges_again:handler"])


def test_the_items_of_a_contract_are_one_group_for_xdist(suite):
    """So that with `--dist loadgroup` the handler is verified once."""
    write_contract(suite)
    items, _ = suite.inline_genitems(*PLUGINS)
    groups = {item.get_closest_marker("xdist_group").args for item in items}
    assert groups == {("sqs-contract orders:handler",)}


LEAVES = {
    "the environment": (
        "before = dict(os.environ)",
        "assert before == dict(os.environ)",
    ),
    "the directory": ("before = os.getcwd()", "assert before == os.getcwd()"),
    "the path": ("before = list(sys.path)", "assert before == sys.path"),
    "the clock": (
        "before = time.time()",
        "assert 0 <= time.time() - before < 600 and datetime.datetime.now().timestamp() >= before",
    ),
    "the random numbers": (
        "random.seed(1); before = random.getstate()",
        "assert before == random.getstate()",
    ),
    "the output": ("before = sys.stdout", "assert before is sys.stdout"),
    "the exits": ("before = os._exit, os.abort", "assert before == (os._exit, os.abort)"),
    "the modules": (
        "import orders, world",
        "assert (sys.modules['orders'], sys.modules['world']) == (orders, world)",
    ),
}


@pytest.mark.parametrize(("before", "after"), LEAVES.values(), ids=list(LEAVES))
def test_a_contract_leaves_the_session_as_it_found_it(suite, before, after):
    """What other tests have, or have imported, is theirs; patches by name reach it still."""
    write_contract(
        suite,
        and_then=f"""
        import datetime, os, random, sys, time

        def test_around():
            {before}
            assert contract.verify().all_held
            {after}
        """,
    )
    run(suite, "-k", "test_around").assert_outcomes(passed=1, deselected=8)


def test_other_tests_and_fixtures_work_beside_it(suite):
    write_contract(
        suite,
        and_then="""
        import pytest
        from hypothesis import given, strategies as st

        @pytest.fixture(params=[1, 2])
        def number(request):
            return request.param

        @contract.parametrize()
        def test_with_fixture(number, clause, tmp_path):
            assert clause.id in repr(clause)
            clause.check()

        class TestInAClass:
            @contract.parametrize()
            def test_method(self, clause):
                clause.check()

        @given(st.integers())
        def test_property(n):
            assert n == n
        """,
    )
    run(suite).assert_outcomes(passed=8 + 16 + 8 + 1)


def test_a_failure_elsewhere_is_shown_as_always(suite):
    write_contract(
        suite,
        more="clauses=['no-loss'],",
        and_then="""
        def test_other():
            wanted = 1
            assert wanted == 2
        """,
    )
    result = run(suite)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E       assert 1 == 2"])


HEAVY = ("hypothesis", "boto3", "botocore", "moto", "faker", "rich", "greenlet", "deepdiff", "yaml")


def test_a_suite_that_does_not_use_it_pays_for_no_import(suite):
    """Faker's own plugin is left out here: it imports Faker everywhere."""
    suite.makepyfile(
        f"""
        import sys

        def test_plain():
            assert "sqs_contract.pytest_plugin" in sys.modules
            heavy = {HEAVY!r}
            assert [name for name in heavy if name in sys.modules] == []
            ours = sorted(name for name in sys.modules if name.startswith("sqs_contract"))
            assert ours == ["sqs_contract", "sqs_contract.pytest_plugin", "sqs_contract.session"]
        """
    )
    run_apart(suite).assert_outcomes(passed=1)


def test_a_contract_that_is_only_collected_pays_for_no_import(suite):
    suite.makepyfile(
        f"""
        import sys
        from sqs_contract import Contract

        contract = Contract("orders:handler", bodies=["x"])

        @contract.parametrize()
        def test_shop(clause):
            clause.check()

        def test_plain():
            assert [name for name in {HEAVY!r} if name in sys.modules] == []
        """
    )
    run_apart(suite, "-k", "test_plain").assert_outcomes(passed=1, deselected=8)


@pytest.mark.long
def test_the_plugin_can_be_turned_off(suite):
    """What it adds is comfort: a broken clause still fails."""
    write_contract(suite, "'charges_again:handler'")
    result = run_apart(suite, "-p", "no:sqs_contract", "-k", "idempotent or no-loss")
    result.assert_outcomes(passed=1, failed=1, deselected=6)
    assert "VIOLATED  idempotent" in result.stdout.str()


# Real queues


@pytest.mark.long
def test_the_session_may_have_contracts_played_on_real_queues_too(suite):
    """Where a clause is broken there, the item fails; how much was played is told."""
    write_contract(suite, "'charges_again:handler'")
    result = run(suite, "-rA", "--sqs-contract-backend", "moto", "-k", "idempotent or no-loss")
    expected = {"test_shop[idempotent]": "FAILED", "test_shop[no-loss]": "PASSED"}
    assert outcomes(result) == expected
    text = result.stdout.str()
    assert re.search(r"VIOLATED  idempotent on moto [\d.]+, violated on the simulator", text)
    assert re.search(r"charges_again:handler on moto [\d.]+: (\d+) of \1 scenarios played", text), (
        text
    )


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (
            "aws",
            "--sqs-contract-backend aws: real queues are made by sqs-contract verify --backend aws",
        ),
        ("mars", "--sqs-contract-backend must be moto, localstack or a URL, not 'mars'"),
        ("http://127.0.0.1:9", "cannot reach http://127.0.0.1:9"),
    ],
)
def test_a_backend_that_is_none_is_told_in_a_line(suite, where, line):
    write_contract(suite)
    result = run(suite, "--sqs-contract-backend", where, "-k", "no-loss")
    result.assert_outcomes(failed=1)
    assert f"sqs-contract: {line}" in result.stdout.str()
