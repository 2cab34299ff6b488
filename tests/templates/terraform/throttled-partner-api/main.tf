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
  default = "throttled-partner-api"
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
  visibility_timeout_seconds = 150 * 2
  tags = local.tags
}

resource "aws_sqs_queue_redrive_policy" "main" {
  queue_url = aws_sqs_queue.main.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 10
  })
}

resource "aws_ssm_parameter" "api_url" {
  name  = "/throttled-partner-api/api-url"
  type  = "String"
  value = "https://api.example.com"
}

resource "aws_secretsmanager_secret" "key" {
  name = "${local.prefix}/api-key"
}

resource "aws_secretsmanager_secret_version" "key" {
  secret_id     = aws_secretsmanager_secret.key.id
  secret_string = jsonencode({ api_key = "not-a-real-key" })
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "throttled-partner-api-worker"
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
  timeout       = 50
  memory_size   = 256

  environment {
    variables = {
      API_URL_PARAMETER = aws_ssm_parameter.api_url.id
      DEAD_LETTERS_URL = aws_sqs_queue.dead.id
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 2
  function_response_types = ["ReportBatchItemFailures"]
  scaling_config {
    maximum_concurrency = 2
  }
}
