"""The command line: `verify`, `replay` and `conformance`.

Exit status: 0 no clause violated, 1 some clause violated, 2 the call or its
inputs are wrong (one clear line), 3 a fault of our own.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sqs_contract.contract import CLAUSE_IDS
from sqs_contract.errors import UsageError

if TYPE_CHECKING:
    from typing import TextIO

    from sqs_contract.deployment import Deployment
    from sqs_contract.results import Report

HELD, VIOLATED, USAGE, OURS = 0, 1, 2, 3

_STREAM_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF})
"""What goes wrong where help is written, in Click's own hands."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="sqs-contract")
@click.pass_context
def cli(context: click.Context) -> None:
    """Prove that an SQS consumer keeps its contract, whatever SQS and Lambda may do to it."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        sys.exit(USAGE)


def deployment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that say how the handler is deployed."""
    options = [
        click.option("--template", type=str, help="AWS SAM or CloudFormation template."),
        click.option("--function", type=str, help="Logical id of the function in the template."),
        click.option("--batch-size", type=int, help="Batch size of the mapping. [AWS: 10]"),
        click.option("--batch-window", type=float, help="Batching window in seconds. [AWS: 0]"),
        click.option(
            "--report-batch-item-failures/--no-report-batch-item-failures",
            default=None,
            help="Whether the mapping reads partial batch responses. [AWS: no]",
        ),
        click.option("--visibility-timeout", type=float, help="In seconds. [AWS: 30]"),
        click.option("--max-receive-count", type=int, help="Of the redrive policy. [AWS: none]"),
        click.option("--fifo/--standard", default=None, help="Type of the queue. [AWS: standard]"),
        click.option(
            "--filter",
            "filters",
            multiple=True,
            metavar="PATTERN",
            help="Event pattern of the mapping.",
        ),
        click.option("--maximum-concurrency", type=int, help="Of the mapping. [AWS: none]"),
        click.option("--retention", type=float, help="In seconds. [AWS: 345600]"),
        click.option("--delay", type=float, help="Delivery delay in seconds. [AWS: 0]"),
        click.option("--function-timeout", type=float, help="In seconds. [AWS: 3]"),
        click.option("--memory-size", type=int, help="In MB. [AWS: 128]"),
        click.option(
            "--assume",
            multiple=True,
            metavar="NAME=VALUE",
            help="About AWS, where it is not settled.",
        ),
        click.option("--env", multiple=True, metavar="NAME=VALUE", help="Environment variable."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def isolation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that say in which process the handler runs."""
    for option in (
        click.option(
            "--memory-limit",
            type=click.IntRange(min=1),
            metavar="MB",
            help="Of the isolated process. [memory size + 512]",
        ),
        click.option(
            "--isolated", is_flag=True, help="Run the handler in a process that may die or hang."
        ),
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("target")
@deployment_options
@click.option("--bodies", help="JSON array file, JSON Lines file, or module:attribute.")
@click.option("--effects", help="module:function that returns what the world looks like.")
@click.option("--reset", help="module:function that gives a fresh world.")
@click.option(
    "--fault-site",
    "fault_sites",
    multiple=True,
    metavar="MODULE:FUNCTION[=MODULE:EXCEPTION]",
    help="A function of yours that reaches out: its calls are made to fail too.",
)
@click.option(
    "--clause", "clauses", multiple=True, type=click.Choice(CLAUSE_IDS), help="Only this clause."
)
@click.option(
    "--poison",
    type=click.Choice(["either", "report", "drop"]),
    default="either",
    show_default=True,
    help="What the handler is to do with malformed bodies.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--max-examples", type=click.IntRange(min=0), help="Scenarios drawn. [100]")
@click.option("--budget", type=click.FloatRange(min=0), help="Stop exploring after SECONDS.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - for stdout.")
@click.option("--strict", is_flag=True, help="What is not checked, or advice, fails too.")
@isolation_options
def verify(target: str, **options: Any) -> None:
    """Verify the handler TARGET, given as module:function."""
    _import_from_working_directory()
    from sqs_contract.clauses.verdict import PoisonPolicy  # noqa: PLC0415  after the check
    from sqs_contract.report.document import (  # noqa: PLC0415
        check_writable,
        report_to_json,
        write_json,
    )
    from sqs_contract.report.live import progress  # noqa: PLC0415
    from sqs_contract.report.streams import own_stdout  # noqa: PLC0415
    from sqs_contract.request import MAX_EXAMPLES_DEFAULT, Request  # noqa: PLC0415
    from sqs_contract.targets.program import ProgramSpec  # noqa: PLC0415
    from sqs_contract.verify import verify as run  # noqa: PLC0415

    json_file = options["json_file"]
    if json_file not in (None, "-"):
        check_writable(Path(json_file))
    max_examples = options["max_examples"]
    request = Request(
        program=ProgramSpec(
            handler=target,
            effects=options["effects"],
            reset=options["reset"],
            fault_sites=options["fault_sites"],
        ),
        deployment=_deployment(options),
        bodies=options["bodies"],
        seed=options["seed"],
        max_examples=MAX_EXAMPLES_DEFAULT if max_examples is None else max_examples,
        budget_s=options["budget"],
        clauses=options["clauses"],
        poison=PoisonPolicy(options["poison"]),
        isolated=options["isolated"],
        memory_limit_mb=options["memory_limit"],
    )
    with own_stdout() as stdout:
        with progress(target) as listener:
            report = run(request, listener)
        document = None if json_file is None else report_to_json(report)
        _print(_lines(report), document, json_file, stdout)
    if json_file not in (None, "-"):
        write_json(Path(json_file), document)
    sys.exit(_status(report, strict=options["strict"]))


@cli.command()
@click.argument("file")
@click.option("--target", help="Replay on this handler instead of the one in the file.")
@click.option("--effects", help="Instead of the one in the file.")
@click.option("--reset", help="Instead of the one in the file.")
@click.option("--json", "json_file", metavar="FILE", help="Write what happened; - for stdout.")
@isolation_options
def replay(file: str, **options: Any) -> None:
    """Replay the counterexample in FILE: a saved one, a report, or a bare scenario."""
    _import_from_working_directory()
    from sqs_contract.replay import replay_file  # noqa: PLC0415  after the check
    from sqs_contract.report.document import check_writable, write_json  # noqa: PLC0415
    from sqs_contract.report.streams import own_stdout  # noqa: PLC0415

    json_file = options["json_file"]
    if json_file not in (None, "-"):
        check_writable(Path(json_file))
    with own_stdout() as stdout:
        result = replay_file(
            Path(file),
            target=options["target"],
            effects=options["effects"],
            reset=options["reset"],
            isolated=options["isolated"],
            memory_limit_mb=options["memory_limit"],
        )
        _print(result.lines, result.document, json_file, stdout)
    if json_file not in (None, "-"):
        write_json(Path(json_file), result.document)
    sys.exit(VIOLATED if result.violated else HELD)


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--backend",
    type=click.Choice(["simulator"]),
    default="simulator",
    show_default=True,
    help="What the programs run on.",
)
def conformance(files: tuple[str, ...], backend: str) -> None:
    """Run programs recorded on AWS, in FILE..., and tell where we differ from it."""
    from sqs_contract.conformance.command import run_files  # noqa: PLC0415  rarely needed
    from sqs_contract.report.streams import write_out  # noqa: PLC0415

    result = run_files([Path(file) for file in files], backend)
    write_out(sys.stdout, "".join(f"{line}\n" for line in result.lines))
    sys.exit(VIOLATED if result.differs else HELD)


def main() -> NoReturn:
    """The console script."""
    # Hypothesis keeps notes for itself; not in the user's directory, where they did not ask for it.
    os.environ.setdefault(
        "HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "sqs-contract-hypothesis")
    )
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), USAGE)
    except UsageError as error:
        _fail(str(error), USAGE, error.detail)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted", 130)
    except OSError as error:
        if error.filename is not None or error.errno not in _STREAM_ERRORS:
            _fail_ourselves(error)
        from sqs_contract.report.streams import discard  # noqa: PLC0415  rarely needed

        discard(sys.stdout)  # or Python tries once more, at its end
        _fail(f"cannot write the output: {error.strerror}", USAGE)
    except Exception as error:  # noqa: BLE001  the last line of defence: a fault of ours
        _fail_ourselves(error)
    sys.exit(HELD)


def _fail(message: str, status: int, detail: str = "") -> NoReturn:
    from sqs_contract.report.streams import tell_error  # noqa: PLC0415
    from sqs_contract.report.text import escape  # noqa: PLC0415

    lines = [f"sqs-contract: {escape(message)}"]
    lines += [f"  {escape(line)}" for line in detail.splitlines()]
    tell_error("".join(f"{line}\n" for line in lines))
    sys.exit(status)


def _fail_ourselves(error: Exception) -> NoReturn:
    import traceback  # noqa: PLC0415

    _fail(
        f"a fault of sqs-contract itself: {type(error).__name__}: {error}",
        OURS,
        traceback.format_exc(),
    )


def _import_from_working_directory() -> None:
    directory = str(Path.cwd())
    if sys.path[:1] != [directory]:
        sys.path.insert(0, directory)


def _deployment(options: dict[str, Any]) -> Deployment:
    from sqs_contract.deployment.assumptions import parse_assumptions  # noqa: PLC0415
    from sqs_contract.deployment.overrides import (  # noqa: PLC0415  with the rest of the model
        override,
        parse_environment,
    )
    from sqs_contract.deployment.settings import Deployment  # noqa: PLC0415
    from sqs_contract.deployment.template import read_template  # noqa: PLC0415

    if options["function"] is not None and options["template"] is None:
        raise UsageError("--function names a function of a template: give --template too")
    if options["template"] is None:
        base = Deployment()
    else:
        base = read_template(options["template"], options["function"]).deployment
    return override(
        base,
        visibility_timeout=options["visibility_timeout"],
        retention=options["retention"],
        delay=options["delay"],
        max_receive_count=options["max_receive_count"],
        fifo=options["fifo"],
        filters=options["filters"] or None,
        maximum_concurrency=options["maximum_concurrency"],
        batch_size=options["batch_size"],
        batch_window=options["batch_window"],
        report_batch_item_failures=options["report_batch_item_failures"],
        function_timeout=options["function_timeout"],
        memory_size=options["memory_size"],
        environment=parse_environment(options["env"]),
        assumptions=parse_assumptions(options["assume"]),
    )


def _lines(report: Report) -> list[str]:
    from sqs_contract.report.document import save_counterexample  # noqa: PLC0415
    from sqs_contract.report.terminal import render  # noqa: PLC0415

    files: dict[int, str] = {}
    for result in report.clauses:
        for finding in result.findings:
            saved = save_counterexample(
                finding, report.request.program, report.request.poison.value
            )
            if saved is not None:
                files[id(finding)] = saved
    return render(report, files)


def _print(lines: list[str], document: Any, json_file: str | None, stdout: TextIO) -> None:
    """The report for a person, and with `--json -` the one for a machine, which has stdout then."""
    import json  # noqa: PLC0415

    from sqs_contract.report.live import print_lines  # noqa: PLC0415
    from sqs_contract.report.streams import write_out  # noqa: PLC0415

    if json_file != "-":
        print_lines(lines, stdout)
        return
    print_lines(lines, sys.stderr)
    write_out(stdout, f"{json.dumps(document, indent=2)}\n")


def _status(report: Report, *, strict: bool) -> int:
    if report.violated:
        return VIOLATED
    if strict and not report.all_held:
        return VIOLATED
    return HELD


if __name__ == "__main__":
    main()
