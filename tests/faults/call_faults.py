"""One call of a handler under a fault, and what the handler saw of it."""

from __future__ import annotations

from sqs_contract.scenario import FaultKind

PUT = "dynamodb.PutItem items a"
FAILURES = (FaultKind.CALL_FAILS, FaultKind.NO_CONNECTION)


def noting(work, seen):
    """A handler that does its work and notes what came of it; it fails with its work."""

    def handler(event, _):
        for record in event["Records"]:
            try:
                work(record["body"])
            except Exception as error:
                seen.append(error)
                raise
            seen.append("ok")

    return handler


def items(run):
    return [item["id"] for item in run.worlds[-1].get("dynamodb", {}).get("items", [])]
