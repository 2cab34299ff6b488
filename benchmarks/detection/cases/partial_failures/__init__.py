"""A batch call downstream answers 200, and names in its answer what it did not do."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
    '{"id": "o-1003", "customer": "ada", "amount": 12}',
]
RESET = "cases.worlds:shipping"
