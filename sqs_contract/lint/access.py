"""What the statements of policies allow: matched as IAM matches actions and ARNs."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from sqs_contract.deployment.resources import Statement
from sqs_contract.deployment.values import Unresolved


def allows(statements: Collection[Statement], action: str, arn: str) -> bool | Unresolved:
    """Whether an action on a resource is allowed; `Unresolved` where a statement decides it
    that cannot be told.

    A denial counts for more than any permission.
    """
    allowed = False
    open_: Unresolved | None = None
    for statement in statements:
        if not any(matches(pattern, action, ignore_case=True) for pattern in statement.actions):
            continue
        for resource in statement.resources:
            if isinstance(resource, Unresolved):
                open_ = open_ if allowed and statement.effect == "Allow" else resource
            elif matches(resource, arn):
                if statement.effect == "Deny":
                    return False
                allowed = True
    if allowed and open_ is None:
        return True
    # An open permission decides nothing where another allows it; an open denial may.
    if allowed and not any(_is_open_denial(item, action) for item in statements):
        return True
    return open_ if open_ is not None else False


def _is_open_denial(statement: Statement, action: str) -> bool:
    return (
        statement.effect == "Deny"
        and any(isinstance(resource, Unresolved) for resource in statement.resources)
        and any(matches(pattern, action, ignore_case=True) for pattern in statement.actions)
    )


@lru_cache(maxsize=1024)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, flags | re.DOTALL)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text is one a pattern with `*` and `?` means."""
    return _compiled(pattern, re.IGNORECASE if ignore_case else 0).fullmatch(text) is not None
