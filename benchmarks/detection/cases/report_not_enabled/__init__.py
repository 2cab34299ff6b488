"""The event source mapping does not ask for reports: Lambda reads none."""

RULES = ("SQSC401",)
BODIES = [
    '{"id": "o-1001", "customer": "ada", "amount": 25}',
    '{"id": "o-1002", "customer": "grace", "amount": 7}',
]
RESET = "cases.store:reset"
EFFECTS = "cases.store:effects"
DEPLOYMENT = {"report_batch_item_failures": False}
