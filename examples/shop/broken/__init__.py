"""The shop's handler, broken. Each module is broken in one way and names the clause it breaks."""
