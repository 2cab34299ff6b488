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
  default = "clickstream"
}

resource "aws_sqs_queue" "dead" {
  for_each = toset(["main"])
  name     = "${var.prefix}-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "main" {
  name = "${var.prefix}"
  visibility_timeout_seconds = 180
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.dead["main"].arn}", "maxReceiveCount": 3}
  EOT
}
