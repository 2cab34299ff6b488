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
  default = "invoices-raw-topic"
}

resource "aws_sqs_queue" "dead" {
  name                      = "invoices-raw-topic-dead"
  message_retention_seconds = 1209600 # two weeks
}

resource "aws_sqs_queue" "main" {
  name = "invoices-raw-topic"
  visibility_timeout_seconds = 45 * 2
}

resource "aws_sqs_queue_redrive_policy" "main" {
  queue_url = aws_sqs_queue.main.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_s3_bucket" "files" {
  bucket = "invoices-raw-topic-files"
}

resource "aws_sns_topic" "in" {
  name = "invoices-raw-topic-in"
}

resource "aws_sns_topic_subscription" "in" {
  topic_arn = aws_sns_topic.in.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.main.arn
  raw_message_delivery = true
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

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "invoices-raw-topic-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_role_policy_attachment" "poll" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_lambda_function" "worker" {
  function_name = "invoices-raw-topic-worker"
  filename      = data.archive_file.code.output_path
  handler       = "app.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.worker.arn
  timeout       = 15
  memory_size   = 256

  environment {
    variables = {
      BUCKET = aws_s3_bucket.files.id
      DEAD_LETTERS_URL = aws_sqs_queue.dead.id
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 10
}
