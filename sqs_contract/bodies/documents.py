"""Documents that describe messages: JSON Schema, AsyncAPI, message pacts. Told apart by what they
say they are; read as plain data into examples of bodies, or a schema of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_DRAFT: Final = "json-schema.org"
_REF: Final = "#/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Messages of one kind, as a document describes them.

    Attributes:
        name: what the document calls them.
        examples: bodies: texts, or JSON data.
        schema: a JSON Schema of the bodies, whole in itself; `None` where there is none.
        channel: the address they are sent to, if the document tells one.
    """

    name: str
    examples: tuple[Any, ...] = ()
    schema: Mapping[str, Any] | bool | None = None
    channel: str | None = None


def describe(data: Any) -> list[Described] | None:
    """The messages a document describes; `None` if it is no such document."""
    if not isinstance(data, Mapping):
        return None
    if "asyncapi" in data:
        return list(_async_api(data))
    if "pactSpecification" in _mapping(data.get("metadata")) or (
        {"consumer", "provider"} <= set(data) and {"messages", "interactions"} & set(data)
    ):
        return list(_pact(data))
    if _DRAFT in str(data.get("$schema", "")):
        return [Described(name=str(data.get("title", "the schema")), schema=_plain(data))]
    return None


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its definitions under `$defs`, and without what says nothing of values."""
    left_out = ("$schema", "$id", "definitions")
    plain = {key: value for key, value in schema.items() if key not in left_out}
    if "definitions" in schema:
        plain["$defs"] = {**_mapping(schema.get("$defs")), **_mapping(schema["definitions"])}
    moved: Mapping[str, Any] = _with_refs(plain, "#/definitions/", "#/$defs/")
    return moved


def _with_refs(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {
            key: item.replace(old, new, 1)
            if key == "$ref" and isinstance(item, str) and item.startswith(old)
            else _with_refs(item, old, new)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_refs(item, old, new) for item in value]
    return value


def _async_api(document: Mapping[str, Any]) -> Iterator[Described]:
    """The messages of an AsyncAPI document, 2.x or 3.x, channel by channel."""
    for key, given in _mapping(document.get("channels")).items():
        channel = _mapping(_at(document, given))
        address = str(channel.get("address") or key)
        for name, message in _messages_of(document, channel):
            yield _message(document, name, message, address)


def _messages_of(
    document: Mapping[str, Any], channel: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, given in _mapping(channel.get("messages")).items():  # 3.x
        yield str(name), _mapping(_at(document, given))
    for operation in ("subscribe", "publish"):  # 2.x
        given = _mapping(_mapping(channel.get(operation)).get("message"))
        for one in given["oneOf"] if isinstance(given.get("oneOf"), list) else [given]:
            message = _mapping(_at(document, one))
            if message:
                yield str(message.get("name") or operation), message


def _message(
    document: Mapping[str, Any], name: str, message: Mapping[str, Any], address: str
) -> Described:
    payload = _at(document, message.get("payload"))
    if isinstance(payload, Mapping) and "schemaFormat" in payload:
        payload = payload.get("schema")
    examples = tuple(
        one["payload"]
        for one in message.get("examples") or ()
        if isinstance(one, Mapping) and "payload" in one
    )
    schema = _whole(document, payload) if isinstance(payload, Mapping | bool) else None
    return Described(
        name=str(message.get("name") or name), examples=examples, schema=schema, channel=address
    )


def _whole(document: Mapping[str, Any], schema: Any) -> Any:
    """A schema with all it refers to elsewhere in the document, under `$defs`."""
    definitions: dict[str, Any] = {}

    def moved(value: Any) -> Any:
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_REF):
                name = reference.removeprefix(_REF).replace("/", ".")
                if name not in definitions:
                    definitions[name] = True
                    definitions[name] = moved(_at(document, value))
                return {"$ref": f"#/$defs/{name}"}
            return {
                key: moved(item)
                for key, item in value.items()
                if not (isinstance(key, str) and key.startswith("x-"))
            }
        if isinstance(value, list):
            return [moved(item) for item in value]
        return value

    whole = moved(schema)
    return {**whole, "$defs": definitions} if definitions and isinstance(whole, dict) else whole


def _at(document: Mapping[str, Any], value: Any) -> Any:
    """What a reference inside of the document stands for; anything else as it is."""
    for _ in range(16):  # a reference to a reference; one that leads back to itself ends
        reference = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith(_REF):
            return value
        value = document
        for part in reference.removeprefix(_REF).split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            value = value.get(key) if isinstance(value, Mapping) else None
    return None


def _pact(document: Mapping[str, Any]) -> Iterator[Described]:
    """The messages of a pact: of version 3 under `messages`, of version 4 among the interactions."""
    interactions = [*_list(document.get("messages")), *_list(document.get("interactions"))]
    for one in interactions:
        if not isinstance(one, Mapping) or "contents" not in one:
            continue
        contents = one["contents"]
        if isinstance(contents, Mapping) and {"content", "contentType"} & set(contents):
            contents = _decoded(contents)
        if contents is not None:
            yield Described(name=str(one.get("description", "a message")), examples=(contents,))


def _decoded(contents: Mapping[str, Any]) -> Any:
    """The content of a version 4 message, which may be encoded."""
    content, encoded = contents.get("content"), contents.get("encoded", False)
    if encoded and encoded != "JSON" and isinstance(content, str):
        try:
            content = base64.b64decode(content, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
    if isinstance(content, str) and encoded == "JSON":
        try:
            return json.loads(content)
        except json.JSONDecodeError:
            return content
    return content


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
