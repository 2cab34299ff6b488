"""All rules, in the order of their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqs_contract.lint import (
    batches,
    concurrency,
    dead_letters,
    filters,
    permissions,
    responses,
    timing,
)
from sqs_contract.lint.problem import Rule

RULES: Final[tuple[Rule, ...]] = (
    *timing.RULES,
    *dead_letters.RULES,
    *batches.RULES,
    *responses.RULES,
    *concurrency.RULES,
    *filters.RULES,
    *permissions.RULES,
)

BY_NAME: Final[Mapping[str, Rule]] = {
    **{rule.code: rule for rule in RULES},
    **{rule.name: rule for rule in RULES},
}
"""Every rule by its code and by its name."""
