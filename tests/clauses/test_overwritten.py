"""`no-loss` where two messages are handled at once, and part of the work of one is written over."""

from __future__ import annotations

import textwrap

import pytest

from sqs_contract import Contract, Deployment
from sqs_contract.clauses.verdict import Verdict
from sqs_contract.oracle.overwritten import overwritten

SHOP = """
    ledger, accounts, seen = {}, {}, []

    def reset():
        ledger.clear()
        accounts.clear()
        seen.clear()

    def effects():
        return {"ledger": ledger, "accounts": accounts, "seen": seen}

    def enter(order, customer):
        ledger[order] = customer

    def read(customer):
        orders = [order for order, whose in ledger.items() if whose == customer]
        return orders, accounts.get(customer, {"orders": [], "version": 0})

    def write(customer, account, expected=None):
        now = accounts.get(customer, {"version": 0})["version"]
        if expected is not None and now != expected:
            raise RuntimeError("somebody else was faster")
        accounts[customer] = account

    def book(order, customer):
        ledger[order] = customer
        account = accounts.setdefault(customer, {"orders": [], "version": 0})
        if order not in account["orders"]:
            account["orders"].append(order)
            account["version"] += 1

    def enter_with(order, customer, orders):
        ledger[order] = customer
        seen.append([order, len(orders)])
"""

HEAD = """
    import json
    from shop import book, enter, enter_with, ledger, read, write

    def handler(event, context):
        failed = []
        for record in event["Records"]:
            data = json.loads(record["body"])
            try:
                work(data["orderId"], data["customerId"])
            except RuntimeError:
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}
"""

STALE = """
    def work(order, customer):
        enter(order, customer)
        orders, account = read(customer)
        write(customer, {"orders": orders, "version": account["version"] + 1})
"""

GUARDED = """
    def work(order, customer):
        enter(order, customer)
        orders, account = read(customer)
        if account["orders"] == orders:
            return
        new = {"orders": orders, "version": account["version"] + 1}
        write(customer, new, expected=account["version"])
"""

ATOMIC = """
    def work(order, customer):
        book(order, customer)
"""

SEEING_HALF = """
    def work(order, customer):
        if order not in ledger:
            orders, _ = read(customer)
            enter_with(order, customer, orders)
"""


@pytest.fixture
def verdict_on(in_tmp_path):
    def judge(work, *bodies, fifo=False):
        (in_tmp_path / "shop.py").write_text(textwrap.dedent(SHOP), encoding="utf-8")
        text = textwrap.dedent(HEAD) + textwrap.dedent(work)
        (in_tmp_path / "shop_handler.py").write_text(text, encoding="utf-8")
        [clause] = (
            Contract(
                "shop_handler:handler",
                bodies=list(bodies),
                effects="shop:effects",
                reset="shop:reset",
                fault_sites=[
                    "shop:enter",
                    "shop:read",
                    "shop:write",
                    "shop:book",
                    "shop:enter_with",
                ],
                deployment=Deployment.of(report_batch_item_failures=True, fifo=fifo),
                clauses=["no-loss"],
                max_examples=100 if fifo else 0,
            )
            .verify()
            .clauses
        )
        return clause

    return judge


TWO_OF_ONE_CUSTOMER = (
    '{"orderId": "o-1", "customerId": "c"}',
    '{"orderId": "o-2", "customerId": "c"}',
)
ONE = '{"orderId": "o-1", "customerId": "c"}'
THE_NEXT_IS_ANOTHERS = (ONE, '{"orderId": "o-2", "customerId": "d"}')


@pytest.mark.parametrize(
    "bodies",
    [TWO_OF_ONE_CUSTOMER, (ONE,), THE_NEXT_IS_ANOTHERS],
    ids=["given", "made from one", "made where the next is another's"],
)
def test_an_account_that_lacks_what_the_ledger_has_is_a_lost_update(verdict_on, bodies):
    clause = verdict_on(STALE, *bodies)
    assert clause.verdict is Verdict.VIOLATED
    [finding] = clause.findings
    assert finding.violation.mode == "overwritten"
    assert finding.violation.claim == (
        "m2 is lost: it was done, and what was handled at the same time wrote over it."
    )


@pytest.mark.parametrize("work", [GUARDED, ATOMIC], ids=["on a condition", "in one step"])
@pytest.mark.parametrize("bodies", [TWO_OF_ONE_CUSTOMER, (ONE,)], ids=["two", "one"])
def test_an_account_changed_on_a_condition_or_in_one_step_loses_nothing(verdict_on, work, bodies):
    assert verdict_on(work, *bodies).verdict is Verdict.HELD


def test_that_neither_saw_the_other_is_no_loss(verdict_on):
    """No order of the two leaves such notes, and nothing is missing for that."""
    assert verdict_on(SEEING_HALF, *TWO_OF_ONE_CUSTOMER).verdict is Verdict.HELD


ONE_OF_TWO = frozenset({"m1"})
BOTH = frozenset({"m1", "m2"})
STATES = [
    (frozenset(), {"ledger": [], "sums": {}}),
    (ONE_OF_TWO, {"ledger": ["a"], "sums": {"ada": 5}}),
    (frozenset({"m2"}), {"ledger": ["b"], "sums": {"ada": 7}}),
    (BOTH, {"ledger": ["a", "b"], "sums": {"ada": 12}}),
]


@pytest.mark.parametrize(
    ("world", "lacking"),
    [
        ({"ledger": ["a", "b"], "sums": {"ada": 5}}, {"m2"}),
        ({"ledger": ["b", "a"], "sums": {"ada": 7}}, {"m1"}),
        ({"ledger": ["a", "b"], "sums": {"ada": 12}}, set()),
        ({"ledger": ["a", "b"], "sums": {"ada": 13}}, set()),
        ({"ledger": ["a", "b", "b"], "sums": {"ada": 5}}, set()),
    ],
    ids=["second", "first", "none", "what nothing explains", "an element too many"],
)
def test_what_something_in_the_world_lacks(world, lacking):
    assert overwritten(world, STATES, BOTH) == lacking


def test_on_a_fifo_queue_the_message_group_may_keep_apart_what_shares_something(verdict_on):
    """The way out that the report names: the key they share as message group. Which group a
    message is of its producer says, and the bodies do not."""
    clause = verdict_on(
        STALE, *TWO_OF_ONE_CUSTOMER, '{"orderId": "o-3", "customerId": "c"}', fifo=True
    )
    assert clause.verdict is Verdict.HELD
