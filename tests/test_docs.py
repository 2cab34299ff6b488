"""What the documents show is what happens: every code block is run, and its output compared.

How a block is run stands behind its language:

- `python file=NAME`: written to a file of that name, and run by pytest if it is a test;
  the later sections of the document find it too;
- `python from=FILE`: an excerpt of that example;
- `sh`, `sh exit=N`: run in a copy of `examples/`; the command that sets up the
  checkout is left out, since this is a checkout that is set up;
- `toml file=NAME`: written to that file, and `toml` alone: an excerpt of one;
- `text`: what the block before it prints, in this order; numbers of scenarios may differ.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]

SET_UP = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && "
OWN_TESTS = ".venv/bin/pytest -q -n 2"
COUNTS = re.compile(r"\d+ (?=scenario|single fault|drawn)|(?<=of )\d+")


def sections(document):
    """The fenced blocks of each section of a document: language, options and text."""
    name, found = "", []
    tokens = MarkdownIt().parse(document.read_text(encoding="utf-8"))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and token.tag in {"h1", "h2"}:
            if found:
                yield name, found
            name, found = following.content, []
        elif token.type == "fence":
            language, *options = token.info.split()
            found.append((language, dict(option.split("=") for option in options), token.content))
    if found:
        yield name, found


def blocks(document):
    """All the fenced blocks of a document."""
    return [block for _, found in sections(document) for block in found]


LONG = {"In your own project", "The command line", "sqs-contract"}
"""Sections of the README that verify handler after handler: they are run with the documents."""


def cases():
    for document in DOCUMENTS:
        files = {}
        for name, found in sections(document):
            quick = document.stem == "README" and name not in LONG
            marks = [] if quick else [pytest.mark.documents]
            yield pytest.param(found, dict(files), marks=marks, id=f"{document.stem}: {name}")
            files |= {options["file"]: text for _, options, text in found if "file" in options}


@pytest.fixture
def workplace(tmp_path):
    ignored = shutil.ignore_patterns("__pycache__", ".sqs-contract", ".pytest_cache", ".hypothesis")
    return shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=ignored)


@pytest.mark.parametrize(("found", "files"), list(cases()))
def test_every_code_block_does_what_the_document_says(found, files, workplace):
    for name, text in files.items():
        (workplace / name).write_text(text, encoding="utf-8")
    output = ""
    for language, options, text in found:
        match language:
            case "python" if "from" in options:
                assert text in (workplace / options["from"]).read_text(encoding="utf-8")
            case "python":
                (workplace / options["file"]).write_text(text, encoding="utf-8")
                if options["file"].startswith("test_"):
                    output = shell(f"pytest -q {options['file']}", workplace, 0)
            case "sh" if text.strip().endswith(OWN_TESTS):
                pass  # .ci/run runs it: see below
            case "sh":
                command = text.strip().removeprefix(SET_UP).removeprefix("cd examples && ")
                command = command.replace("../.venv/bin/", "")
                output = shell(command, workplace, int(options.get("exit", 0)))
            case "toml":
                if "file" in options:
                    (workplace / options["file"]).write_text(text, encoding="utf-8")
            case "text":
                assert_shown(text, output)
            case _:
                pytest.fail(f"nobody knows how to run a block of {language!r}")


def shell(command, directory, status):
    """Run a command as a user would in `directory`; returns what it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, shell=True, cwd=directory, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def assert_shown(text, output):
    """Each line shown begins a line of the output, in order."""
    printed = iter(COUNTS.sub("# ", output).splitlines())
    for line in filter(None, COUNTS.sub("# ", text).splitlines()):
        assert any(found.startswith(line) for found in printed), f"not printed: {line}\n{output}"


def test_the_first_two_shell_blocks_of_the_readme_are_one_line_each():
    shown = [text.strip() for language, _, text in blocks(ROOT / "README.md") if language == "sh"]
    assert all("\n" not in command for command in shown[:2])
    assert all(command.startswith(SET_UP) for command in shown[:2])
    assert shown[1] == SET_UP + OWN_TESTS


def test_continuous_integration_runs_the_readmes_test_command():
    script = ROOT / ".ci" / "readme_block.py"
    printed = subprocess.run(
        [sys.executable, script, "2"], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == SET_UP + OWN_TESTS
    assert 'command="$(python3 .ci/readme_block.py 2)"\n' in (ROOT / ".ci/run").read_text()
    assert '\neval "$command"\n' in (ROOT / ".ci/run").read_text()
