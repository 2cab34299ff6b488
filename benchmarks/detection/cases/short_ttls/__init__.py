"""What tells a duplicate is forgotten before the duplicate comes."""

BODIES = [
    '{"id": "pay-1", "account": "ada", "amount": 30}',
    '{"id": "pay-2", "account": "grace", "amount": 4}',
]
RESET = "cases.worlds:shipping_and_totals"
DEPLOYMENT = {"function_timeout": 120, "visibility_timeout": 900}
