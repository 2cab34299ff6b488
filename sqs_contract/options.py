"""The flags of the command line, in groups. What they mean for a run is not told here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from sqs_contract.configuration import POISON
from sqs_contract.contract import CLAUSE_IDS
from sqs_contract.endpoints.endpoint import BACKENDS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _together(*options: Decorator) -> Decorator:
    """One decorator for several options, which help shows in this order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


deployment_options: Final = _together(
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
)
"""How the handler is deployed."""

exploration_options: Final = _together(
    click.option("--bodies", help="JSON array file, JSON Lines file, or module:attribute."),
    click.option("--effects", help="module:function that returns what the world looks like."),
    click.option("--reset", help="module:function that gives a fresh world."),
    click.option(
        "--fault-site",
        "fault_sites",
        multiple=True,
        metavar="MODULE:FUNCTION[=MODULE:EXCEPTION]",
        help="A function of yours that reaches out: its calls are made to fail too.",
    ),
    click.option(
        "--clause",
        "clauses",
        multiple=True,
        type=click.Choice(CLAUSE_IDS),
        help="Only this clause.",
    ),
    click.option(
        "--poison",
        type=click.Choice(POISON),
        help="What the handler is to do with malformed bodies; none: no body given is. [either]",
    ),
    click.option("--seed", type=int, help="For everything that is drawn. [0]"),
    click.option("--max-examples", type=click.IntRange(min=0), help="Scenarios drawn. [100]"),
    click.option("--budget", type=click.FloatRange(min=0), help="Stop exploring after SECONDS."),
    click.option(
        "--json", "json_file", metavar="FILE", help="Write the report as JSON; - for stdout."
    ),
    click.option("--strict", is_flag=True, help="What is not checked, or advice, fails too."),
)
"""What the handler is given and owes, how much is tried, and where the report goes."""

runtime_options: Final = _together(
    click.option(
        "--runtime",
        metavar="python",
        help="Invoke the handler through the Lambda Runtime API, by AWS's client for Python.",
    ),
    click.option(
        "--runtime-command",
        metavar="COMMAND",
        help="The same for any language: what starts a runtime.",
    ),
    click.option("--handler", help="As the runtime has it in _HANDLER, such as index.handler."),
    click.option(
        "--wall-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Of an invocation in real time, with a runtime. [function timeout, at most 8]",
    ),
)
"""In which runtime the handler runs."""

isolation_options: Final = _together(
    click.option(
        "--isolated", is_flag=True, help="Run the handler in a process that may die or hang."
    ),
    click.option(
        "--memory-limit",
        type=click.IntRange(min=1),
        metavar="MB",
        help="Of the isolated process. [memory size + 512]",
    ),
)
"""In which process the handler runs."""

proxy_options: Final = _together(
    click.option(
        "--upstream",
        required=True,
        envvar=["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"],
        show_envvar=True,
        metavar="URL",
        help="The SQS endpoint, such as http://localhost:4566.",
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen."),
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        default=0,
        show_default=True,
        help="Where to listen; 0 for one that is free.",
    ),
    click.option("--scenario", metavar="FILE", help="The faults, and names of messages."),
    click.option("--seed", type=int, help="Draw the faults. [none strikes]"),
    click.option("--effects", help="module:function that returns what the world looks like."),
    click.option(
        "--effects-command", metavar="COMMAND", help="Prints what the world looks like, as JSON."
    ),
    click.option("--history", metavar="FILE", help="Write what happened and the verdicts as JSON."),
    click.option("--until-drained", is_flag=True, help="Stop when the queues have drained."),
    click.option(
        "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop after SECONDS."
    ),
    click.option(
        "--title", default="consumer", show_default=True, help="What the report calls it."
    ),
    click.option("--sign", is_flag=True, help="Sign requests anew, with your own AWS credentials."),
    click.option("--allow-aws", is_flag=True, help="The upstream may be AWS itself."),
)
"""Where the proxy stands, what it does there, and how the consumer is judged."""
endpoint_options: Final = _together(
    click.option(
        "--endpoint-url", metavar="URL", help="Of anything that speaks SQS; --backend endpoint."
    ),
    click.option(
        "--connect-timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="For a connection, and for the endpoint's first answer. [2]",
    ),
    click.option(
        "--allow-aws", is_flag=True, help="Real queues in a real account: for --backend aws."
    ),
    click.option(
        "--queue-prefix",
        metavar="NAME",
        help="Names of queues made there begin with it. [sqs-contract; AWS: to be given]",
    ),
    click.option(
        "--max-calls",
        type=click.IntRange(min=1),
        help="Calls a run may make of the endpoint. [none; AWS: 2000]",
    ),
)
"""How an SQS endpoint is reached."""

play_options: Final = _together(
    click.option(
        "--backend",
        type=click.Choice(BACKENDS),
        help="Where what was found is played too. [simulator alone]",
    ),
    endpoint_options,
    click.option(
        "--real-timeout",
        type=click.IntRange(min=0, max=60),
        default=0,
        metavar="SECONDS",
        help="Let each visibility timeout last so long there, by the endpoint's clock. [0]",
    ),
    click.option(
        "--deployed",
        is_flag=True,
        help="Deploy the function there, fed by the endpoint's own event source mapping.",
    ),
    click.option(
        "--requirements",
        metavar="FILE",
        help="Packages that pip installs into the zip of the function; with --deployed.",
    ),
    click.option(
        "--function-role", metavar="ARN", help="The role of the function; AWS: to be given."
    ),
)
"""Where scenarios are played."""
