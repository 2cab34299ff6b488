"""One message is written to two systems, which know nothing of each other."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.worlds:invoices"
