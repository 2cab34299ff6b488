"""The books: orders and totals in SQLite, and what they look like."""

import os
import sqlite3


def connect():
    """The database, with its tables."""
    books = sqlite3.connect(os.environ.get("BOOKS", "books.db"), timeout=10)
    books.execute("CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, amount INT)")
    books.execute("CREATE TABLE IF NOT EXISTS totals (customer TEXT PRIMARY KEY, total INT)")
    return books


def effects():
    """What the worker has done so far, for sqs-contract to compare."""
    books = connect()
    return {
        "orders": dict(books.execute("SELECT order_id, amount FROM orders")),
        "totals": dict(books.execute("SELECT customer, total FROM totals")),
    }
