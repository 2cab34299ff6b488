"""Where the files of a Terraform module lie: beside the files that call it, or where
`terraform init` put what it downloaded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

_INDEX: Final = re.compile(r"\[[^\]]*\]")
_LIST: Final = Path(".terraform", "modules", "modules.json")


def folder_of(source: Any, folder: Path, root: Path, address: str) -> Path | None:
    """The folder of a module; `None` where it is not on this machine.

    Args:
        source: what the call says.
        folder: of the files that call it.
        root: where Terraform is run.
        address: of the module: `module.shop.module.queue`.
    """
    if isinstance(source, str) and source.startswith("."):
        return folder / source
    named = _INDEX.sub("", address).removeprefix("module.").replace(".module.", ".")
    for item in _downloaded(root / _LIST):
        directory = item.get("Dir")
        if item.get("Key") == named and isinstance(directory, str):
            found = root / directory
            return found if any(found.glob("*.tf")) else None
    return None


def _downloaded(path: Path) -> list[dict[str, Any]]:
    """What `terraform init` says it downloaded."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    modules = data.get("Modules") if isinstance(data, dict) else None
    return [item for item in modules if isinstance(item, dict)] if isinstance(modules, list) else []
