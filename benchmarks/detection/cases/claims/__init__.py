"""Who works on a message claims it first."""

BODIES = [
    '{"id": "pay-1", "account": "ada", "amount": 30}',
    '{"id": "pay-2", "account": "grace", "amount": 4}',
]
RESET = "cases.worlds:orders_and_markers"
LOOKS_AT = {"totals": ["paid"]}
