"""Stands in front of the handler where it is deployed: notes each invocation, and goes wrong where a
scenario asks for it.

Packaged with the handler, and read by nothing else here: it knows the standard library, and
botocore, which Lambda's Python runtime has. What it is to do stands in a variable of the
environment. It does not change the event.
"""

from __future__ import annotations

import importlib
import json
import os
import time
import uuid
from contextlib import suppress
from typing import Any

VARIABLE = "SQS_CONTRACT_WRAPPER"
PAYLOAD_MAX = 150_000
"""Characters of a response that fit into a note."""

_state: dict[str, Any] = {"environment": uuid.uuid4().hex, "invocations": 0}


def _begin() -> None:
    """Import the handler, as the runtime does when an environment begins. What goes wrong is
    told with the first invocation."""
    orders = json.loads(os.environ[VARIABLE])
    module, _, name = orders["handler"].partition(":")
    try:
        function: Any = importlib.import_module(module)
        for part in name.split("."):
            function = getattr(function, part)
        _state["function"] = function
    except Exception as error:  # noqa: BLE001  the user's
        _state["failure"] = f"{type(error).__name__}: {error}"
    with suppress(Exception):  # told by the first invocation
        _client()  # takes its time, and here that is none of an invocation's


class Struck(Exception):
    """The failure that a scenario asks for."""


def handler(event: Any, context: Any) -> Any:
    """What the endpoint invokes in the handler's place."""
    orders = json.loads(os.environ[VARIABLE])
    if "Records" not in event:  # to have an environment begin, before anything is sent
        _client()
        return {"failure": _state.get("failure")}
    if "failure" in _state:
        _note(orders, uuid.uuid4().hex, "init", error=_state["failure"])
        raise ImportError(_state["failure"])
    records = [
        (record["messageId"], int(record["attributes"]["ApproximateReceiveCount"]))
        for record in event["Records"]
    ]
    _state["invocations"] += 1
    number = uuid.uuid4().hex
    _note(
        orders,
        number,
        "begin",
        records=records,
        environment=_state["environment"],
        cold=_state["invocations"] == 1,
    )
    strike = _strike(orders, records)
    if strike is not None and strike["when"] == "before":
        _note(orders, number, "end", struck=strike)
        _go_wrong(strike, context)
    if orders["slow_s"]:
        time.sleep(orders["slow_s"])
    try:
        value = _state["function"](event, context)
    except BaseException as error:
        _note(
            orders,
            number,
            "end",
            raised=[type(error).__name__, str(error)[:2_000]],
            exits=not isinstance(error, Exception),
        )
        raise
    return _finish(orders, number, records, value, strike, context)


def _finish(orders: Any, number: str, records: Any, value: Any, strike: Any, context: Any) -> Any:
    """The handler has returned: note what, and go wrong after the work if that is asked for."""
    try:
        payload = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        _note(orders, number, "end", unserialisable=f"{type(error).__name__}: {error}"[:2_000])
        return value
    if strike is not None:
        _note(orders, number, "end", struck=strike)
        _go_wrong(strike, context)
    told = {"payload": payload} if len(payload) <= PAYLOAD_MAX else {"too_long": len(payload)}
    again = [
        message
        for message, receive in dict(records).items()
        if [message, receive] in orders["again"]
    ]
    changed = _report_too(value, again) if orders["reporting"] else None
    if again and not orders["reporting"] and set(again) == {record[0] for record in records}:
        _note(orders, number, "end", again=again, **told)
        raise Struck("the scenario has these messages come again")
    if again and changed is not None:
        _note(orders, number, "end", again=again, **told)
        return changed
    _note(orders, number, "end", **told)
    return value


def _report_too(value: Any, again: list[str]) -> Any:
    """The response, with these messages reported as well; `None` where it cannot be."""
    report = {} if value is None else value
    if not isinstance(report, dict):
        return None
    items = report.get("batchItemFailures") or []
    if not isinstance(items, list):
        return None
    reported = [*items, *({"itemIdentifier": message} for message in again)]
    return {**report, "batchItemFailures": reported}


def _strike(orders: Any, records: Any) -> Any:
    receives = {receive for _, receive in records}
    for strike in orders["strikes"]:
        if strike["receive"] in receives:
            return strike
    return None


def _go_wrong(strike: Any, context: Any) -> None:
    if strike["how"] == "exit":
        os._exit(1)
    if strike["how"] == "sleep":
        time.sleep(context.get_remaining_time_in_millis() / 1_000 + 30)
    raise Struck("the scenario has this invocation fail")


def _note(orders: Any, number: str, what: str, **more: Any) -> None:
    """Tell what happens, in a queue of the run's own: before it goes on, or it may be lost."""
    note = {"at": time.time_ns() // 1_000_000, "invocation": number, "what": what, **more}
    _client().send_message(QueueUrl=orders["journal"], MessageBody=json.dumps(note))


def _client() -> Any:
    if "client" not in _state:
        from botocore.session import Session  # noqa: PLC0415  of the runtime

        _state["client"] = Session().create_client("sqs")
    return _state["client"]


if VARIABLE in os.environ:
    _begin()
