"""The command line: `verify`, `replay`, `conformance`, and `lint`.

Exit status: 0 no clause violated, 1 some clause violated, 2 the call or its
inputs are wrong (one clear line), 3 a fault of our own.
"""

from __future__ import annotations

import dataclasses
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
from sqs_contract.report.lint.command import lint

if TYPE_CHECKING:
    from typing import TextIO

    from sqs_contract.deployment import Deployment
    from sqs_contract.discovery import Found
    from sqs_contract.request import Request
    from sqs_contract.results import Report
    from sqs_contract.targets.program import ProgramSpec

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
        click.option("--template", type=str, help="Template of AWS SAM, CloudFormation, ..."),
        click.option("--function", type=str, help="Name of the function in the template."),
        click.option(
            "--from-aws", metavar="FUNCTION", help="Ask AWS how FUNCTION is deployed; reads only."
        ),
        click.option(
            "--parameter",
            "parameters",
            multiple=True,
            metavar="NAME=VALUE",
            help="What the template leaves open.",
        ),
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


@cli.command()
@click.argument("target", required=False)
@deployment_options
@click.option("--bodies", help="JSON array file, JSON Lines file, or module:attribute.")
@click.option("--effects", help="module:function that returns what the world looks like.")
@click.option("--reset", help="module:function that gives a fresh world.")
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
def verify(target: str | None, **options: Any) -> None:
    """Verify the handler TARGET, given as module:function; with --template alone, every
    function in it that SQS feeds."""
    _import_from_working_directory()
    from sqs_contract.report.document import (  # noqa: PLC0415  after the check
        check_writable,
        report_to_json,
        reports_to_json,
        write_json,
    )
    from sqs_contract.report.live import progress  # noqa: PLC0415
    from sqs_contract.report.streams import own_stdout, tell_error  # noqa: PLC0415
    from sqs_contract.verify import verify as run  # noqa: PLC0415

    json_file = options["json_file"]
    if json_file not in (None, "-"):
        check_writable(Path(json_file))
    requests, skipped = _requests(target, options)
    reports: list[Report] = []
    with own_stdout() as stdout:
        for line in skipped:
            tell_error(f"{line}\n")
        for number, request in enumerate(requests):
            with progress(request.title or str(request.program.handler)) as listener:
                reports.append(run(request, listener))
            gap = [""] if number else []
            _print([*gap, *_lines(reports[-1])], json_file, stdout)
        document = report_to_json(reports[0]) if len(reports) == 1 else reports_to_json(reports)
        if json_file == "-":
            _print_json(document, stdout)
    if json_file not in (None, "-"):
        write_json(Path(json_file), document)
    sys.exit(max(_status(report, strict=options["strict"]) for report in reports))


@cli.command()
@click.argument("file")
@click.option("--target", help="Replay on this handler instead of the one in the file.")
@click.option("--effects", help="Instead of the one in the file.")
@click.option("--reset", help="Instead of the one in the file.")
@click.option("--json", "json_file", metavar="FILE", help="Write what happened; - for stdout.")
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
        )
        _print(result.lines, json_file, stdout)
        if json_file == "-":
            _print_json(result.document, stdout)
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


cli.add_command(lint)


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


def _requests(target: str | None, options: dict[str, Any]) -> tuple[list[Request], list[str]]:
    """What is to be verified, and a line on each function of the template that cannot be."""
    from sqs_contract.deployment.overrides import parse_pairs  # noqa: PLC0415  with the model
    from sqs_contract.deployment.readers import read_stack  # noqa: PLC0415
    from sqs_contract.discovery import find, find_for  # noqa: PLC0415
    from sqs_contract.targets.program import ProgramSpec  # noqa: PLC0415

    if options["from_aws"] is not None:
        if options["template"] is not None or options["function"] is not None:
            raise UsageError("--from-aws reads a function's settings: give no template beside it")
        if target is None:
            raise UsageError("--from-aws brings no code here: give TARGET as module:function too")
        from sqs_contract.deployment.readers.live import read_function  # noqa: PLC0415

        live = find_for(target, read_function(options["from_aws"]))
        assert live.program is not None
        program = dataclasses.replace(live.program, origin=None)
        return [_request(program, options, live)], []
    if options["template"] is None:
        for name, what in (("function", "a function"), ("parameters", "a parameter")):
            if options[name]:
                flag = name.removesuffix("s")
                raise UsageError(f"--{flag} names {what} of a template: give --template too")
        if target is None:
            raise UsageError("Missing argument 'TARGET'.")
        return [_request(ProgramSpec(handler=target), options)], []
    given = parse_pairs("--parameter", options["parameters"])
    stack = read_stack(options["template"], given)
    function = options["function"]
    found = (
        find(stack, function, given=given)
        if target is None
        else [find_for(target, stack, function, given=given)]
    )
    requests = [
        _request(
            item.program,
            options,
            item,
            title="" if target is not None else f"{item.name} ({item.program.handler})",
        )
        for item in found
        if item.program is not None
    ]
    return requests, [
        f"not verified: {item.name}: {item.why_not}" for item in found if item.program is None
    ]


def _request(
    program: ProgramSpec, options: dict[str, Any], found: Found | None = None, title: str = ""
) -> Request:
    from sqs_contract.clauses.verdict import PoisonPolicy  # noqa: PLC0415
    from sqs_contract.deployment import Deployment  # noqa: PLC0415
    from sqs_contract.request import MAX_EXAMPLES_DEFAULT, Request  # noqa: PLC0415

    base = Deployment() if found is None else found.deployment
    finder = None if found is None else found.bodies
    max_examples = options["max_examples"]
    return Request(
        program=dataclasses.replace(program, effects=options["effects"], reset=options["reset"]),
        deployment=_deployment(base, options),
        bodies=finder if options["bodies"] is None else options["bodies"],
        seed=options["seed"],
        max_examples=MAX_EXAMPLES_DEFAULT if max_examples is None else max_examples,
        budget_s=options["budget"],
        clauses=options["clauses"],
        poison=PoisonPolicy(options["poison"]),
        notes=() if found is None else found.notes,
        title=title,
        source=None if found is None else found.source,
    )


def _deployment(base: Deployment, options: dict[str, Any]) -> Deployment:
    from sqs_contract.deployment.assumptions import parse_assumptions  # noqa: PLC0415
    from sqs_contract.deployment.overrides import override, parse_pairs  # noqa: PLC0415

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
        environment=parse_pairs("--env", options["env"]),
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


def _print(lines: list[str], json_file: str | None, stdout: TextIO) -> None:
    """The report for a person; with `--json -`, on stderr: stdout is the machine's then."""
    from sqs_contract.report.live import print_lines  # noqa: PLC0415

    print_lines(lines, sys.stderr if json_file == "-" else stdout)


def _print_json(document: Any, stdout: TextIO) -> None:
    import json  # noqa: PLC0415

    from sqs_contract.report.streams import write_out  # noqa: PLC0415

    write_out(stdout, f"{json.dumps(document, indent=2)}\n")


def _status(report: Report, *, strict: bool) -> int:
    if report.violated:
        return VIOLATED
    if strict and not report.all_held:
        return VIOLATED
    return HELD


if __name__ == "__main__":
    main()
