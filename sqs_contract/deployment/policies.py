"""What policies allow: those of queues, and those of the role a function runs under."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.deployment import names
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.resources import Statement
from sqs_contract.deployment.values import RawResource, Unresolved, unresolved_in

_ELSEWHERE: Final = frozenset(
    {
        "AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole",
        "AWSLambdaDynamoDBExecutionRole", "AWSLambdaKinesisExecutionRole",
        "AWSLambdaENIManagementAccess", "AWSXrayWriteOnlyAccess", "AWSXRayDaemonWriteAccess",
        "CloudWatchLambdaInsightsExecutionRolePolicy", "AmazonDynamoDBFullAccess",
        "AmazonDynamoDBReadOnlyAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess",
        "AmazonSSMReadOnlyAccess", "SecretsManagerReadWrite", "CloudWatchLogsFullAccess",
    }
)  # fmt: skip
"""AWS's own policies that allow nothing of queues. Of others, nothing is said."""

ATTACHMENT: Final = "terraform::aws_iam_policy_attachment"
"""A policy by its ARN, attached to roles; CloudFormation has no such thing."""

_POLICIES: Final = frozenset(
    {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", ATTACHMENT}
)
_POLLING: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_MANAGED: Final[Mapping[str, tuple[str, ...]]] = {
    "AWSLambdaSQSQueueExecutionRole": _POLLING,
    "AmazonSQSFullAccess": ("sqs:*",),
    "AdministratorAccess": ("*",),
    "PowerUserAccess": ("*",),
}
"""What AWS's own policies allow of queues, by the last part of their ARN."""


def policies_of_queues(raw: Sequence[RawResource]) -> dict[str, list[Mapping[str, Any]]]:
    """The documents of queue policies, by the name of the queue."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in raw:
        if item.type != "AWS::SQS::QueuePolicy":
            continue
        document = _document(item.properties.get("PolicyDocument"))
        queues = item.properties.get("Queues")
        for queue in queues if isinstance(queues, list) else ():
            if isinstance(queue, str) and document is not None:
                found.setdefault(queue.rsplit("/", 1)[-1].rsplit(":", 1)[-1], []).append(document)
    return found


def permissions_of(
    raw: Sequence[RawResource], account: Account
) -> dict[str, tuple[Statement, ...] | Unresolved]:
    """What each function may do, by its logical id; `Unresolved` where its role or one of the
    role's policies does not stand in the template."""
    roles = {
        names.arn_of(item.type, names.name_of(item.type, item.id, item.properties), {}, account): (
            item
        )
        for item in raw
        if item.type == "AWS::IAM::Role"
    }
    policies = _Policies(
        all=[item for item in raw if item.type in _POLICIES],
        by_arn={
            names.arn_of(
                item.type, names.name_of(item.type, item.id, item.properties), {}, account
            ): item
            for item in raw
            if item.type == "AWS::IAM::ManagedPolicy"
        },
    )
    permissions: dict[str, tuple[Statement, ...] | Unresolved] = {}
    for function in raw:
        if function.type == "AWS::Lambda::Function":
            role = function.properties.get("Role")
            own = roles.get(role) if isinstance(role, str) else None
            if own is None:
                permissions[function.id] = Unresolved(
                    "hangs on a role that does not stand in the template"
                )
            else:
                permissions[function.id] = _of_role(own, policies, function.id)
    return permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policies:
    """The policies of a template that are no part of a role, and the managed ones by ARN."""

    all: Sequence[RawResource]
    by_arn: Mapping[str, RawResource]


def _of_role(
    role: RawResource, raw: _Policies, function: str
) -> tuple[Statement, ...] | Unresolved:
    statements: list[Statement] = []
    for source, document in _documents_of(role, raw):
        if isinstance(document, Unresolved):
            return document
        statements += _statements(document, function, source)
    return tuple(statements)


def _documents_of(
    role: RawResource, raw: _Policies
) -> Iterator[tuple[RawResource, Mapping[str, Any] | Unresolved]]:
    """The policies of a role, and where each stands."""
    open_ = Unresolved(f"hangs on a policy of {role.id} that cannot be told")
    for policy in _listed(role.properties.get("Policies")):
        given = policy.get("PolicyDocument") if isinstance(policy, Mapping) else None
        yield role, _document(given) or open_
    for arn in _listed(role.properties.get("ManagedPolicyArns")):
        yield from _named(arn, role, raw, open_)
    name = names.name_of(role.type, role.id, role.properties)
    for item in raw.all:
        roles = _listed(item.properties.get("Roles", item.properties.get("RoleName")))
        if name not in roles:
            # A policy of roles that cannot be told may be one of this role's.
            yield from ((item, one) for one in unresolved_in(roles))
        elif item.type == ATTACHMENT:
            yield from _named(item.properties.get("PolicyArn"), item, raw, open_)
        else:
            yield item, _document(item.properties.get("PolicyDocument")) or open_


def _named(
    arn: object, source: RawResource, raw: _Policies, open_: Unresolved
) -> Iterator[tuple[RawResource, Mapping[str, Any] | Unresolved]]:
    """The policy of an ARN: one of the template's, or one of AWS's own."""
    own = raw.by_arn.get(arn) if isinstance(arn, str) else None
    if own is not None:
        yield own, _document(own.properties.get("PolicyDocument")) or open_
    elif isinstance(arn, str) and ":aws:policy/" in arn:
        name = arn.rsplit("/", 1)[-1]
        if name in _MANAGED:
            yield source, {"Statement": [{"Action": [*_MANAGED[name]], "Resource": "*"}]}
        elif name not in _ELSEWHERE:
            yield source, Unresolved(f"hangs on {name}, a policy of AWS's that is not known here")
    else:
        yield source, open_


def _statements(
    document: Mapping[str, Any], function: str, source: RawResource
) -> Iterator[Statement]:
    given = document.get("Statement")
    for written in given if isinstance(given, list) else [given]:
        if isinstance(written, Unresolved):
            yield Statement(
                effect="Allow",
                actions=("*",),
                resources=(written,),
                principal=function,
                place=source.place,
            )
        if isinstance(written, Mapping):
            one = _plain(written)
            yield Statement(
                effect=str(one.get("Effect", "Allow")),
                actions=tuple(map(str, _listed(one.get("Action")))),
                resources=tuple(
                    item if isinstance(item, Unresolved) else str(item)
                    for item in _listed(one.get("Resource"))
                ),
                principal=function,
                place=source.place,
            )


def _plain(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """A statement as actions on resources. What it says by exceptions or of open actions, or
    denies under a condition, cannot be told; what it allows under a condition is taken to be
    allowed."""
    unknown = next(unresolved_in(statement.get("Action")), None)
    if unknown is not None:
        return {**statement, "Action": "*", "Resource": unknown}
    open_ = Unresolved("hangs on a statement with NotAction, NotResource or Condition")
    if "NotAction" in statement:
        return {**statement, "Action": "*", "Resource": open_}
    denied = statement.get("Effect") == "Deny"
    if "NotResource" in statement or (denied and statement.get("Condition")):
        return {**statement, "Resource": open_}
    return statement


def _document(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return None
    return value if isinstance(value, Mapping) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
