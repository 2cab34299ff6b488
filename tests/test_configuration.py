"""Contracts by name in `pyproject.toml`: what its keys mean, what is refused, and `verify NAME`."""

from __future__ import annotations

import inspect
import re
import shutil
from pathlib import Path

import click
import pytest
from little_shop import SHOP as SHOP_FLAGS
from little_shop import CommandLine, write_shop

from sqs_contract import cli, configuration
from sqs_contract.configuration import NOTHING_GIVEN, read_contracts
from sqs_contract.contract import CLAUSE_IDS, Contract
from sqs_contract.errors import UsageError

ROOT = Path(__file__).parents[1]

SHOP = """
[tool.sqs-contract]
bodies = "bodies.json"
effects = "world:charges"
reset = "world:empty"
max-examples = 0
report-batch-item-failures = true

[tool.sqs-contract.contracts.orders]
handler = "orders:handler"

[tool.sqs-contract.contracts.charges]
handler = "charges_again:handler"
clauses = ["idempotent", "response-shape"]
"""


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    write_shop(in_tmp_path)
    return CommandLine(in_tmp_path, monkeypatch, capsys)


def configure(directory, text=SHOP):
    path = directory / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def options_of(in_tmp_path, text, name="orders"):
    return read_contracts(configure(in_tmp_path, text))[name].options


# `verify NAME`, and without a name


def test_a_contract_is_verified_by_its_name(in_tmp_path, call):
    configure(in_tmp_path)
    result = call("verify", "charges")
    assert (result.status, result.err) == (1, "found: idempotent is violated\n")
    assert "\ncharges (charges_again:handler)\n  response-shape  held" in result.out
    assert "  idempotent      VIOLATED" in result.out
    assert "isolation" not in result.out


def test_without_a_name_all_are(in_tmp_path, call):
    configure(in_tmp_path)
    result = call("verify", "--clause", "response-shape", "--json", "-")
    assert result.status == 0
    targets = [report["target"] for report in result.document["reports"]]
    assert targets == ["orders:handler", "charges_again:handler"]


def test_a_flag_says_otherwise_than_the_file(in_tmp_path, call):
    configure(in_tmp_path, SHOP.replace("max-examples", "seed = 3\nmax-examples"))
    flags = ("--clause", "response-shape", "--json", "-")
    assert call("verify", "charges", *flags).document["seed"] == 3
    document = call("verify", "charges", *flags, "--seed", "7", "--batch-size", "4").document
    assert document["seed"] == 7
    assert document["deployment"]["mapping"]["BatchSize"] == 4
    assert [clause["id"] for clause in document["clauses"]] == ["response-shape"]


def test_below_the_file_it_is_found_and_its_paths_and_modules_with_it(
    in_tmp_path, call, monkeypatch
):
    configure(in_tmp_path)
    (in_tmp_path / "deeper" / "down").mkdir(parents=True)
    (in_tmp_path / "deeper" / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    monkeypatch.chdir(in_tmp_path / "deeper" / "down")
    result = call("verify", "orders", "--clause", "response-shape")
    assert (result.status, result.err) == (0, "")


def test_a_handler_that_is_named_needs_no_file(in_tmp_path, call):
    """A file that is wrong is none of its business."""
    configure(in_tmp_path, "[tool.sqs-contract]\nsede = 1\n")
    assert call("verify", "orders:handler", "--max-examples", "0", "--budget", "0").status == 0


def test_a_template_is_enough_and_strict_is_kept_by_contract(in_tmp_path, call):
    """Nothing is played within no time, and so nothing is checked."""
    shutil.copytree(ROOT / "examples" / "parcels", in_tmp_path / "parcels")
    configure(
        in_tmp_path,
        """
        [tool.sqs-contract]
        budget = 0
        template = "parcels/template.yaml"
        [tool.sqs-contract.contracts.ship]
        function = "Ship"
        strict = true
        [tool.sqs-contract.contracts.all]
        """,
    )
    assert call("verify", "ship").status == 1
    result = call("verify", "all")
    assert result.status == 0
    heads = [line for line in result.out.splitlines() if line and not line.startswith(" ")]
    assert heads == ["all: Ship (app:handler)", "all: Index (app:handler)"]


def test_a_name_that_is_not_there_is_refused_with_those_that_are(in_tmp_path, call):
    configure(in_tmp_path)
    result = call("verify", "order")
    assert result.status == 2
    assert result.err == (
        "sqs-contract: pyproject.toml has no contract 'order': give module:function, or one of "
        "orders, charges\n"
    )


# Keys


def test_each_flag_of_verify_has_its_key(in_tmp_path):
    """Of what says where the report goes and where scenarios are played too, there is none: that
    is chosen for a run, not for a contract."""
    command = cli.cli.commands["verify"]
    flags = {option.name for option in command.params if isinstance(option, click.Option)} - {
        "json_file", "backend", "endpoint_url", "connect_timeout", "allow_aws", "queue_prefix",
        "max_calls", "real_timeout", "deployed", "requirements", "function_role",
    }  # fmt: skip
    assert set(NOTHING_GIVEN) == flags


def test_each_argument_of_a_contract_in_a_test_file_has_its_key():
    arguments = set(inspect.signature(Contract).parameters) - {"deployment"}
    assert arguments <= set(NOTHING_GIVEN)


def test_what_holds_for_all_is_the_default_of_each_and_tables_are_added_up(in_tmp_path):
    text = """
    [tool.sqs-contract]
    seed = 1
    batch-size = 5
    env = { STAGE = "test", TABLE = "all" }
    [tool.sqs-contract.contracts.orders]
    handler = "orders:handler"
    batch-size = 2
    env = { TABLE = "orders" }
    """
    options = options_of(in_tmp_path, text)
    assert (options["seed"], options["batch_size"]) == (1, 2)
    assert options["env"] == ("STAGE=test", "TABLE=all", "TABLE=orders")


def test_paths_are_meant_from_the_files_directory(in_tmp_path, monkeypatch):
    (in_tmp_path / "bodies").mkdir()
    (in_tmp_path / "bodies" / "one.json").write_text("{}", encoding="utf-8")
    text = """
    [tool.sqs-contract.contracts.orders]
    handler = "orders:handler"
    template = "deploy/template.yaml"
    bodies = ["bodies/one.json", "{}", "other.json"]
    [tool.sqs-contract.contracts.others]
    handler = "orders:handler"
    bodies = "world:bodies"
    """
    path = configure(in_tmp_path, text)
    (in_tmp_path / "below").mkdir()
    monkeypatch.chdir(in_tmp_path / "below")
    contracts = read_contracts(path)
    assert contracts["orders"].options["template"] == "../deploy/template.yaml"
    assert contracts["orders"].options["bodies"] == ["../bodies/one.json", "{}", "other.json"]
    assert contracts["others"].options["bodies"] == "world:bodies"


# Mistakes: one line each, with file and key

ORDERS = "[tool.sqs-contract.contracts.orders]\n"
A_HANDLER = f"{ORDERS}handler = 'orders:handler'\n"
IN_ORDERS = "pyproject.toml: tool.sqs-contract.contracts.orders"
MISTAKES = {
    "a key nobody knows": (
        f"{A_HANDLER}bodys = 'b.json'",
        f"{IN_ORDERS} has no key 'bodys'; did you mean 'bodies'?",
    ),
    "a key of one contract above all": (
        "[tool.sqs-contract]\nhandler = 'a:b'",
        (
            "pyproject.toml: tool.sqs-contract.handler is a key of one contract: give it in "
            "[tool.sqs-contract.contracts.NAME]"
        ),
    ),
    "a whole number": (
        f"{A_HANDLER}batch-size = 'ten'",
        f"{IN_ORDERS}.batch-size must be a whole number, not 'ten'",
    ),
    "true is no number": (
        f"{A_HANDLER}seed = true",
        f"{IN_ORDERS}.seed must be a whole number, not True",
    ),
    "a number from 0": (
        f"{A_HANDLER}max-examples = -1",
        f"{IN_ORDERS}.max-examples must be a whole number from 0, not -1",
    ),
    "seconds": (
        f"{A_HANDLER}budget = nan",
        f"{IN_ORDERS}.budget must be a number of seconds from 0, not nan",
    ),
    "text": (f"{A_HANDLER}reset = 1", f"{IN_ORDERS}.reset must be text, not 1"),
    "yes or no": (
        f"{A_HANDLER}strict = 'yes'",
        f"{IN_ORDERS}.strict must be true or false, not 'yes'",
    ),
    "a list": (
        f"{A_HANDLER}fault-sites = 'a:b'",
        f"{IN_ORDERS}.fault-sites must be a list of texts, not 'a:b'",
    ),
    "bodies": (
        f"{A_HANDLER}bodies = 1",
        f"{IN_ORDERS}.bodies must be text (a file, or module:attribute) or a list of texts, not 1",
    ),
    "a table": (
        f"{A_HANDLER}env = ['A=b']",
        f"{IN_ORDERS}.env must be a table of texts, not ['A=b']",
    ),
    "names of a table": (
        f"{A_HANDLER}env = {{'A=' = 'b'}}",
        f"{IN_ORDERS}.env must be a table whose names hold no '=', not {{'A=': 'b'}}",
    ),
    "a choice": (
        f"{A_HANDLER}poison = 'eat'",
        f"{IN_ORDERS}.poison must be 'either' or 'report' or 'drop' or 'none', not 'eat'",
    ),
    "clauses": (
        f"{A_HANDLER}clauses = ['fast']",
        f"{IN_ORDERS}.clauses must be a list of clauses, of {', '.join(CLAUSE_IDS)}, not ['fast']",
    ),
    "a handler": (
        f"{ORDERS}handler = 'orders'",
        f"{IN_ORDERS}.handler must be given as module:name, not 'orders'",
    ),
    "nothing to verify": (ORDERS, f"{IN_ORDERS} needs a handler, or a template that tells it"),
    "a function of no template": (
        f"{A_HANDLER}function = 'Orders'",
        f"{IN_ORDERS}.function is about a template: give template too",
    ),
    "parameters of no template": (
        f"{A_HANDLER}parameters = {{Stage = 'test'}}",
        f"{IN_ORDERS}.parameters is about a template: give template too",
    ),
    "no table": (
        "[tool.sqs-contract.contracts]\norders = 1",
        f"{IN_ORDERS} must be a table, not 1",
    ),
    "no contracts": (
        "[tool.sqs-contract]\nseed = 1",
        (
            "pyproject.toml: tool.sqs-contract.contracts must hold a table for each contract, such as "
            "[tool.sqs-contract.contracts.orders]"
        ),
    ),
    "a name that looks like a handler": (
        "[tool.sqs-contract.contracts.'a:b']\nhandler = 'a:b'",
        (
            "pyproject.toml: tool.sqs-contract.contracts.a:b: the name must be of letters, digits, "
            "'-', '_' and '.'"
        ),
    ),
    "not a table at all": (
        "[tool]\nsqs-contract = 1",
        "pyproject.toml: tool.sqs-contract must be a table, not 1",
    ),
    "no TOML": (
        "[tool.sqs-contract]\nseed = ?\n",
        "pyproject.toml is no TOML: Invalid value (at line 2, column 8)",
    ),
    "what AWS refuses": (
        f"{A_HANDLER}batch-size = 0",
        f"{IN_ORDERS}: batch size is 0, but AWS accepts 1 to 10000 (S68)",
    ),
    "a template that is not there": (
        f"{ORDERS}template = 'nowhere.yaml'",
        f"{IN_ORDERS}: template: there is no file 'nowhere.yaml'",
    ),
}


@pytest.mark.parametrize(("text", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_one_line_with_file_and_key(in_tmp_path, call, text, line):
    configure(in_tmp_path, text)
    result = call("verify", "--budget", "0")
    assert result.err == f"sqs-contract: {line}\n"
    assert (result.status, result.out) == (2, "")


def test_every_kind_of_value_is_refused_in_one_way_or_another():
    """So no key is passed on unchecked."""
    keys = {**configuration._OF_ONE, **configuration._OF_ALL}
    for key, (_, check) in keys.items():
        with pytest.raises(configuration._Wrong):
            check(object())
        assert re.fullmatch(r"[a-z-]+", key)


def test_without_a_table_of_ours_there_is_nothing_to_read(in_tmp_path):
    path = configure(in_tmp_path, "[project]\n")
    with pytest.raises(UsageError, match=re.escape("there is no [tool.sqs-contract]")):
        read_contracts(path)
    assert configuration.find_file(in_tmp_path) is None


# Beside the contracts: which rules of lint to ignore

LINT = '[tool.sqs-contract.lint]\nignore = ["no-dead-letter-queue"]\n'


def test_rules_to_ignore_stand_beside_the_contracts(in_tmp_path, call):
    configure(in_tmp_path)
    flags = ("verify", "orders", "--clause", "configuration")
    assert "SQSC201 advice" in call(*flags).out
    configure(in_tmp_path, f"{SHOP}{LINT}")
    result = call(*flags)
    assert (result.status, result.err) == (0, "")
    assert "SQSC201" not in result.out


def test_a_file_that_only_tells_of_lint_tells_of_no_contracts(in_tmp_path, call):
    configure(in_tmp_path, LINT)
    assert configuration.find_file(in_tmp_path) is None
    result = call("verify")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: Missing argument 'TARGET'")
    result = call("verify", "orders:handler", *SHOP_FLAGS, "--clause", "configuration")
    assert (result.status, result.err) == (0, "")
    assert "SQSC201" not in result.out


def test_a_rule_to_ignore_that_does_not_exist_is_told_before_anything_runs(in_tmp_path, call):
    configure(in_tmp_path, LINT.replace("no-dead-letter-queue", "SQSC999"))
    result = call("verify", "orders:handler", *SHOP_FLAGS)
    assert (result.status, result.out) == (2, "")
    assert "there is no rule 'SQSC999'" in result.err
