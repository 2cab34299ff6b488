"""The function's time is over in the middle of a batch."""

BODIES = [
    '{"id": "r-1", "customer": "ada"}',
    '{"id": "r-2", "customer": "grace"}',
    '{"id": "r-3", "customer": "edsger"}',
]
RESET = "cases.worlds:orders"
DEPLOYMENT = {"function_timeout": 10, "visibility_timeout": 60, "batch_size": 5}
