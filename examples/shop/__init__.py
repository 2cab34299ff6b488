"""A small shop: orders arrive in a queue and are booked in two tables."""
