"""Pools of realistic values, made once by Faker, picked from by plans.

The first value of each pool is its simplest: what examples shrink to. What a
pool holds depends on its kind alone: not on the day, nor on the pools made before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

POOL_SIZE: Final = 48
"""Values made for a pool, over all its locales; equal ones count once."""

_SEED: Final = 20260105
_WORLD: Final = ("en_US", "de_DE", "ja_JP")
_PLAIN: Final = ("en_US",)

_FROM: Final = datetime(2020, 1, 1)  # noqa: DTZ001  shown with a Z, never converted
_TO_S: Final = 6 * 365 * 86_400
"""Times lie within six years from then on: fixed, so that they are the same on any day."""


@functools.cache
def pool(kind: str) -> Sequence[str]:
    """Realistic texts of one kind, the shortest first."""
    from faker import Faker  # noqa: PLC0415  heavy

    locales, make = _KINDS.get(kind) or _ASKED_FOR[kind]
    made: set[str] = set()
    for locale in locales:
        fake = Faker(locale)
        fake.seed_instance(f"{_SEED}/{kind}/{locale}")
        made.update(make(fake) for _ in range(POOL_SIZE // len(locales)))
    if kind in _MAYBE_EMPTY:
        made.add("")
    return tuple(sorted(made, key=lambda text: (len(text), text)))


_MAYBE_EMPTY: Final = frozenset({"name", "street", "city", "company", "sentence"})

_KINDS: Final[dict[str, tuple[Sequence[str], Callable[[Any], str]]]] = {
    "name": (_WORLD, lambda fake: fake.name()),
    "email": (_PLAIN, lambda fake: fake.email()),
    "street": (_WORLD, lambda fake: fake.street_address()),
    "city": (_WORLD, lambda fake: fake.city()),
    "country": (_PLAIN, lambda fake: fake.country_code()),
    "company": (_WORLD, lambda fake: fake.company()),
    "currency": (_PLAIN, lambda fake: fake.currency_code()),
    "word": (_PLAIN, lambda fake: fake.word()),
    "sentence": (_WORLD, lambda fake: fake.sentence()),
    "uuid": (_PLAIN, lambda fake: fake.uuid4()),
    "url": (_PLAIN, lambda fake: fake.url()),
    "iso_time": (
        _PLAIN,
        lambda fake: f"{(_FROM + timedelta(seconds=fake.random_int(0, _TO_S))).isoformat()}Z",
    ),
}
"""Of each kind: the locales it is made in, and how."""


_ASKED_FOR: Final[dict[str, tuple[Sequence[str], Callable[[Any], str]]]] = {
    "first_name": (_WORLD, lambda fake: fake.first_name()),
    "last_name": (_WORLD, lambda fake: fake.last_name()),
    "phone": (_WORLD, lambda fake: fake.phone_number()),
    "postcode": (_WORLD, lambda fake: fake.postcode()),
    "iban": (_PLAIN, lambda fake: fake.iban()),
    "ip": (_PLAIN, lambda fake: fake.ipv4_public()),
    "host": (_PLAIN, lambda fake: fake.domain_name()),
    "user_name": (_PLAIN, lambda fake: fake.user_name()),
    "text": (_WORLD, lambda fake: fake.text(max_nb_chars=80).replace("\n", " ")),
    "iso_date": (
        _PLAIN,
        lambda fake: (_FROM + timedelta(seconds=fake.random_int(0, _TO_S))).date().isoformat(),
    ),
}
"""Kinds only bodies of a given shape have: made when one of them is asked for."""


def fill_pools() -> None:
    """Make the pools that every event may pick from, unless they are made."""
    for kind in _KINDS:
        pool(kind)
