"""Numbers with a fraction, numbers as text, fields that are null or not there."""

BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25, "coupon": {"code": "SPRING"}}',
    '{"id": "o-1002", "customer": "grace", "amount": 19.99, "coupon": {"code": "SUMMER"}}',
    '{"id": "o-1003", "customer": "edsger", "amount": 12, "coupon": null}',
    '{"id": "o-1004", "customer": "barbara", "amount": 8}',
]
RESET = "cases.worlds:orders"
