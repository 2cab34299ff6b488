"""Duplicates are looked for by something that differs between them."""

BODIES = [
    '{"order_id": "o-1001", "customer": "ada", "amount": 25}',
    '{"order_id": "o-1002", "customer": "grace", "amount": 7}',
    '{"order_id": "o-1003", "customer": "ada", "amount": 12}',
]
RESET = "cases.worlds:orders_and_markers"
