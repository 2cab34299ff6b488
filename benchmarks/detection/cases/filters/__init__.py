"""A filter of the mapping: what does not match it is deleted, and no handler sees it."""

RULES = ("SQSC608",)
BODIES = [
    '{"type": "order_placed", "id": "o-1001", "amount": 25}',
    '{"type": "order_placed", "id": "o-1002", "amount": "7"}',
    '{"type": "order_changed", "id": "o-1001", "amount": 30}',
    '{"type": "heartbeat", "at": "2026-02-03T10:11:12Z"}',
]
RESET = "cases.worlds:orders"
