"""Work is handed to others, and nobody waits for them."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.worlds:orders"
