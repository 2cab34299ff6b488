"""Correct: dedup and ledger in one transaction, keyed put inside it."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.sqlite_killed_in_transaction:reset"
EFFECTS = "corpus.sqlite_killed_in_transaction:effects"

import sqlite3, os, tempfile

PATH = os.path.join(tempfile.gettempdir(), "sqs-contract-corpus.db")


def reset():
    import corpus.tables

    corpus.tables.items()
    if os.path.exists(PATH):
        os.unlink(PATH)
    db = sqlite3.connect(PATH)
    with db:
        db.execute("create table seen (mid text primary key)")
        db.execute("create table ledger (mid text, who text, amount int)")
    db.close()


def effects():
    db = sqlite3.connect(PATH)
    db.row_factory = sqlite3.Row
    rows = db.execute("select who, amount from ledger").fetchall()
    db.close()
    return {
        "ledger": [dict(r) for r in rows],
        "items": boto3.client("dynamodb").scan(TableName="items")["Items"],
    }


t = boto3.resource("dynamodb").Table("items")


def process(record):
    o = json.loads(record["body"])
    amount = int(o["amount"])
    db = sqlite3.connect(PATH)
    try:
        with db:
            cur = db.execute("insert or ignore into seen values (?)", (record["messageId"],))
            if cur.rowcount == 0:
                return
            db.execute(
                "insert into ledger values (?, ?, ?)", (record["messageId"], o["customer"], amount)
            )
            t.put_item(Item={"id": o["id"], "amount": amount})
        pass
    finally:
        db.close()


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
