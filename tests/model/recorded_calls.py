"""Programs that make the calls of recordings, and return our answers under their labels.

Names are those of the recordings, without class and variant.
"""

from __future__ import annotations

import json

from sqs_account import bodies, in_group, text

ALL = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
FIFO = {"FifoQueue": "true"}
BY_CONTENT = {**FIFO, "ContentBasedDeduplication": "true"}
HIGH = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


def send_receive_max_number_of_messages(account):
    answer = account.receive(account.queue(), MaxNumberOfMessages=11)
    return {"send_max_number_of_messages": answer}


def send_oversized_message(account):
    attribute = {"MessageAttributes": {"k": text("x")}}
    return {"send_oversized_message": account.send(account.queue(), "a" * 1_048_569, **attribute)}


def send_message_with_updated_maximum_message_size(account):
    url = account.queue()
    account.set(url, MaximumMessageSize="1024")
    return {"send_oversized_message": account.send(url, "a" * 1_025)}


def send_message_batch_with_oversized_contents(account):
    entries = [{"Id": "1", "MessageBody": "a" * 1_048_576}, {"Id": "2", "MessageBody": "a"}]
    answer = account.batch("SendMessageBatch", account.queue(), entries)
    return {"send_oversized_message_batch": answer}


def send_message_batch_with_oversized_contents_with_updated_maximum_message_size(account):
    url = account.queue()
    account.set(url, MaximumMessageSize="2048")
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}
    entries = [
        {"Id": "1", "MessageBody": "a" * 2_040, "MessageAttributes": attributes},
        {"Id": "2", "MessageBody": "a"},
    ]
    return {"send_oversized_message_batch": account.batch("SendMessageBatch", url, entries)}


def create_and_update_queue_attributes(account):
    url = account.queue(
        MessageRetentionPeriod="604800", ReceiveMessageWaitTimeSeconds="10", VisibilityTimeout="20"
    )
    created = account.attributes(url)
    account.set(url, MaximumMessageSize="2048", VisibilityTimeout="69", DelaySeconds="420")
    return {
        "get_queue_attributes": created,
        "get_updated_queue_attributes": account.attributes(url),
    }


def fifo_queue_send_message_with_delay_seconds_fails(account):
    url = account.queue(**BY_CONTENT)
    return {"send_message": account.send(url, DelaySeconds=2, MessageGroupId="1")}


def fifo_message_attributes(account):
    url = account.queue(VisibilityTimeout="0", **BY_CONTENT)
    sent = account.send(url, "message-body-1", **in_group("group-1", "dedup-1"))
    received = [account.receive(url, AttributeNames=["All"]) for _ in range(2)]
    return {
        "send_message": sent,
        "receive_message_0": received[0],
        "receive_message_1": received[1],
    }


def fifo_set_content_based_deduplication_strategy(account):
    url = account.queue(**BY_CONTENT)
    before = account.attributes(url)
    account.set(url, ContentBasedDeduplication="false")
    return {"before-update": before, "after-update": account.attributes(url)}


def too_many_entries_in_batch_request(account):
    answer = account.batch("SendMessageBatch", account.queue(), bodies(20))
    return {"test_too_many_entries_in_batch_request": answer}


def invalid_batch_id(account):
    entries = [{"Id": f"message:{number}", "MessageBody": "m"} for number in range(2)]
    return {"test_invalid_batch_id": account.batch("SendMessageBatch", account.queue(), entries)}


def send_batch_missing_deduplication_id_for_fifo_queue(account):
    entries = [{**entry, "MessageGroupId": "g"} for entry in bodies(2)]
    answer = account.batch("SendMessageBatch", account.queue(**FIFO), entries)
    return {"test_missing_deduplication_id_for_fifo_queue": answer}


def send_batch_missing_message_group_id_for_fifo_queue(account):
    entries = [{**entry, "MessageDeduplicationId": entry["Id"]} for entry in bodies(2)]
    answer = account.batch("SendMessageBatch", account.queue(**FIFO), entries)
    return {"test_missing_message_group_id_for_fifo_queue": answer}


def send_batch_message_size(account):
    url = account.queue(MaximumMessageSize="1024")
    entries = [{"Id": "1", "MessageBody": "a" * 1_025}, {"Id": "2", "MessageBody": "a" * 1_024}]
    return {"send-message-batch-result": account.batch("SendMessageBatch", url, entries)}


def delete_message_batch_invalid_msg_id(account):
    ids = ("", "testLongId" * 10, "invalid:id")
    refused = [
        account.batch("DeleteMessageBatch", account.queue(), [{"Id": id_, "ReceiptHandle": "x"}])
        for id_ in ids
    ]
    assert refused[0] == refused[1] == refused[2]
    return {"error_response": refused[0]}


def delete_message_batch_with_too_large_batch(account):
    entries = [{"Id": str(number), "ReceiptHandle": "x"} for number in range(20)]
    return {"error_response": account.batch("DeleteMessageBatch", account.queue(), entries)}


def change_message_visibility_batch_with_too_large_batch(account):
    entries = [{"Id": str(number), "ReceiptHandle": "x"} for number in range(20)]
    operation = "ChangeMessageVisibilityBatch"
    return {"error_response": account.batch(operation, account.queue(), entries)}


def send_message_with_binary_attributes(account):
    url = account.queue()
    value = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    given = {"attr1": {"DataType": "Binary", "BinaryValue": value}}
    account.send(url, "test", MessageAttributes=given)
    return {"binary-attrs-msg": account.receive(url, MessageAttributeNames=["All"])}


def send_message_with_empty_string_attribute(account):
    given = {"ErrorDetails": text("")}
    return {"empty-string-attr": account.send(account.queue(), MessageAttributes=given)}


def dead_letter_queue_message_attributes(account):
    dlq = account.queue("dlq")
    policy = {"deadLetterTargetArn": account.arn("dlq"), "maxReceiveCount": 1}
    url = account.queue(RedrivePolicy=json.dumps(policy), VisibilityTimeout="1")
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    account.send(
        url,
        "message-1",
        MessageAttributes={"MyAttribute": text("foobar")},
        MessageSystemAttributes={"AWSTraceHeader": text(trace)},
    )
    account.send(url, "message-2")
    before = account.receive(url, MaxNumberOfMessages=10, **ALL)["Messages"]
    account.now_s = 2
    assert account.receive(url, MaxNumberOfMessages=10) == {}
    after = account.receive(dlq, MaxNumberOfMessages=10, **ALL)["Messages"]
    for message in (*before, *after):
        del message["Attributes"]["SenderId"]  # not asked for in the recording
    return {
        "dlq-arn": account.arn("dlq"),
        "sourcen-arn": account.arn("q"),
        "rec-pre-dlq": before,
        "dlq-messages": after,
    }


def successive_purge_calls_fail(account):
    url = account.queue()
    account.call("PurgeQueue", QueueUrl=url)
    return {"purge_queue_error": account.call("PurgeQueue", QueueUrl=url)}


def _deduplicated(account, url, sends):
    """Send, receive and delete in turn; what the receives answered."""
    answers = []
    for body, group, dedup in sends:
        account.send(url, body, **in_group(group, dedup))
        answers.append(account.receive(url))
        for message in answers[-1].get("Messages", []):
            handle = message["ReceiptHandle"]
            account.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
    return answers


def fifo_change_to_high_throughput_after_creation(account):
    url = account.queue(**FIFO)
    first = _deduplicated(account, url, [("Test1", "1", "d1"), ("Test2", "2", "d1")])
    account.set(url, **HIGH)
    changed = account.attributes(url)
    sends = [("Test1", "1", "d1"), ("Test3", "2", "d1"), ("Test4", "1", "d2"), ("Test5", "2", "d2")]
    later = _deduplicated(account, url, sends)
    return {
        "same-dedup-different-grp-1": first[0],
        "same-dedup-different-grp-2": first[1],
        "set-to-high-throughput": changed,
        "same-dedup-different-grp-high-throughput": later[0],
        "same-dedup-different-grp-high-throughput-2": later[1],
        "new-dedup2-high-throughput": later[2],
        "same-dedup2-high-throughput": later[3],
    }


def fifo_change_to_regular_throughput_after_creation(account):
    url = account.queue(**FIFO, **HIGH)
    first = _deduplicated(account, url, [("Test1", "1", "d1"), ("Test2", "2", "d1")])
    account.set(url, DeduplicationScope="queue", FifoThroughputLimit="perQueue")
    changed = account.attributes(url)
    (later,) = _deduplicated(account, url, [("Test3", "3", "d1")])
    return {
        "same-dedup-different-grp-1": first[0],
        "same-dedup-different-grp-2": first[1],
        "set-to-regular-throughput": changed,
        "same-dedup-different-grp-regular-throughput": later,
    }


def sqs_fifo_message_group_scope_no_throughput_setting(account):
    url = account.queue(DeduplicationScope="messageGroup", **BY_CONTENT)
    answers = _deduplicated(account, url, [("Test", "1", "d1"), ("Test", "2", "d1")])
    return {f"same-dedup-different-grp-{number}": it for number, it in enumerate(answers, 1)}


def receive_message_message_attribute_names_filters(account):
    url = account.queue(VisibilityTimeout="0")
    given = {"Help.Me": text("Me"), "Hello": text("There"), "General": text("Kenobi")}
    sent = account.send(url, "msg", MessageAttributes=given)
    asked = {
        "empty_filter": [],
        "all_name": ["All"],
        "all_wildcard_asterisk": [".*"],
        "all_wildcard": [".*"],
        "only_non_existing_names": ["Foo", "Help"],
        "only_existing": ["Hello", "General"],
        "existing_and_non_existing": ["Foo", "Hello"],
        "prefix_filter": ["Hel.*"],
        "illegal_name_1": ["AWS."],
        "illegal_name_2": [".foo"],
    }
    answers = {
        label: account.receive(url, MessageAttributeNames=names) for label, names in asked.items()
    }
    whole = ("empty_filter", "all_name", "illegal_name_1", "illegal_name_2")
    return {"send_message_response": sent} | {
        label: answer if label in whole else answer["Messages"][0]
        for label, answer in answers.items()
    }


def _system_attributes(account, key):
    url = account.queue(VisibilityTimeout="0")
    account.send(url, "msg", MessageAttributes={"Foo": text("Bar")})
    return {
        "all_attributes": account.receive(url, **{key: ["All"]}),
        "all_system_and_message_attributes": account.receive(
            url, MessageAttributeNames=["All"], **{key: ["All"]}
        ),
        "single_attribute": account.receive(url, **{key: ["SenderId"]}),
        "multiple_attributes": account.receive(url, **{key: ["SenderId", "SequenceNumber"]}),
    }


def receive_message_attribute_names_filters(account):
    return _system_attributes(account, "AttributeNames")


def receive_message_message_system_attribute_names_filters(account):
    return _system_attributes(account, "MessageSystemAttributeNames")


def message_system_attribute_names_with_attribute_names(account):
    url = account.queue(VisibilityTimeout="0")
    account.send(url, "msg")
    both = ("AttributeNames", "MessageSystemAttributeNames")
    return {
        "same_values": account.receive(url, **{key: ["All"] for key in both}),
        "different_values": account.receive(url, AttributeNames=["SenderId"], MessageSystemAttributeNames=["All"]),
    }  # fmt: skip


def non_existent_queue(account):
    url = account.queue()
    account.call("DeleteQueue", QueueUrl=url)
    return {
        "queue-does-not-exist": account.call("GetQueueUrl", QueueName="q"),
        "queue-does-not-exist-url": account.attributes(url),
    }


def send_receive_wait_time_seconds(account):
    url = account.queue()
    refused = [account.receive(url, WaitTimeSeconds=seconds) for seconds in (21, -1)]
    account.send(url, "message")
    account.send(url, "message")
    return {
        "recieve_message_error_too_large": refused[0],
        "recieve_message_error_too_small": refused[1],
        "empty_short_poll_by_default_resp": account.receive(url),
        "empty_short_poll_explicit_resp": account.receive(url, WaitTimeSeconds=0),
    }


def receive_empty_queue(account):
    url = account.queue()
    return {
        "empty_short_poll_resp_no_param": account.receive(url),
        "empty_short_poll_resp": account.receive(url, WaitTimeSeconds=0),
        "empty_long_poll_resp": account.receive(url, WaitTimeSeconds=1),
    }


def delete_after_visibility_timeout(account):
    url = account.queue(VisibilityTimeout="1")
    account.send(url)
    handle = account.receive(url)["Messages"][0]["ReceiptHandle"]
    account.now_s = 2
    account.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
    return {"delete_after_timeout_queue_empty": account.receive(url)}


def aws_trace_header_propagation(account):
    url = account.queue()
    trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    account.send(
        url,
        "test",
        MessageAttributes={"timestamp": {"DataType": "Number", "StringValue": "1614717034367"}},
        MessageSystemAttributes={"AWSTraceHeader": text(trace)},
    )
    asked = ["SentTimestamp", "AWSTraceHeader"]
    (message,) = account.receive(url, MessageAttributeNames=["All"], AttributeNames=asked)[
        "Messages"
    ]
    return {"xray-msg": message}


def fifo_queue_send_message_with_zero_delay_defaults_to_queue_delay(account):
    url = account.queue(DelaySeconds="2", **BY_CONTENT)
    sent = account.send(url, "message-1", DelaySeconds=0, MessageGroupId="1")
    early = account.receive(url)
    account.now_s = 2
    return {
        "send_message_result": sent,
        "receive_message_initial_result": early,
        "receive_message_after_delay_result": account.receive(url),
    }


def set_queue_attributes_default_values(account):
    url = account.queue()
    initial = account.attributes(url)
    account.set(url, KmsMasterKeyId="testKeyId", KmsDataKeyReusePeriodSeconds="6000")
    updated = account.attributes(url)
    account.set(url, KmsMasterKeyId="", KmsDataKeyReusePeriodSeconds="", RedrivePolicy="")
    return {
        "get-queue-attributes-initial-values": initial,
        "get-queue-attributes-after-update": updated,
        "get-queue-attributes-after-set-to-defaults": account.attributes(url),
    }
