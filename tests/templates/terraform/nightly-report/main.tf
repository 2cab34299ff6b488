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
  default = "nightly-report"
}

locals {
  prefix = lower(var.prefix)
  common = { app = var.prefix }
  tags   = merge(local.common, { team = "shop" })
}

resource "aws_sqs_queue" "dead" {
  count = 1
  name  = "${local.prefix}-dead"
  message_retention_seconds = 14 * 24 * 3600
}

resource "aws_sqs_queue" "main" {
  name = "${local.prefix}"
  visibility_timeout_seconds = 450 * 2
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[0].arn
    maxReceiveCount     = 2
  })
  tags = local.tags
}

resource "aws_s3_bucket" "files" {
  bucket = "${local.prefix}-files"
}

resource "aws_cloudwatch_event_rule" "rule" {
  name = "${local.prefix}-rule"
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_target" "queue" {
  rule = aws_cloudwatch_event_rule.rule.name
  arn  = aws_sqs_queue.main.arn
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "nightly-report-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_role_policy_attachment" "poll" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_lambda_function" "worker" {
  function_name = "${local.prefix}-worker"
  filename      = data.archive_file.code.output_path
  handler       = "app.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.worker.arn
  timeout       = 150
  memory_size   = 256

  environment {
    variables = {
      BUCKET = aws_s3_bucket.files.id
      DEAD_LETTERS_URL = aws_sqs_queue.dead[0].id
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 1
}
