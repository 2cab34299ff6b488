"""Regions of every partition."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

_REGIONS: Final = (
    "us-east-1", "eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1",
    "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1",
)  # fmt: skip


def regions() -> st.SearchStrategy[str]:
    """Regions, some of each partition; their ARNs begin differently (S16).

    For events of any region: `regions().flatmap(lambda region: sqs_events(region=region))`.

    Shrinks to `us-east-1`.
    """
    return st.sampled_from(_REGIONS)
