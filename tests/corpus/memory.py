"""A world in memory: a store that outlives any sandbox."""

ROWS: list = []
KEYED: dict = {}


def effects():
    """Everything stored."""
    return {"rows": ROWS, "keyed": KEYED}


def reset() -> None:
    """Forget everything."""
    ROWS.clear()
    KEYED.clear()
