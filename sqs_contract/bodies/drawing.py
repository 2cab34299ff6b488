"""A few bodies drawn from a Hypothesis strategy: the same ones for the same seed."""

from __future__ import annotations

from typing import Any

from sqs_contract.bodies.source import as_body
from sqs_contract.errors import UsageError
from sqs_contract.references import first_line


def draw_bodies(strategy: Any, count: int, seed: int, origin: str) -> list[str]:
    """Up to `count` distinct bodies, the simplest first.

    Raises:
        UsageError: the strategy raises, or draws what is no body.
    """
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415  heavy
    from hypothesis import seed as with_seed  # noqa: PLC0415

    drawn: dict[str, None] = {}

    unchecked: Any = list(HealthCheck)  # slow or large is the user's choice here

    @with_seed(seed)
    @settings(
        max_examples=count * 4,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=unchecked,
    )
    @given(strategy)
    def collect(value: Any) -> None:
        drawn.setdefault(as_body(value, f"a body drawn from {origin}"))

    try:
        collect()
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  whatever the user's strategy raises
        raise UsageError(
            f"bodies {origin!r}: drawing from the strategy raised "
            f"{type(error).__name__}: {first_line(error)}"
        ) from None
    return list(drawn)[:count]
