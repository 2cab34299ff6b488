"""The command `lint`: templates in, problems out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqs_contract.lint.problem import Linted


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the templates leave open.",
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Pass this rule over.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
)
@click.option("--strict", is_flag=True, help="Advice fails too.")
def lint(
    files: tuple[str, ...],
    parameters: tuple[str, ...],
    ignore: tuple[str, ...],
    format_: str,
    *,
    strict: bool,
) -> None:
    """Judge the settings in the templates FILE... without running anything."""
    from sqs_contract.deployment.overrides import parse_pairs  # noqa: PLC0415  heavy
    from sqs_contract.lint.problem import Level  # noqa: PLC0415
    from sqs_contract.lint.running import lint_file  # noqa: PLC0415
    from sqs_contract.lint.suppressions import code_of, ignored_in_project  # noqa: PLC0415
    from sqs_contract.report.streams import write_out  # noqa: PLC0415

    given = parse_pairs("--parameter", parameters)
    ignored = ignored_in_project(Path.cwd()) | {code_of(name, "--ignore") for name in ignore}
    results = [lint_file(file, given=given, ignored=ignored) for file in files]
    write_out(sys.stdout, _text(results, format_))
    levels = tuple(Level) if strict else (Level.ERROR, Level.WARNING)
    sys.exit(int(any(result.has(*levels) for result in results)))


def _text(results: list[Linted], format_: str) -> str:
    if format_ in ("json", "sarif"):
        from sqs_contract.report.lint.document import lint_to_json  # noqa: PLC0415  one is used
        from sqs_contract.report.lint.sarif import lint_to_sarif  # noqa: PLC0415

        data = lint_to_json(results) if format_ == "json" else lint_to_sarif(results)
        return f"{json.dumps(data, indent=2)}\n"
    from sqs_contract.report.lint.github import lint_to_github  # noqa: PLC0415
    from sqs_contract.report.lint.terminal import render  # noqa: PLC0415

    lines = render(results) if format_ == "text" else lint_to_github(results)
    return "".join(f"{line}\n" for line in lines)
