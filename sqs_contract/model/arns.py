"""Names of AWS things: ARNs, queue URLs, log streams."""

from __future__ import annotations

from typing import Final

DEFAULT_REGION: Final = "us-east-1"
DEFAULT_ACCOUNT: Final = "123456789012"


def partition_of(region: str) -> str:
    """The partition a region lies in (S16)."""
    for prefix, partition in (
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-iso-", "aws-iso"),
        ("eusc-", "aws-eusc"),
    ):
        if region.startswith(prefix):
            return partition
    return "aws"


def queue_arn(name: str, region: str = DEFAULT_REGION, account: str = DEFAULT_ACCOUNT) -> str:
    """ARN of a queue (S16)."""
    return f"arn:{partition_of(region)}:sqs:{region}:{account}:{name}"


def function_arn(name: str, region: str = DEFAULT_REGION, account: str = DEFAULT_ACCOUNT) -> str:
    """ARN of a function without version or alias (S81)."""
    return f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"
