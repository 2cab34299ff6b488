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
  default = "delayed-reminders"
}

resource "aws_sqs_queue" "dead" {
  for_each = toset(["main"])
  name     = "delayed-reminders-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "main" {
  name = "delayed-reminders"
  visibility_timeout_seconds = 30 * 2
  message_retention_seconds = 86400
  delay_seconds = 900
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead["main"].arn
    maxReceiveCount     = 5
  })
}

resource "aws_sns_topic" "out" {
  name = "delayed-reminders-out"
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "delayed-reminders-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_role_policy_attachment" "poll" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_lambda_function" "worker" {
  function_name = "delayed-reminders-worker"
  filename      = data.archive_file.code.output_path
  handler       = "app.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.worker.arn
  timeout       = 10
  memory_size   = 256

  environment {
    variables = {
      TOPIC_ARN = aws_sns_topic.out.id
      DEAD_LETTERS_URL = aws_sqs_queue.dead["main"].id
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 10
  function_response_types = ["ReportBatchItemFailures"]
}
