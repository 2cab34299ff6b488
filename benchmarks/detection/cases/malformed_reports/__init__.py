"""A report that Lambda reads otherwise than it was meant."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.store:reset"
EFFECTS = "cases.store:effects"
