"""Rows written under a key, but an error of the database is printed and forgotten."""

import json
import sqlite3
import tempfile
from pathlib import Path

BREAKS = {"no-loss", "exact-report"}
NIGHTLY = True
EFFECTS = "corpus.sqlite_error_swallowed:effects"
RESET = "corpus.sqlite_error_swallowed:reset"
FILE = Path(tempfile.gettempdir()) / "sqs-contract-corpus-swallowed.db"


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
            row = (str(order["id"]), int(order["amount"]))
            with db:
                db.execute("insert or replace into orders values (?, ?)", row)
        except sqlite3.Error as error:
            print("database:", error)
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
        finally:
            db.close()
    return {"batchItemFailures": failures}
