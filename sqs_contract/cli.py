"""The command line: `verify`, `replay`, `lint`, `init`, `proxy`, `conformance` and `clean`.

Exit status: 0 no clause violated, 1 some clause violated, 2 the call or its
inputs are wrong (one clear line), 3 a fault of our own.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sqs_contract.endpoints.endpoint import (
    BACKENDS,
    SIMULATOR,
    Deploying,
    Endpoint,
    choose_endpoint,
)
from sqs_contract.errors import UsageError
from sqs_contract.model.arns import DEFAULT_REGION
from sqs_contract.options import (
    deployment_options,
    endpoint_options,
    exploration_options,
    isolation_options,
    play_options,
    proxy_options,
    runtime_options,
)
from sqs_contract.report.lint.command import lint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from sqs_contract.results import Report

MAX_WAIT_S = 30
"""Seconds that a recorded program may take on an endpoint, unless more are given."""

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


@cli.command()
@click.argument("target", required=False)
@deployment_options
@exploration_options
@isolation_options
@play_options
@runtime_options
def verify(target: str | None, **options: Any) -> None:
    """Verify the handler TARGET: module:function, or the name of a contract in pyproject.toml.
    Without it, every function that SQS feeds in --template, or every contract."""
    _import_from_working_directory()
    from sqs_contract.report.document import (  # noqa: PLC0415  after the check
        check_writable,
        report_to_json,
        reports_to_json,
        write_json,
    )
    from sqs_contract.report.live import progress  # noqa: PLC0415
    from sqs_contract.report.streams import own_stdout, tell_error  # noqa: PLC0415
    from sqs_contract.requesting import everything_asked_for  # noqa: PLC0415
    from sqs_contract.verify import verify as run  # noqa: PLC0415

    json_file = options["json_file"]
    if json_file not in (None, "-"):
        check_writable(Path(json_file))
    requests, skipped = everything_asked_for(target, options)
    requests = [
        dataclasses.replace(request, endpoint=_endpoint(options, request.deployment.region))
        for request in requests
    ]
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
    sys.exit(max(_status(report) for report in reports))


@cli.command()
@click.argument("file")
@click.option("--target", help="Replay on this handler instead of the one in the file.")
@click.option("--effects", help="Instead of the one in the file.")
@click.option("--reset", help="Instead of the one in the file.")
@click.option("--json", "json_file", metavar="FILE", help="Write what happened; - for stdout.")
@isolation_options
@play_options
@runtime_options
def replay(file: str, **options: Any) -> None:
    """Replay the counterexample in FILE: a saved one, a report, or a bare scenario."""
    _import_from_working_directory()
    from sqs_contract.replay import replay_file  # noqa: PLC0415  after the check
    from sqs_contract.report.document import check_writable, write_json  # noqa: PLC0415
    from sqs_contract.report.streams import own_stdout  # noqa: PLC0415
    from sqs_contract.runtime.spec import runtime_of  # noqa: PLC0415

    json_file = options["json_file"]
    if json_file not in (None, "-"):
        check_writable(Path(json_file))
    runtime = runtime_of(options["runtime"], options["runtime_command"], options["wall_limit"])
    with own_stdout() as stdout:
        result = replay_file(
            Path(file),
            target=options["target"] or options["handler"],
            effects=options["effects"],
            reset=options["reset"],
            isolated=options["isolated"],
            memory_limit_mb=options["memory_limit"],
            endpoint=lambda region: _endpoint(options, region),
            runtime=runtime,
        )
        _print(result.lines, json_file, stdout)
        if json_file == "-":
            _print_json(result.document, stdout)
    if json_file not in (None, "-"):
        write_json(Path(json_file), result.document)
    sys.exit(VIOLATED if result.violated else HELD)


@cli.command()
@click.option("--template", help="The template, if it is not found here by its name.")
def init(template: str | None) -> None:
    """Write a first configuration and a first test file of what a template holds; show what was
    found. No file that is there is written over."""
    from sqs_contract.beginning import begin  # noqa: PLC0415  once in a project's life
    from sqs_contract.report.streams import write_out  # noqa: PLC0415
    from sqs_contract.report.text import escape  # noqa: PLC0415

    lines = begin(Path.cwd(), template)
    write_out(sys.stdout, "".join(f"{escape(line)}\n" for line in lines))


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    help="What the programs run on. [simulator]",
)
@endpoint_options
@click.option("--region", default=DEFAULT_REGION, show_default=True, help="Of the endpoint.")
@click.option(
    "--max-wait",
    type=click.IntRange(min=0),
    default=MAX_WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="Real time a program may take on an endpoint; one that needs more is not run.",
)
def conformance(files: tuple[str, ...], region: str, max_wait: int, **options: Any) -> None:
    """Run programs recorded on AWS, in FILE..., and tell where we, or an endpoint, differ."""
    from sqs_contract.conformance.command import run_files  # noqa: PLC0415  rarely needed
    from sqs_contract.report.streams import write_out  # noqa: PLC0415

    endpoint = _endpoint(options, region)
    result = run_files([Path(file) for file in files], endpoint, max_wait_s=max_wait)
    write_out(sys.stdout, "".join(f"{line}\n" for line in result.lines))
    sys.exit(VIOLATED if result.differs else HELD)


@cli.command()
@click.argument("command", nargs=-1, metavar="[-- COMMAND...]")
@proxy_options
def proxy(**options: Any) -> None:
    """Stand between an SQS endpoint and a consumer that polls by itself, and do what SQS may do.
    COMMAND is the consumer, started with AWS_ENDPOINT_URL_SQS; or start it yourself."""
    _import_from_working_directory()
    from sqs_contract.proxy.command import run_proxy  # noqa: PLC0415  rarely needed
    from sqs_contract.report.streams import write_out  # noqa: PLC0415

    told = run_proxy(options)
    write_out(sys.stdout, "".join(f"{line}\n" for line in told.lines))
    sys.exit(VIOLATED if told.violated else HELD)


@cli.command()
@click.option(
    "--backend",
    type=click.Choice([name for name in BACKENDS if name != SIMULATOR]),
    help="Where to look.",
)
@endpoint_options
@click.option("--region", default=DEFAULT_REGION, show_default=True, help="Of the endpoint.")
def clean(region: str, **options: Any) -> None:
    """Remove what a run left on an endpoint because it was killed, and nothing else: queues,
    functions with their mappings, tables, buckets."""
    from sqs_contract.endpoints.connection import Connection  # noqa: PLC0415  rarely needed
    from sqs_contract.report.streams import write_out  # noqa: PLC0415
    from sqs_contract.report.text import escape, plural  # noqa: PLC0415

    endpoint = _endpoint(options, region)
    if endpoint is None:
        raise UsageError("clean: say where to look: --backend localstack, or --endpoint-url URL")
    with Connection.entered(endpoint) as connection:
        cleaned = connection.clean()
    lines = [f"removed  {escape(name)}" for name in cleaned.removed]
    lines += [f"left     {escape(name)}" for name in cleaned.left]
    lines[:0] = [f"removed  {escape(name)}" for name in cleaned.others]
    others = f" and {plural(len(cleaned.others), 'other thing')}" if cleaned.others else ""
    lines.append(
        f"{plural(len(cleaned.removed), 'queue')}{others} removed, {len(cleaned.left) or 'none'} left"
    )
    write_out(sys.stdout, "".join(f"{line}\n" for line in lines))


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


def _endpoint(options: Mapping[str, Any], region: str) -> Endpoint | None:
    """The endpoint that flags ask for; `None` for the simulator."""
    for flag in ("requirements", "function_role"):
        if options.get(flag) is not None and not options["deployed"]:
            raise UsageError(f"--{flag.replace('_', '-')} goes with --deployed")
    return choose_endpoint(
        options["backend"],
        options["endpoint_url"],
        region=region,
        allow_aws=options["allow_aws"],
        prefix=options["queue_prefix"],
        connect_timeout_s=options["connect_timeout"],
        calls_max=options["max_calls"],
        real_timeout_s=options.get("real_timeout", 0),
        deployed=Deploying(requirements=options["requirements"], role=options["function_role"])
        if options.get("deployed")
        else None,
    )


def _import_from_working_directory() -> None:
    directory = str(Path.cwd())
    if sys.path[:1] != [directory]:
        sys.path.insert(0, directory)


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


def _status(report: Report) -> int:
    if report.violated:
        return VIOLATED
    if report.request.strict and not report.all_held:
        return VIOLATED
    return HELD


if __name__ == "__main__":
    main()
