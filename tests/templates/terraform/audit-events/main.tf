terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "prefix" {
  type    = string
  default = "audit-events"
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.prefix}-dead"
  message_retention_seconds = 1209600 # two weeks
}

resource "aws_sqs_queue" "main" {
  name = "${var.prefix}"
  visibility_timeout_seconds = 90
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.dead.arn}", "maxReceiveCount": 6}
  EOT
}

resource "aws_dynamodb_table" "table" {
  name         = "${var.prefix}-table"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "event_id"
  range_key    = "at"
  attribute {
    name = "event_id"
    type = "S"
  }
  attribute {
    name = "at"
    type = "S"
  }
}
