"""Handlers that take the functions they call by name, as people write imports."""

import asyncio
import json

from gateway.client import Client, GatewayDown, charge, charge_later


def each(event, work):
    failures = []
    for record in event["Records"]:
        try:
            work(json.loads(record["body"])["id"])
        except (OSError, GatewayDown, ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def reports(event, _):
    return each(event, lambda key: charge(str(key)))


def reports_async(event, _):
    return each(event, lambda key: asyncio.run(charge_later(str(key))))


def reports_by_method(event, _):
    return each(event, lambda key: Client().send(str(key)))


def reports_by_static_method(event, _):
    return each(event, lambda key: Client.ping(str(key)))


def reports_by_class_method(event, _):
    return each(event, lambda key: Client.make(str(key)))


def swallows(event, _):
    for record in event["Records"]:
        try:
            charge(json.loads(record["body"])["id"])
        except Exception:  # noqa: BLE001  as handlers do
            print("too bad")
    return {"batchItemFailures": []}
