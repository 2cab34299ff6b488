"""What stands around the message: notifications of S3, with a test message and encoded keys."""

POISON = "none"
"""What a bucket sends is never malformed."""

BODIES = [
    '{"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "uploads"}, "object": {"key": "in/a.pdf", "size": 20}}}]}',
    '{"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "uploads"}, "object": {"key": "in/april+report.pdf", "size": 31}}}]}',
    '{"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "uploads"}, "object": {"key": "in/b.pdf", "size": 20}}}, {"eventSource": "aws:s3", "eventName": "ObjectCreated:Copy", "s3": {"bucket": {"name": "uploads"}, "object": {"key": "in/c%2Bd.pdf", "size": 22}}}]}',
    '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-02-03T10:11:12.000Z", "Bucket": "uploads", "RequestId": "9Z8Y7X", "HostId": "abc="}',
]
RESET = "cases.worlds:uploads"
