"""What is shipped: the wheel holds all of the package and nothing else, under one name."""

from __future__ import annotations

import ast
import configparser
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import sqs_contract

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGE = ROOT / "sqs_contract"
TEXT = {".py", ".pyi", ".md", ".toml", ".yaml", ".yml", ".json", ".jsonl", ".txt", ".cfg", ".ini",
        ".html", ".js", ".mjs", ".j2", ".sh", ""}  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.>}])/(?:work|home|opt|root|Users)/")
LINES_MAX = 400


def tracked():
    """Every file under version control, or every file of a checkout without one."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        files = [ROOT / name for name in listed.split("\0") if name]
    else:
        files = [
            Path(folder, name)
            for folder, _, names in os.walk(ROOT)
            for name in names
            if not re.search(r"/(\.[a-z_]+|build|dist|__pycache__|\w+\.egg-info)(/|$)", folder)
        ]
    return [path for path in files if path.is_file() and not path.is_symlink()]


def sources():
    """Files of the package as they are called when installed, whatever they are."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder, _, names in os.walk(PACKAGE, followlinks=True)
        for path in (Path(folder, name) for name in names)
        if "__pycache__" not in folder and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel built from a copy of the tree, without version control around it."""
    here = tmp_path_factory.mktemp("wheel")
    tree = here / "tree"
    shutil.copytree(
        ROOT,
        tree,
        symlinks=True,
        ignore=lambda _folder, names: [
            name
            for name in names
            if (name.startswith(".") and name != ".gitignore")
            or name in {"__pycache__", "build", "dist"}
            or name.endswith(".egg-info")
        ],
    )
    needed = PYPROJECT["build-system"]["requires"]
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps",
         "--no-build-isolation", "--check-build-dependencies", "-q", "-w", str(here), "."],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert built.returncode == 0, (
        f"no wheel was built; the build needs {needed} in this environment:\n{built.stderr[-600:]}"
    )
    (path,) = here.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def content(wheel):
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_every_file_of_the_package_and_no_other(content):
    """No module forgotten, no test, no example, no data left behind."""
    assert content == sources()


def test_the_wheel_holds_the_strategies_under_our_name_only(content):
    """A top-level `strategies` would overwrite, or be overwritten by, a user's own."""
    assert {name.split("/")[0] for name in content} == {"sqs_contract"}
    names = {path.name for path in (ROOT / "strategies").glob("*.py")}
    assert {f"sqs_contract/strategies/{name}" for name in names} <= content
    assert len(names) >= 5


def test_the_wheel_says_that_it_is_typed(content):
    assert "sqs_contract/py.typed" in content


def test_the_wheel_has_the_entry_points(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    found = configparser.ConfigParser()
    found.read_string(wheel.read(name).decode())
    assert {section: dict(found[section]) for section in found.sections()} == {
        "console_scripts": {"sqs-contract": "sqs_contract.cli:main"},
        "pytest11": {"sqs_contract": "sqs_contract.pytest_plugin"},
    }


def test_the_wheel_works_from_where_it_is_unpacked(wheel, tmp_path):
    """The wheel is tested, not the tree: without a link, strategies are drawn from it."""
    wheel.extractall(tmp_path)
    code = (
        "import sqs_contract, sqs_contract.strategies as strategies, sqs_contract.cli\n"
        "from hypothesis import find\n"
        "assert find(strategies.sqs_events(), lambda event: True)['Records']\n"
        "print(strategies.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "sqs_contract/strategies/__init__.py"


def test_packages_lists_every_package_of_the_tree():
    """`packages` is an explicit list, so one can be forgotten."""
    found = {
        Path(folder).relative_to(ROOT).as_posix().replace("/", ".")
        for folder, _, names in os.walk(PACKAGE, followlinks=True)
        if any(name.endswith(".py") for name in names)
    }
    listed = PYPROJECT["tool"]["setuptools"]["packages"]
    assert sorted(found) == sorted(listed)
    assert listed == sorted(listed)


def test_every_package_has_an_init():
    """A folder without one is a namespace, which tools see in different ways."""
    missing = [
        folder
        for folder, _, names in os.walk(PACKAGE, followlinks=True)
        if any(name.endswith(".py") for name in names) and "__init__.py" not in names
    ]
    assert missing == []


def test_the_link_to_the_strategies_is_there():
    """Tools that read the tree go by it; it must be relative to survive a clone."""
    link = PACKAGE / "strategies"
    assert link.is_symlink()
    assert link.readlink() == Path("../strategies")
    assert link.resolve() == ROOT / "strategies"


def bare_imports(text):
    """Imports of a top-level module `strategies`, however they are written."""
    found = []
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            names = [item.value for item in node.args[:1] if isinstance(item, ast.Constant)]
        found += [name for name in names if str(name).split(".")[0] == "strategies"]
    return found


@pytest.mark.parametrize(
    "text",
    [
        "import strategies",
        "import strategies.pools as p",
        "from strategies import records",
        "def f():\n    from strategies.pools import pool",
        "import importlib; importlib.import_module('strategies')",
    ],
)
def test_the_scan_of_these_tests_finds_a_bare_import(text):
    assert bare_imports(text)


def test_nobody_imports_strategies_by_its_bare_name():
    """A bare import makes a second module object, with pools and classes of its own."""
    found = {
        path.relative_to(ROOT).as_posix(): bare
        for path in tracked()
        if path.suffix == ".py" and (bare := bare_imports(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_ruff_bans_the_bare_import():
    banned = PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert "strategies" in banned


def test_modules_stay_short():
    """400 lines at the most: split when a second noun enters the first sentence."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked()
        if path.suffix == ".py"
        and path.is_relative_to(PACKAGE) | path.is_relative_to(ROOT / "strategies")
    }
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_every_module_says_what_it_owns():
    """A module opens with a sentence or two."""
    silent = [
        name
        for name in sources()
        if name.endswith(".py")
        and not ast.get_docstring(ast.parse((ROOT / name).read_text("utf-8")))
    ]
    assert silent == []


def test_no_file_names_a_path_of_one_machine():
    """What worked on the writer's machine works on no other."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in TEXT and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_the_version_stands_in_one_place():
    """pyproject.toml; everything else asks the installed metadata."""
    version = PYPROJECT["project"]["version"]
    assert metadata.version("sqs-contract") == version
    repeated = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix == ".py" and version in path.read_text(encoding="utf-8")
    ]
    assert repeated == []


@pytest.mark.parametrize("name", sqs_contract.__all__)
def test_every_public_name_is_there_and_documented(name):
    """`__all__`, the lazy homes and `dir` agree, and help() has something to say."""
    value = getattr(sqs_contract, name)
    assert name in dir(sqs_contract)
    assert value.__module__ == sqs_contract._HOMES[name]
    text = value.__doc__
    assert text
    assert not text.startswith(f"{name}(")  # what dataclasses write by themselves
    assert inspect.getdoc(value)


def test_every_public_method_is_documented():
    silent = [
        f"{name}.{member}"
        for name in sqs_contract.__all__
        for member, value in vars(getattr(sqs_contract, name)).items()
        if not member.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod))
        and not inspect.getdoc(getattr(getattr(sqs_contract, name), member))
    ]
    assert silent == []


def test_public_names_are_the_lazy_ones():
    assert sorted(sqs_contract.__all__) == sorted(sqs_contract._HOMES)
    with pytest.raises(AttributeError, match="has no attribute 'Contarct'"):
        sqs_contract.Contarct  # noqa: B018


def test_everything_imported_is_declared():
    """A package that comes along with another one today may be gone tomorrow."""
    declared = {
        re.split(r"[\[<>=;~! ]", line)[0].lower().replace("-", "_")
        for line in PYPROJECT["project"]["dependencies"]
    } | {"botocore", "samtranslator", "yaml"}  # of boto3; of aws-sam-translator; of pyyaml
    imported = set()
    for name in sources():
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.split(".")[0])
    optional = {"awslambdaric", "opentelemetry", "docker", "hcl2", "lark"}
    # Met only where the handler has imported them itself.
    optional |= {"aiohttp", "httpx", "multidict", "redis", "requests", "urllib3", "yarl"}
    ours = imported - sys.stdlib_module_names - {"sqs_contract", "_pytest"} - optional
    assert ours - declared == set()
