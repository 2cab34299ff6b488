"""What a sandbox remembers from one invocation to the next."""

BODIES = [
    '{"id": "o-1", "tenant": "acme", "customer": "ada", "amount": 25}',
    '{"id": "o-2", "tenant": "globex", "customer": "grace", "amount": 7}',
    '{"id": "o-3", "tenant": "acme", "customer": "ada", "amount": 12}',
]
RESET = "cases.worlds:tenants"
