"""Messages become visible again while they are still being worked on."""

RULES = ("SQSC101",)
BODIES = [
    '{"id": "v-1", "customer": "ada", "minutes": 3}',
    '{"id": "v-2", "customer": "grace", "minutes": 5}',
    '{"id": "v-3", "customer": "edsger", "minutes": 2}',
]
RESET = "cases.worlds:orders_and_markers"
