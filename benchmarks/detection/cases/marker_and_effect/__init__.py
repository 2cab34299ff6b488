"""What marks a message as done, and what does it, are two steps."""

BODIES = [
    '{"id": "p-1", "account": "ada", "points": 10}',
    '{"id": "p-2", "account": "grace", "points": 5}',
]
RESET = "cases.worlds:orders_and_markers"
LOOKS_AT = {"totals": ["points"]}
