resource "aws_kinesis_stream" "stream" {
  name        = "${var.prefix}-stream"
  shard_count = 1
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "clickstream-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_role_policy_attachment" "poll" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_lambda_function" "worker" {
  function_name = "${var.prefix}-worker"
  filename      = data.archive_file.code.output_path
  handler       = "app.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.worker.arn
  timeout       = 30
  memory_size   = 256

  environment {
    variables = {
      STREAM = aws_kinesis_stream.stream.name
      DEAD_LETTERS_URL = aws_sqs_queue.dead["main"].url
      LOG_LEVEL = "INFO"
    }
  }
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.worker.function_name
  batch_size       = 1000
  maximum_batching_window_in_seconds = 30
  function_response_types = ["ReportBatchItemFailures"]
  filter_criteria {
    filter {
      pattern = jsonencode({"body": {"kind": ["click"]}})
    }
    filter {
      pattern = jsonencode({"body": {"kind": ["view"], "page": [{"prefix": "/shop"}]}})
    }
  }
}
