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
  default = "long-retention"
}

resource "aws_sqs_queue" "dead" {
  name                      = format("%s-dead", var.prefix)
  message_retention_seconds = 1209600 # two weeks
}

resource "aws_sqs_queue" "main" {
  name = format("%s", var.prefix)
  visibility_timeout_seconds = 180
  message_retention_seconds = 1209600
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_dynamodb_table" "table" {
  name         = format("%s-table", var.prefix)
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  dynamic "attribute" {
    for_each = ["id"]
    content {
      name = attribute.value
      type = "S"
    }
  }
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "long-retention-worker"
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
  timeout       = 30
  memory_size   = 256

  environment {
    variables = {
      TABLE_NAME = aws_dynamodb_table.table.name
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
