"""Rules about what the function's role may do: read the queue, and use its key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqs_contract.deployment import names
from sqs_contract.deployment.resources import Function, Item, Other, Queue, Statement
from sqs_contract.deployment.values import Place, Unresolved
from sqs_contract.lint import pages
from sqs_contract.lint.access import allows, matches
from sqs_contract.lint.problem import CannotTell, Found, Grant, Level, Reference, rule
from sqs_contract.lint.view import Feed, feeds, found

_READING: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_DECRYPT: Final = "kms:Decrypt"
_NOWHERE: Final = Place("")


def _statements(function: Function) -> tuple[Statement, ...]:
    """What the role of a function may do.

    Raises:
        CannotTell: its role does not stand in the template, or not all of it.
    """
    if isinstance(function.permissions, Unresolved):
        raise CannotTell(function.at("Role"), f"what {function.id} may do", function.permissions)
    return function.permissions


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _granted_by(document: Mapping[str, Any], actions: tuple[str, ...]) -> bool:
    """Whether a resource's own policy may allow somebody of this account some action.

    Whom exactly is not looked into: it is enough to accuse nobody.
    """
    for one in _listed(document.get("Statement")):
        if not isinstance(one, Mapping) or one.get("Effect", "Allow") != "Allow":
            continue
        if not _to_a_role(one.get("Principal")) and "NotPrincipal" not in one:
            continue
        named = tuple(str(item) for item in _listed(one.get("Action")))
        statement = Statement(
            effect="Allow", actions=named, resources=("*",), principal="", place=_NOWHERE
        )
        if "NotAction" in one or any(allows([statement], action, "*") for action in actions):
            return True
    return False


def _to_a_role(principal: Any) -> bool:
    """Whether a principal may be a role: no service, and not only the account itself."""
    if isinstance(principal, Mapping):
        named = [
            item for key, value in principal.items() if key == "AWS" for item in _listed(value)
        ]
    else:
        named = _listed(principal)
    return any(not isinstance(item, str) or not item.endswith(":root") for item in named)


@rule(
    "SQSC701",
    "missing-permission",
    Level.ERROR,
    owes="The function's role may receive and delete messages of the queue, and read its "
    "attributes.",
    why="Lambda reads the queue with the function's role. AWS refuses the mapping without these "
    "permissions; where they are taken away later, nothing is received any more, or nothing "
    "deleted, and everything is done again and again.",
    page=pages.CONFIGURING,
    source="S79, S102",
    over=feeds,
)
def missing_permission(feed: Feed) -> Iterator[Found]:
    """The role lacks what reading takes."""
    function, queue = feed.function, feed.queue
    if any(_granted_by(document, _READING) for document in queue.policies):
        return
    missing = tuple(
        action
        for action in _READING
        if not _decided(function, action, queue, feed.view.stack.queues)
    )
    if missing:
        yield found(
            feed,
            function,
            "Role",
            f"the role of {function.id} may not use {', '.join(missing)} on {queue.id}",
            Grant(function, _READING, Reference(queue)),
        )


def _decided(function: Function, action: str, item: Item, others: Iterable[Item]) -> bool:
    """Whether the role of a function may do something to a resource of the template.

    Where the stack is deployed nobody tells, so regions and accounts are not compared. A
    resource without a name of its own gets one that only a deployment tells: what a statement
    names may be it, unless that is another one of the template.

    Raises:
        CannotTell: a statement that cannot be told decides it.
    """
    named = names.name_property(_TYPES[type(item)])
    has_a_name = named is not None and isinstance(item.properties.get(named), str)
    known = {_anywhere(other.arn) for other in others if other is not item}
    arn = _anywhere(item.arn)

    def seen(resource: str | Unresolved) -> str | Unresolved:
        if isinstance(resource, Unresolved):
            return resource
        pattern = _anywhere(resource)
        if has_a_name or pattern in known or matches(pattern, arn):
            return pattern
        if pattern.split(":")[2:3] != arn.split(":")[2:3]:
            return pattern  # it is about another service
        return Unresolved(f"hangs on {resource!r}, which may be the name it is deployed under")

    statements = [
        dataclasses.replace(one, resources=tuple(map(seen, one.resources)))
        for one in _statements(function)
    ]
    found = allows(statements, action, arn)
    if isinstance(found, Unresolved):
        raise CannotTell(function.at("Role"), f"whether {function.id} may use {action}", found)
    return found


_TYPES: Final[Mapping[type[Item], str]] = {Queue: "AWS::SQS::Queue", Other: "AWS::KMS::Key"}


def _anywhere(arn: str) -> str:
    """An ARN with any region and account."""
    parts = arn.split(":", 5)
    return arn if len(parts) < 6 else ":".join([*parts[:3], "*", "*", parts[5]])


@rule(
    "SQSC702",
    "key-not-usable",
    Level.ERROR,
    owes="The function's role may decrypt with the key of an encrypted queue.",
    why="Lambda receives with the function's role, and SQS decrypts for whom the key allows it. "
    "Without kms:Decrypt nothing is received, and messages stay until their retention ends.",
    page=pages.KEYS,
    source="S79, S102",
    over=feeds,
)
def key_not_usable(feed: Feed) -> Iterator[Found]:
    """A key of one's own, and a role that may not use it."""
    queue = feed.own_queue
    if queue is None or queue.kms_key is None or feed.own_function is None:
        return
    if isinstance(queue.kms_key, Unresolved):
        raise CannotTell(queue.at("KmsMasterKeyId"), f"the key of {queue.id}", queue.kms_key)
    if queue.kms_key.rsplit(":", 1)[-1] in ("alias/aws/sqs", ""):
        return  # AWS's own key: who may use the queue may use it
    statements = _statements(feed.own_function)
    key = _key_of(feed, queue)
    if key is None:
        if any(map(_may_decrypt_some, statements)):
            return  # the names of keys are many, and this may be one of them
    elif _decided(feed.own_function, _DECRYPT, key, feed.view.stack.others):
        return
    policy = None if key is None else key.properties.get("KeyPolicy")
    if key is None or not isinstance(policy, Mapping):
        why = Unresolved("does not stand in the template with its policy")
        raise CannotTell(queue.at("KmsMasterKeyId"), f"the key of {queue.id}", why)
    if not _granted_by(policy, (_DECRYPT,)):
        yield found(
            feed,
            feed.own_function,
            "Role",
            f"{queue.id} is encrypted with {queue.kms_key.rsplit(':', 1)[-1]}, and the "
            f"role of {feed.own_function.id} may not use {_DECRYPT}",
            Grant(feed.own_function, (_DECRYPT,), Reference(key)),
        )


def _may_decrypt_some(statement: Statement) -> bool:
    return statement.effect == "Allow" and any(
        allows([statement], _DECRYPT, str(resource)) is not False
        for resource in statement.resources
    )


def _key_of(feed: Feed, queue: Queue) -> Other | None:
    """The key a queue names by its id, ARN or alias, if it stands in the template."""
    named = str(queue.kms_key)
    others = feed.view.stack.others
    for item in others:
        if item.type == "AWS::KMS::Alias" and named in (item.name, item.id):
            named = str(item.properties.get("TargetKeyId"))
    return next(
        (
            item
            for item in others
            if item.type == "AWS::KMS::Key" and named in (item.id, item.name, item.arn)
        ),
        None,
    )


RULES = (missing_permission, key_not_usable)
