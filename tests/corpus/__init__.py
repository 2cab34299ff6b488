"""Handlers with a known truth: each module says in `BREAKS` which clauses its handler breaks.

A handler with an empty `BREAKS` is correct and must never be accused. Other
settings a module may have: `BODIES`, `EFFECTS`, `RESET`, `DEPLOYMENT` (flags of
`sqs_contract.deployment`), `POISON`.
"""
