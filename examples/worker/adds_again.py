"""Broken: an order that comes again is added to the total again."""

from worker import loop


def book(books, order):
    """Write the order, and add to the customer's total."""
    with books:
        books.execute(
            "INSERT OR REPLACE INTO orders VALUES (?, ?)", (order["order_id"], order["amount"])
        )
        books.execute(
            "INSERT INTO totals VALUES (?, ?) "
            "ON CONFLICT (customer) DO UPDATE SET total = total + excluded.total",
            (order["customer"], order["amount"]),
        )


if __name__ == "__main__":
    loop.book = book
    loop.main()
