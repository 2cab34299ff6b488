"""Functions of Terraform's language that depend on their arguments alone."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.deployment.values import Unresolved


def text_of(value: Any) -> str:
    """A value as it is written into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _merge(*maps: Any) -> Any:
    return {key: value for item in maps if isinstance(item, Mapping) for key, value in item.items()}


def _lookup(found: Any, key: Any, *default: Any) -> Any:
    if isinstance(found, Mapping) and key in found:
        return found[key]
    return default[0] if default else Unresolved(f"hangs on {key!r} of a map that does not have it")


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value not in (None, "")), None)


def _element(items: Any, index: Any) -> Any:
    return items[int(index) % len(items)]


def _format(spec: Any, *values: Any) -> str:
    given = iter(values)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = next(given)
        kind = match[0][-1]
        if kind in "vs":
            return (match[0][:-1] + "s") % text_of(value)
        if kind == "q":
            return json.dumps(text_of(value))
        return match[0] % (float(value) if kind in "feg" else int(value))

    return re.sub(r"%[-+ 0#]*\d*(?:\.\d+)?[vsdqfegxXob%]", one, str(spec))


def _flatten(items: Any) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        flat += _flatten(item) if isinstance(item, list) else [item]
    return flat


def _unique(items: Any) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _number(value: Any) -> Any:
    number = float(value)
    return int(number) if number.is_integer() else number


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _substr(text: Any, offset: Any, length: Any) -> str:
    start = int(offset)
    return str(text)[start:] if int(length) < 0 else str(text)[start : start + int(length)]


def _replace(text: Any, old: Any, new: Any) -> str:
    if len(str(old)) > 1 and str(old).startswith("/") and str(old).endswith("/"):
        return re.sub(str(old)[1:-1], str(new).replace("$", "\\"), str(text))
    return str(text).replace(str(old), str(new))


def _zipmap(keys: Any, values: Any) -> dict[Any, Any]:
    return dict(zip(keys, values, strict=True))


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "jsonencode": _json,
    "jsondecode": json.loads,
    "base64encode": lambda text: base64.b64encode(str(text).encode()).decode(),
    "tostring": text_of,
    "tonumber": _number,
    "tobool": lambda value: value in (True, "true"),
    "toset": _unique,
    "tolist": list,
    "tomap": dict,
    "merge": _merge,
    "concat": lambda *lists: list(itertools.chain(*lists)),
    "join": lambda separator, *lists: str(separator).join(
        text_of(item) for items in lists for item in items
    ),
    "split": lambda separator, text: str(text).split(str(separator)),
    "format": _format,
    "lower": lambda text: str(text).lower(),
    "upper": lambda text: str(text).upper(),
    "title": lambda text: str(text).title(),
    "trimspace": lambda text: str(text).strip(),
    "trim": lambda text, chars: str(text).strip(str(chars)),
    "trimprefix": lambda text, prefix: str(text).removeprefix(str(prefix)),
    "trimsuffix": lambda text, suffix: str(text).removesuffix(str(suffix)),
    "replace": _replace,
    "substr": _substr,
    "lookup": _lookup,
    "coalesce": _coalesce,
    "compact": lambda items: [item for item in items if item not in (None, "")],
    "element": _element,
    "flatten": _flatten,
    "distinct": _unique,
    "keys": sorted,
    "values": lambda found: [found[key] for key in sorted(found)],
    "zipmap": _zipmap,
    "length": len,
    "contains": lambda items, value: value in items,
    "max": max,
    "min": min,
    "ceil": lambda value: -int(-float(value) // 1),
    "floor": lambda value: int(float(value) // 1),
    "abs": abs,
    "range": lambda *ends: list(range(*map(int, ends))),
    "one": lambda items: items[0] if items else None,
    "sensitive": lambda value: value,
    "nonsensitive": lambda value: value,
    "abspath": lambda path: path,
    "basename": lambda path: str(path).rsplit("/", 1)[-1],
    "dirname": lambda path: str(path).rpartition("/")[0] or ".",
}
"""By name. What one raises for arguments it cannot take, the caller tells."""
