"""One bad record fails the batch."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
    '{"id": "o-1003", "customer": "ada", "amount": 12}',
]
RESET = "cases.worlds:orders"
