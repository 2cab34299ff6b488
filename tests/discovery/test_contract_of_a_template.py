"""A contract in a test file finds in its template what the command line finds there."""

from __future__ import annotations

from sqs_contract import Contract
from sqs_contract.clauses.verdict import Verdict

TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
  Queue: {Type: AWS::SQS::Queue}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {TABLE: !Ref Table}}
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
"""
HANDLER = """
import json
import os
import boto3

def handler(event, context):
    for record in event["Records"]:
        boto3.client("dynamodb").put_item(
            TableName=os.environ["TABLE"], Item={"id": {"S": json.loads(record["body"])["key"]}}
        )
"""


def test_the_world_and_the_bodies_are_those_of_the_template(in_tmp_path):
    """Without the table, or with other bodies, the handler would raise on every message."""
    (in_tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (in_tmp_path / "contract_app.py").write_text(HANDLER, encoding="utf-8")
    (in_tmp_path / "events").mkdir()
    (in_tmp_path / "events" / "one.json").write_text('{"key": "k1"}', encoding="utf-8")
    contract = Contract(
        "contract_app:handler",
        deployment="template.yaml",
        clauses=["response-shape", "no-loss"],
        max_examples=0,
    )
    report = contract.verify()
    assert {result.verdict for result in report.clauses} == {Verdict.HELD}
    assert report.notes[0] == "bodies: 1 from events/one.json"
