"""Correct: rows in a SQLite file, written under a key."""

import json
import sqlite3
import tempfile
from pathlib import Path

BREAKS = set()
NIGHTLY = True
EFFECTS = "corpus.sqlite_upsert:effects"
RESET = "corpus.sqlite_upsert:reset"
FILE = Path(tempfile.gettempdir()) / "sqs-contract-corpus-upsert.db"


def connect():
    return sqlite3.connect(FILE)


def reset():
    FILE.unlink(missing_ok=True)
    with connect() as db:
        db.execute("create table orders (id text primary key, amount int)")
    db.close()


def effects():
    db = connect()
    rows = db.execute("select id, amount from orders").fetchall()
    db.close()
    return rows


def handler(event, context):
    failures = []
    for record in event["Records"]:
        db = connect()
        try:
            order = json.loads(record["body"])
            with db:
                db.execute(
                    "insert or replace into orders values (?, ?)",
                    (str(order["id"]), int(order["amount"])),
                )
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
        finally:
            db.close()
    return {"batchItemFailures": failures}
