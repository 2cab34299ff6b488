"""What the handler returns, Lambda cannot write as JSON: the whole batch has failed."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.store:reset"
EFFECTS = "cases.store:effects"
