"""SQS endpoints: real ones, emulators, moto. Knows calls and queues; nothing of handlers."""
