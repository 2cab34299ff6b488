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
  default = "dead-letter-consumer"
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
  visibility_timeout_seconds = 15 * 2
  tags = local.tags
}

resource "aws_dynamodb_table" "table" {
  name         = "${local.prefix}-table"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  dynamic "attribute" {
    for_each = ["id"]
    content {
      name = attribute.value
      type = "S"
    }
  }
}

resource "aws_s3_bucket" "files" {
  bucket = "${local.prefix}-files"
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "dead-letter-consumer-worker"
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
  timeout       = 5
  memory_size   = 256

  environment {
    variables = {
      TABLE_NAME = aws_dynamodb_table.table.name
      BUCKET = aws_s3_bucket.files.id
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 1
}
