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
  default = "thumbnails"
}

locals {
  prefix = lower(var.prefix)
  common = { app = var.prefix }
  tags   = merge(local.common, { team = "shop" })
}

resource "aws_sqs_queue" "dead" {
  for_each = toset(["main"])
  name     = "${local.prefix}-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "main" {
  name = "${local.prefix}"
  visibility_timeout_seconds = 180 * 2
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.dead["main"].arn}", "maxReceiveCount": 3}
  EOT
  tags = local.tags
}
