"""Modules of Terraform are read as often as they stand for."""

from __future__ import annotations

import json

import pytest
from template_files import deployed, write

from sqs_contract.deployment.readers import read_stack

MODULES = {
    "main.tf": """\
        locals { kinds = ["orders", "invoices"] }
        module "queue" {
          source   = "./queue"
          for_each = toset(local.kinds)
          kind     = each.key
        }
        module "off" {
          source = "./queue"
          count  = 0
          kind   = "off"
        }
        module "one" {
          source = "./queue"
          count  = 1
          kind   = "one"
        }
        module "far" {
          source  = "acme/queue/aws"
          version = "~> 2.0"
          kind    = "far"
        }
        resource "aws_lambda_function" "worker" {
          function_name = "worker"
          environment {
            variables = { ONE = module.one[0].url, FAR = module.far.url }
          }
        }
        resource "aws_lambda_event_source_mapping" "orders" {
          event_source_arn = module.queue["orders"].arn
          function_name    = aws_lambda_function.worker.arn
        }
    """,
    "queue/main.tf": """\
        variable "kind" { type = string }
        resource "aws_sqs_queue" "this" { name = "${var.kind}-queue" }
        output "arn" { value = aws_sqs_queue.this.arn }
        output "url" { value = aws_sqs_queue.this.url }
    """,
}
DOWNLOADED = {
    ".terraform/modules/modules.json": json.dumps(
        {"Modules": [{"Key": "", "Dir": "."}, {"Key": "far", "Dir": ".terraform/modules/far"}]}
    ),
    ".terraform/modules/far/main.tf": MODULES["queue/main.tf"],
}


def test_modules_are_read_as_often_as_they_stand_for(tmp_path):
    stack, found = deployed(write(tmp_path, MODULES | DOWNLOADED))
    assert {queue.id: queue.name for queue in stack.queues} == {
        'module.queue["orders"].aws_sqs_queue.this': "orders-queue",
        'module.queue["invoices"].aws_sqs_queue.this': "invoices-queue",
        "module.one[0].aws_sqs_queue.this": "one-queue",
        "module.far.aws_sqs_queue.this": "far-queue",
    }
    assert found.queue.name == "orders-queue"
    environment = stack.functions[0].environment
    assert environment["ONE"].endswith("/one-queue")
    assert environment["FAR"].endswith("/far-queue")
    assert stack.notes == ()


def test_a_module_that_was_not_downloaded_is_named_with_what_to_do(tmp_path):
    stack, found = deployed(write(tmp_path, MODULES))
    (note,) = stack.notes
    assert note == (
        f"{tmp_path}/main.tf:17: module far is not read: its source 'acme/queue/aws' is not on this "
        "machine: run terraform init, or give what terraform show -json prints"
    )
    assert found.queue.name == "orders-queue"
    assert "give --parameter module.far.url=VALUE" in str(stack.functions[0].environment["FAR"])


@pytest.mark.parametrize("text", ["", "[1]", '{"Modules": 5}', '{"Modules": [{"Key": "far"}]}'])
def test_a_list_of_modules_that_is_broken_is_none(tmp_path, text):
    write(tmp_path, MODULES | {".terraform/modules/modules.json": text})
    assert len(read_stack(tmp_path).notes) == 1
