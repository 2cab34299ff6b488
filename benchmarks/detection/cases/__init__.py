"""Consumers with a known truth: one folder for each class of bugs, three handlers in each.

A module says in `BREAKS` which clauses are the right ones to accuse it by (any of them will
do); an empty `BREAKS` is a correct twin, that nobody may accuse. `BODIES`, `RESET`, `EFFECTS` and
`DEPLOYMENT` say how it is run, here or in the folder's `__init__`, which goes for all three.
`LOOKS_AT` and `EXPECTED_FROM` say what the tests of today look at (see `catalogue.Case`).
"""
