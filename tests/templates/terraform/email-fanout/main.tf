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
  default = "email-fanout"
}

resource "aws_sqs_queue" "dead" {
  name                      = format("%s-dead", var.prefix)
  message_retention_seconds = 1209600 # two weeks
}

resource "aws_sqs_queue" "main" {
  name = format("%s", var.prefix)
  visibility_timeout_seconds = 60
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 4
  })
}

resource "aws_sns_topic" "in" {
  name = format("%s-in", var.prefix)
}

resource "aws_sns_topic_subscription" "in" {
  topic_arn = aws_sns_topic.in.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.main.arn
}

data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.main.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
  }
}

resource "aws_sqs_queue_policy" "send" {
  queue_url = aws_sqs_queue.main.id
  policy    = data.aws_iam_policy_document.send.json
}

resource "aws_secretsmanager_secret" "key" {
  name = format("%s/api-key", var.prefix)
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
  name               = "email-fanout-worker"
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
  timeout       = 10
  memory_size   = 256

  environment {
    variables = {
      DEAD_LETTERS_URL = aws_sqs_queue.dead.url
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.function_name
  batch_size       = 10
  function_response_types = ["ReportBatchItemFailures"]
}
