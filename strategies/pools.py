"""Pools of realistic values, made once by Faker, picked from by plans.

The first value of each pool is its simplest: what examples shrink to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

POOL_SIZE: Final = 48


@functools.cache
def pool(kind: str) -> Sequence[str]:
    """Realistic texts of one kind, the shortest first."""
    makers = _makers()
    made = {makers[kind]() for _ in range(POOL_SIZE)}
    return ("", *sorted(made, key=lambda text: (len(text), text)))[
        1 if kind in _NEVER_EMPTY else 0 :
    ]


_NEVER_EMPTY: Final = frozenset({"email", "uuid", "currency", "country", "iso_time", "word", "url"})


@functools.cache
def _makers() -> dict[str, Callable[[], Any]]:
    from faker import Faker  # noqa: PLC0415  heavy

    fake = Faker(["en_US", "de_DE", "ja_JP"])
    fake.seed_instance(20260105)
    plain = Faker("en_US")
    plain.seed_instance(20260105)
    return {
        "name": fake.name,
        "email": plain.email,
        "street": fake.street_address,
        "city": fake.city,
        "country": plain.country_code,
        "company": fake.company,
        "currency": plain.currency_code,
        "word": plain.word,
        "sentence": fake.sentence,
        "uuid": plain.uuid4,
        "url": plain.url,
        "iso_time": lambda: plain.iso8601() + "Z",
    }
