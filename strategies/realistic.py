"""Realistic values by the name of a field: an e-mail address where it is called `email`."""

from __future__ import annotations

import re
from typing import Final

from hypothesis import strategies as st

from sqs_contract.strategies.pools import pool

_KINDS_BY_NAME: Final = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"e_?mail", "email"),
        (r"phone|mobile|fax|^tel$", "phone"),
        (r"iban", "iban"),
        (r"currency", "currency"),
        (r"country", "country"),
        (r"^city$|_city$|^town$", "city"),
        (r"street|address_?line|^address$", "street"),
        (r"^zip|post_?code|postal", "postcode"),
        (r"first_name|given_name|forename", "first_name"),
        (r"last_name|family_name|surname", "last_name"),
        (r"user_?name|login|nick", "user_name"),
        (r"company|organi[sz]ation|vendor|supplier|merchant", "company"),
        (r"host|domain", "host"),
        (r"^ip$|ip_addr|_ip$", "ip"),
        (r"ur[il]$|link$|href", "url"),
        (r"_at$|timestamp|date_?time|^time$|_time$|^at$", "iso_time"),
        (r"date|_on$|birthday|^dob$", "iso_date"),
        (r"uuid|guid|^id$|_id$|_key$|_ref$|reference|trace", "uuid"),
        (r"^sku$|_sku$|^code$|_code$|^type$|^status$|^tag$|^category$", "word"),
        (r"note|comment|description|message|text|subject|title|summary", "text"),
        (r"^name$|_name$|customer|recipient|sender|owner|contact", "name"),
    )
)
"""What a name is searched for, in this order; the name in snake case."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def kind_of(name: str) -> str | None:
    """The pool whose values suit a field of this name, if any."""
    snake = _HUMP.sub("_", name).lower().replace("-", "_").replace(" ", "_")
    for pattern, kind in _KINDS_BY_NAME:
        if pattern.search(snake):
            return kind
    return None


def texts_of(kind: str) -> st.SearchStrategy[str]:
    """The values of a pool, none of them empty; shrinks to the shortest."""
    return st.sampled_from([text for text in pool(kind) if text])


def texts_for(name: str | None) -> st.SearchStrategy[str]:
    """Texts for a field of this name: realistic ones, or any where the name says nothing.

    Shrinks to the shortest.
    """
    kind = kind_of(name) if name else None
    return texts_of(kind) if kind else st.text(max_size=20)
