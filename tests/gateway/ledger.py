"""What the service holds: the world of this project."""

CHARGES = {}


def reset():
    CHARGES.clear()


def effects():
    return dict(CHARGES)
