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
  default = "webhooks-window"
}

resource "aws_sqs_queue" "dead" {
  name                      = format("%s-dead", var.prefix)
  message_retention_seconds = 1209600 # two weeks
}

resource "aws_sqs_queue" "main" {
  name = format("%s", var.prefix)
  visibility_timeout_seconds = 240
}

resource "aws_sqs_queue_redrive_policy" "main" {
  queue_url = aws_sqs_queue.main.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 8
  })
}

resource "aws_ssm_parameter" "api_url" {
  name  = "/webhooks-window/api-url"
  type  = "String"
  value = "https://api.example.com"
}

resource "aws_secretsmanager_secret" "key" {
  name = format("%s/api-key", var.prefix)
}

resource "aws_secretsmanager_secret_version" "key" {
  secret_id     = aws_secretsmanager_secret.key.id
  secret_string = jsonencode({ api_key = "not-a-real-key" })
}

resource "aws_cloudwatch_event_bus" "bus" {
  name = format("%s-bus", var.prefix)
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "webhooks-window-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_role_policy_attachment" "poll" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_lambda_function" "worker" {
  function_name = format("%s-worker", var.prefix)
  filename      = data.archive_file.code.output_path
  handler       = "app.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.worker.arn
  timeout       = 40
  memory_size   = 256

  environment {
    variables = {
      API_URL_PARAMETER = aws_ssm_parameter.api_url.name
      EVENT_BUS = aws_cloudwatch_event_bus.bus.name
      DEAD_LETTERS_URL = aws_sqs_queue.dead.url
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.function_name
  batch_size       = 50
  maximum_batching_window_in_seconds = 20
  function_response_types = ["ReportBatchItemFailures"]
}
