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
  default = "reserved-concurrency"
}

resource "aws_sqs_queue" "dead" {
  count = 1
  name  = format("%s-dead", var.prefix)
  message_retention_seconds = 14 * 24 * 3600
}

resource "aws_sqs_queue" "main" {
  name = format("%s", var.prefix)
  visibility_timeout_seconds = 180
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.dead[0].arn}", "maxReceiveCount": 5}
  EOT
}
