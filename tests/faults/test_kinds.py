"""Which faults there can be where, told from the label alone; and the errors services give."""

from __future__ import annotations

import boto3
import pytest

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.kinds import drawn_kinds, explored_kinds, only_reads, possible_kinds
from sqs_contract.faults.service_errors import failure_of, throttle_of
from sqs_contract.faults.sites.statements import statement_label
from sqs_contract.faults.sites.uncovered import uncovered_libraries
from sqs_contract.scenario import CALL_FAULTS, Fault, FaultKind
from sqs_contract.world.clock import VirtualClock

PARTIAL = {FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE}
LABELS = (
    "dynamodb.PutItem orders a", "dynamodb.BatchWriteItem orders", "dynamodb.GetItem orders a",
    "http.POST pay.example.com/charges", "http.GET pay.example.com/rates", "sqlite3.COMMIT",
    "psycopg.INSERT orders a", "pymysql.connect", "redis.SET a", "redis.GET a",
    "shop.gateway:charge a", "otel.pymemcache set",
)  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_what_is_explored_is_possible_and_what_is_possible_is_drawn(label):
    assert set(explored_kinds(label)) <= possible_kinds(label) <= CALL_FAULTS
    assert set(drawn_kinds(label)) == possible_kinds(label)


@pytest.mark.parametrize("label", LABELS)
def test_each_place_is_made_to_fail_and_is_where_a_sandbox_dies(label):
    assert {FaultKind.CALL_FAILS, FaultKind.TIMEOUT_BEFORE} <= set(explored_kinds(label))


@pytest.mark.parametrize("label", LABELS)
def test_of_a_call_that_only_reads_no_answer_is_lost(label):
    assert (FaultKind.ANSWER_LOST in explored_kinds(label)) is not only_reads(label)


def test_only_calls_with_entries_fail_in_part():
    found = [label for label in LABELS if possible_kinds(label) >= PARTIAL]
    assert found == ["dynamodb.BatchWriteItem orders"]
    assert set(explored_kinds("dynamodb.BatchGetItem orders")) > PARTIAL


def test_what_goes_the_way_of_another_fault_is_only_drawn():
    for kind in (FaultKind.SLOW, FaultKind.CALL_THROTTLED, FaultKind.KILLED_AFTER):
        assert kind not in explored_kinds("dynamodb.PutItem orders a")
        assert kind in drawn_kinds("dynamodb.PutItem orders a")


def test_a_throttled_transaction_looks_like_a_failed_condition_and_is_tried_everywhere():
    assert FaultKind.CALL_THROTTLED in explored_kinds("dynamodb.TransactWriteItems orders a")
    assert FaultKind.CALL_THROTTLED not in explored_kinds("dynamodb.TransactGetItems orders a")


def test_a_fault_that_cannot_be_there_passes_the_call_by():
    """As in a scenario written by hand: then it is told that it never struck."""
    gate = Gate(VirtualClock())
    gate.begin_run([Fault(kind=FaultKind.PARTLY_FAILS, site="sqs.SendMessage q")], lambda _: None)
    gate.begin_invocation(1, lambda: None)
    assert gate.enter("sqs.SendMessage q").fault is None


def test_a_slow_call_takes_most_of_the_time_that_is_left_and_never_all_of_it():
    clock = VirtualClock()
    gate = Gate(clock)
    gate.begin_run([Fault(kind=FaultKind.SLOW, site="a", nth=n) for n in (1, 2)], lambda _: None)
    gate.begin_invocation(1, lambda: None)
    clock.deadline_us = clock.now_us + 4_001_000
    assert gate.enter("a").took_us == 3_000_000
    clock.deadline_us = clock.now_us + 900_000_000
    assert gate.enter("a").took_us == 30_000_000


@pytest.mark.parametrize(
    ("service", "operation", "fails", "throttled"),
    [
        ("dynamodb", "PutItem", "InternalServerError", "ProvisionedThroughputExceededException"),
        ("sqs", "SendMessage", "ServiceUnavailable", "RequestThrottled"),
        ("s3", "PutObject", "InternalError", "SlowDown"),
        ("sns", "Publish", "InternalError", "Throttled"),
        ("kinesis", "PutRecords", "InternalFailure", "ProvisionedThroughputExceededException"),
        ("lambda", "Invoke", "ServiceException", "TooManyRequestsException"),
        ("events", "PutEvents", "InternalException", "ThrottlingException"),
        ("secretsmanager", "GetSecretValue", "InternalServiceError", "ThrottlingException"),
        ("stepfunctions", "StartExecution", "ServiceUnavailable", "ThrottlingException"),
    ],
)
def test_errors_are_those_the_service_gives(service, operation, fails, throttled):
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    model = client.meta.service_model.operation_model(operation)
    assert (failure_of(model).code, throttle_of(model, {}).code) == (fails, throttled)
    assert failure_of(model).status >= 500


@pytest.mark.parametrize(
    ("statement", "parameters", "label"),
    [
        ("insert into orders values (?)", ("a1",), "db.INSERT orders a1"),
        ("  -- why\n INSERT INTO shop.orders (id) VALUES (1)", None, "db.INSERT shop.orders"),
        ("update orders set n = n + 1 where id = :id", {"id": 7}, "db.UPDATE orders 7"),
        ("update accounts set n = ?, m = ? where id = ?", (9, 8, "a1"), "db.UPDATE accounts a1"),
        ("update accounts set n = %s where id = %s", [9, "a1"], "db.UPDATE accounts a1"),
        ("update t set n = :n where id = :id", {"n": 9, "id": "a1"}, "db.UPDATE t a1"),
        ("update t set n = %(n)s where id = %(id)s", {"n": 9, "id": "a1"}, "db.UPDATE t a1"),
        ("update t set n = ?", (9,), "db.UPDATE t 9"),
        ("DELETE FROM `orders` WHERE id = %s", ["x"], "db.DELETE orders x"),
        ("select * from orders", (), "db.SELECT orders"),
        ("(select 1)", (), "db.SELECT"),
        ("with t as (select 1) insert into orders select * from t", (), "db.INSERT orders"),
        ("with t as (select 1) select * from t", (), "db.SELECT t"),
        ("create table if not exists orders (id text)", None, "db.CREATE orders"),
        (b"commit", None, "db.COMMIT"),
        ("END", None, "db.COMMIT"),
        ("", None, "db.STATEMENT"),
        ("begin immediate", None, None),
        ("ROLLBACK", None, None),
        ("pragma journal_mode = wal", None, None),
        ("set time zone 'UTC'", None, None),
        ("insert into t values (?)", "text", "db.INSERT t"),
        ("insert into t values (?)", (None, True, "k"), "db.INSERT t k"),
        ("insert into t values (?)", iter(["not", "read"]), "db.INSERT t"),
    ],
)
def test_a_statement_is_named_by_its_verb_its_table_and_its_key(statement, parameters, label):
    assert statement_label("db", statement, parameters) == label


def test_a_library_that_is_used_and_not_covered_is_known_by_its_import():
    imports = ["pymongo.collection", "requests", "google.cloud.storage", "pika", "pikachu", "json"]
    assert [*uncovered_libraries(imports)] == ["google.cloud", "pika", "pymongo"]
