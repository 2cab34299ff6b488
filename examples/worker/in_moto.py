"""Run a command with an SQS endpoint of its own: a moto server, and a queue with a few orders.

python -m worker.in_moto COMMAND...
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer


def main(command):
    """Start the endpoint, run the command, and return its exit status."""
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    sqs = boto3.client("sqs", endpoint_url=url)
    queue = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    for order in json.loads(Path("bodies.json").read_text(encoding="utf-8")):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(order))
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "AWS_ENDPOINT_URL_SQS": url, "BOOKS": f"{place}/books.db"}
        status = subprocess.run(command, env=environment, check=False).returncode
    server.stop()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
