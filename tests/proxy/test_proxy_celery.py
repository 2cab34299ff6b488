"""A real Celery worker through the proxy: a task that may be done again, and one that may not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from docs.endpoints.servers import installed, moto_server, without_aws

ROOT = Path(__file__).parents[2]
CELERY = ("celery[sqs]==5.7.*", "boto3==1.44.*")
SEND = """
import json
from worker import celery_orders
for order in json.load(open("bodies.json")):
    celery_orders.{task}.delay(order)
"""


@pytest.fixture(scope="module")
def celery():
    """The directory of Celery's programs, in a virtual environment of its own."""
    return Path(installed("celery", CELERY)).parent


@pytest.mark.endpoints
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("task", "verdict", "ada"), [("book", "held", 40), ("book_again", "violated", 65)]
)
def test_a_celery_worker_is_judged_by_what_its_tasks_do(tmp_path, celery, task, verdict, ada):
    """Under a duplicate, a lost delete, an empty receive, and a lost answer to a delete."""
    shutil.copytree(ROOT / "examples" / "worker", tmp_path / "worker")
    shutil.copy(ROOT / "examples" / "bodies.json", tmp_path)
    with moto_server() as url:
        environment = without_aws(os.environ) | {
            "AWS_ENDPOINT_URL_SQS": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "BOOKS": str(tmp_path / "books.db"),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        }
        sqs = boto3.client(
            "sqs", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        sqs.create_queue(QueueName="tasks", Attributes={"VisibilityTimeout": "5"})
        sending = [str(celery / "python"), "-c", SEND.format(task=task)]
        subprocess.run(sending, cwd=tmp_path, env=environment, check=True, timeout=60)
        command = [
            sys.executable, "-m", "sqs_contract.cli", "proxy", "--until-drained", "--timeout", "90",
            "--scenario", "worker/celery_faults.json", "--effects", "worker.books:effects",
            "--history", "history.json", "--",
            str(celery / "celery"), "-A", "worker.celery_orders", "worker", "--pool", "solo",
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
            timeout=150,
        )  # fmt: skip
    assert done.returncode == (verdict == "violated"), done.stdout + done.stderr
    history = json.loads((tmp_path / "history.json").read_text(encoding="utf-8"))
    found = {clause["id"]: clause["verdict"] for clause in history["clauses"]}
    assert found["idempotent"] == verdict
    assert (found["no-loss"], found["drains"]) == ("held", "held")
    assert "4 faults struck; ended: drained" in done.stdout
    assert totals(tmp_path / "books.db")["ada"] == ada


def totals(path):
    import sqlite3

    return dict(sqlite3.connect(path).execute("SELECT customer, total FROM totals"))
