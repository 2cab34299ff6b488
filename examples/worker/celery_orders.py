"""Orders as tasks of Celery, over SQS: one task that may be done again, and one that may not."""

import os

from celery import Celery

from worker.books import connect

endpoint = os.environ["AWS_ENDPOINT_URL_SQS"]
app = Celery("orders", broker=endpoint.replace("http://", "sqs://test:test@"))
app.conf.update(
    task_default_queue="tasks",
    task_acks_late=True,  # deleted when it is done, not when it is received
    worker_enable_remote_control=False,
    broker_transport_options={
        "region": "us-east-1",
        "is_secure": False,
        "visibility_timeout": 5,
        "wait_time_seconds": 1,
        "polling_interval": 0.1,
    },
)


@app.task
def book(order):
    """Write the order and add to the customer's total: both or neither, and once."""
    with connect() as books:
        new = books.execute(
            "INSERT OR IGNORE INTO orders VALUES (?, ?)", (order["order_id"], order["amount"])
        )
        if new.rowcount:
            add(books, order)


@app.task
def book_again(order):
    """The same, and adds whenever it is told to."""
    with connect() as books:
        books.execute(
            "INSERT OR IGNORE INTO orders VALUES (?, ?)", (order["order_id"], order["amount"])
        )
        add(books, order)


def add(books, order):
    """Add to a customer's total."""
    books.execute(
        "INSERT INTO totals VALUES (?, ?) "
        "ON CONFLICT (customer) DO UPDATE SET total = total + excluded.total",
        (order["customer"], order["amount"]),
    )
