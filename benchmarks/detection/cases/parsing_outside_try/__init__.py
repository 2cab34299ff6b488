"""Something that depends on the body is done outside the try."""

BODIES = [
    '{"id": "t-1", "priority": 2, "subject": "printer on fire"}',
    '{"id": "t-2", "priority": 1, "subject": "cannot log in"}',
    '{"id": "t-3", "priority": 3, "subject": "new chair"}',
]
RESET = "cases.worlds:orders"
