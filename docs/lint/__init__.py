"""The page of all rules about settings: `python -m docs.lint` writes docs/lint.md anew."""
