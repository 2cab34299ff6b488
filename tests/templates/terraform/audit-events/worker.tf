resource "aws_cloudwatch_event_bus" "bus" {
  name = "${var.prefix}-bus"
}

resource "aws_cloudwatch_event_rule" "rule" {
  name = "${var.prefix}-rule"
  event_bus_name = aws_cloudwatch_event_bus.bus.name
  event_pattern = jsonencode({"source": ["shop.orders"], "detail-type": ["OrderPlaced", "OrderPaid"]})
}

resource "aws_cloudwatch_event_target" "queue" {
  rule = aws_cloudwatch_event_rule.rule.name
  arn  = aws_sqs_queue.main.arn
  event_bus_name = aws_cloudwatch_event_bus.bus.name
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_iam_role" "worker" {
  name               = "audit-events-worker"
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
  timeout       = 15
  memory_size   = 256

  environment {
    variables = {
      TABLE_NAME = aws_dynamodb_table.table.name
      EVENT_BUS = aws_cloudwatch_event_bus.bus.name
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
