"""What is reported on a FIFO queue, and what is done after a failure."""

BODIES = [
    '{"event_id": "e-1", "order": "o-1", "status": "placed"}',
    '{"event_id": "e-2", "order": "o-1", "status": "paid"}',
    '{"event_id": "e-3", "order": "o-2", "status": "placed"}',
]
RESET = "cases.worlds:orders"
DEPLOYMENT = {"fifo": True, "content_based_deduplication": True}
