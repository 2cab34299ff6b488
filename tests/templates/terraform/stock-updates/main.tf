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
  default = "stock-updates"
}

resource "aws_sqs_queue" "dead" {
  for_each = toset(["main"])
  name     = format("%s-dead", var.prefix)
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "main" {
  name = format("%s", var.prefix)
  visibility_timeout_seconds = 180
}

resource "aws_sqs_queue_redrive_policy" "main" {
  queue_url = aws_sqs_queue.main.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead["main"].arn
    maxReceiveCount     = 5
  })
}

resource "aws_dynamodb_table" "table" {
  name         = format("%s-table", var.prefix)
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "sku"
  attribute {
    name = "sku"
    type = "S"
  }
  attribute {
    name = "warehouse"
    type = "S"
  }
  global_secondary_index {
    name            = "by-warehouse"
    hash_key        = "warehouse"
    projection_type = "ALL"
  }
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "stock-updates-worker"
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
      DEAD_LETTERS_URL = aws_sqs_queue.dead["main"].url
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.function_name
  batch_size       = 100
  maximum_batching_window_in_seconds = 5
  function_response_types = ["ReportBatchItemFailures"]
}
