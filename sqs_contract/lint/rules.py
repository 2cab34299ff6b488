"""All rules, in the order of their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqs_contract.lint import (
    batches,
    concurrency,
    dead_letter_queues,
    dead_letters,
    filters,
    permissions,
    responses,
    timing,
)
from sqs_contract.lint.problem import Rule

_GROUPS: Final = (
    timing.RULES,
    dead_letters.RULES,
    dead_letter_queues.RULES,
    batches.RULES,
    responses.RULES,
    concurrency.RULES,
    filters.RULES,
    permissions.RULES,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for group in _GROUPS for rule in group), key=lambda rule: rule.code)
)

BY_NAME: Final[Mapping[str, Rule]] = {
    **{rule.code: rule for rule in RULES},
    **{rule.name: rule for rule in RULES},
}
"""Every rule by its code and by its name."""
