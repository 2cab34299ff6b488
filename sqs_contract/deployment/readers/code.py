"""Where code lies on this machine."""

from __future__ import annotations

from pathlib import Path

from sqs_contract.deployment.resources import Code


def found(path: Path) -> Code:
    """The code at a path, if there is any: a folder, a zip, or the folder of a file."""
    if not path.exists():
        return Code(missing=f"is to be in {str(path)!r}, and there is no such place")
    return Code(path=path if path.is_dir() or path.suffix == ".zip" else path.parent)
