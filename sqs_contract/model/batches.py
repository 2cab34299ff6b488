"""What all batch calls of SQS share: entries and their ids, what succeeded and what failed (S25)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.limits import BATCH_ENTRY_ID_MAX, BATCH_REQUEST_MAX_ENTRIES
from sqs_contract.model.sqs_errors import Refusal, Refused

_ENTRY_ID: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{BATCH_ENTRY_ID_MAX}}}")

BatchEntry = Mapping[str, Any]


def check_ids(parameters: Mapping[str, Any]) -> Sequence[BatchEntry]:
    """The entries of a batch call.

    Raises:
        Refused: none, too many, or ids that are malformed or not distinct.
    """
    entries: Sequence[BatchEntry] = parameters.get("Entries") or ()
    if not entries:
        raise Refused(errors.EMPTY_BATCH)
    if len(entries) > BATCH_REQUEST_MAX_ENTRIES:
        raise Refused(errors.too_many_entries(len(entries)))
    seen: set[str] = set()
    for entry in entries:
        entry_id = str(entry.get("Id", ""))
        if not _ENTRY_ID.fullmatch(entry_id):
            raise Refused(errors.INVALID_BATCH_ENTRY_ID)
        if entry_id in seen:
            raise Refused(errors.ids_not_distinct(entry_id))
        seen.add(entry_id)
    return entries


def answer_batch(
    entries: Sequence[BatchEntry], call: Callable[[BatchEntry], dict[str, Any] | Refusal]
) -> dict[str, Any]:
    """Each entry on its own: one that is refused does not hinder the others (S25, S26)."""
    answer: dict[str, Any] = {}
    for entry in entries:
        try:
            result = call(entry)
        except Refused as refused:
            result = refused.refusal
        if isinstance(result, Refusal):
            failed = {
                "Id": entry["Id"],
                "SenderFault": True,
                "Code": result.code,
                "Message": result.message,
            }
            answer.setdefault("Failed", []).append(failed)
        else:
            answer.setdefault("Successful", []).append({"Id": entry["Id"], **result})
    return answer
