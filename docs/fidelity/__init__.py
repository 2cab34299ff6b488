"""The fidelity table: which rules of AWS the model keeps, and which test proves it.

`python -m docs.fidelity` writes docs/fidelity.md anew, from the rules in
rules.toml and from what code and tests say of themselves by citing them.
"""
