"""A failure is caught, and nobody hears of it."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.worlds:orders"
