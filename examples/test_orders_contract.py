"""The shop's contract, as a team would write it."""

from sqs_contract import Contract

contract = Contract(
    "shop.orders:handler",
    deployment="template.yaml#OrdersFunction",
    bodies="bodies.json",
    reset="shop.testing:empty_tables",
)


@contract.parametrize()
def test_orders(clause):
    clause.check()
