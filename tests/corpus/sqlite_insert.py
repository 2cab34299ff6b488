"""Rows in a SQLite file, inserted anew on every delivery; what was seen is kept in the sandbox."""

import json
import sqlite3
import tempfile
from pathlib import Path

BREAKS = {"idempotent"}
NIGHTLY = True
EFFECTS = "corpus.sqlite_insert:effects"
RESET = "corpus.sqlite_insert:reset"
FILE = Path(tempfile.gettempdir()) / "sqs-contract-corpus-insert.db"
seen = set()


def connect():
    return sqlite3.connect(FILE)


def reset():
    FILE.unlink(missing_ok=True)
    with connect() as db:
        db.execute("create table orders (id text, amount int)")
    db.close()


def effects():
    db = connect()
    rows = db.execute("select id, amount from orders").fetchall()
    db.close()
    return rows


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if record["messageId"] in seen:
            continue
        db = connect()
        try:
            order = json.loads(record["body"])
            with db:
                db.execute(
                    "insert into orders values (?, ?)", (str(order["id"]), int(order["amount"]))
                )
            seen.add(record["messageId"])
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
        finally:
            db.close()
    return {"batchItemFailures": failures}
