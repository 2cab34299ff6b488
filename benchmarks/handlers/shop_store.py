"""A shop in memory: four functions that reach out, and what they leave behind."""

ORDERS: dict[str, str] = {}
STOCK: dict[str, int] = {}
CHARGES: dict[str, int] = {}
PARCELS: dict[str, str] = {}


def reset() -> None:
    """An empty shop."""
    for table in (ORDERS, STOCK, CHARGES, PARCELS):
        table.clear()


def effects() -> dict[str, object]:
    """All that is in it."""
    return {"orders": ORDERS, "stock": STOCK, "charges": CHARGES, "parcels": PARCELS}


def find(order: str) -> str | None:
    """How far the order is."""
    return ORDERS.get(order)


def reserve(order: str) -> None:
    """Take its goods from the shelf."""
    STOCK[order] = 1


def charge(order: str) -> None:
    """Take the money; the order's name is the key under which it is taken once."""
    CHARGES.setdefault(order, 100)


def send(order: str) -> None:
    """Send the parcel, and the order is done."""
    PARCELS[order] = "sent"
    ORDERS[order] = "done"
