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
  default = "encrypted-queue"
}

locals {
  prefix = lower(var.prefix)
  common = { app = var.prefix }
  tags   = merge(local.common, { team = "shop" })
}

resource "aws_sqs_queue" "dead" {
  name                      = "${local.prefix}-dead"
  message_retention_seconds = 1209600 # two weeks
}

resource "aws_sqs_queue" "main" {
  name = "${local.prefix}"
  visibility_timeout_seconds = 30 * 2
  kms_master_key_id = "alias/aws/sqs"
  redrive_policy = <<-EOT
    {"deadLetterTargetArn": "${aws_sqs_queue.dead.arn}", "maxReceiveCount": 5}
  EOT
  tags = local.tags
}
