"""How the handlers of this project reach out: a client of a service that has no library."""

from gateway import ledger


class GatewayDown(Exception):
    """What the client raises when the service does not answer."""


def charge(order_id, amount=1):
    ledger.CHARGES[order_id] = amount
    return "charged"


async def charge_later(order_id):
    ledger.CHARGES[order_id] = "later"
    return "charged"


def charges():
    yield from ledger.CHARGES


class Client:
    def send(self, order_id):
        return charge(order_id)

    @staticmethod
    def ping(order_id):
        return charge(order_id)

    @classmethod
    def make(cls, order_id):
        return charge(order_id)


NOT_A_FUNCTION = 3
