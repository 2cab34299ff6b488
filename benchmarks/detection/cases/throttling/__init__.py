"""Throttled deliveries use up receives, and the handler hears nothing of them."""

RULES = ("SQSC203",)
BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.worlds:orders"
