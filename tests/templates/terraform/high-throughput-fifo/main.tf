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
  default = "high-throughput-fifo"
}

resource "aws_sqs_queue" "dead" {
  name                      = "high-throughput-fifo-dead.fifo"
  message_retention_seconds = 1209600 # two weeks
  fifo_queue = true
}

resource "aws_sqs_queue" "main" {
  name = "high-throughput-fifo.fifo"
  visibility_timeout_seconds = 30 * 2
  deduplication_scope = "messageGroup"
  fifo_throughput_limit = "perMessageGroupId"
  fifo_queue = true
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.dead.arn}", "maxReceiveCount": 4}
  EOT
}
