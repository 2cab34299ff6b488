"""Looks first and acts afterwards, as if nobody else did the same in between."""

BODIES = [
    '{"id": "pay-1", "account": "ada", "amount": 30}',
    '{"id": "pay-2", "account": "ada", "amount": 4}',
    '{"id": "pay-3", "account": "grace", "amount": 9}',
]
RESET = "cases.worlds:orders_and_markers"
LOOKS_AT = {"totals": ["balance"]}
