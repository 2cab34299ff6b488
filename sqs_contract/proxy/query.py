"""The older protocol of SQS: forms in, XML out, by botocore's model with the names it had then."""

from __future__ import annotations

import base64
import copy
import functools
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

Parameters = dict[str, Any]

XML_ESCAPES: Final = {"\r": "&#13;"}
"""A parser of XML takes a bare carriage return for a line feed, and the digest is wrong then."""


_LIST_NAMES: Final[Mapping[str, str]] = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "AttributeName",
    "QueueUrlList": "QueueUrl",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
}
"""What an entry of a list is called in the query protocol, where its own shape's name is not it."""

_MAP_NAMES: Final[Mapping[str, tuple[str, str, str]]] = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}
_MEMBER_NAMES: Final[Mapping[tuple[str, str], str]] = {
    # Beside AttributeNames, in the same request.
    ("ReceiveMessageRequest", "MessageSystemAttributeNames"): "MessageSystemAttributeName",
}


@functools.cache
def model() -> Any:
    """Botocore's model of SQS as it is installed."""
    import botocore.session  # noqa: PLC0415  heavy

    return botocore.session.get_session().get_service_model("sqs")


@functools.cache
def query_model() -> Any:
    """The same service as the older protocol has it."""
    from botocore.model import ServiceModel  # noqa: PLC0415  heavy

    description = copy.deepcopy(model()._service_description)
    description["metadata"] |= {"protocol": "query", "protocols": ["query"]}
    shapes = description["shapes"]
    for name, shape in shapes.items():
        match shape["type"]:
            case "list":
                member = shape["member"]
                member["locationName"] = _LIST_NAMES.get(name, member["shape"])
                shape["flattened"] = True
            case "map":
                own, key, value = _MAP_NAMES[name]
                shape["locationName"], shape["flattened"] = own, True
                shape["key"]["locationName"], shape["value"]["locationName"] = key, value
            case "structure":
                for member_name, member in shape["members"].items():
                    _name_member(name, member_name, member, shapes[member["shape"]])
            case _:
                pass
    for name, operation in description["operations"].items():
        if "output" in operation:
            operation["output"]["resultWrapper"] = f"{name}Result"
    return ServiceModel(description, "sqs")


def _name_member(owner: str, name: str, member: dict[str, Any], shape: Mapping[str, Any]) -> None:
    if shape["type"] == "map":
        member["locationName"] = _MAP_NAMES[member["shape"]][0]
    elif (owner, name) in _MEMBER_NAMES:
        member["locationName"] = _MEMBER_NAMES[owner, name]


def _read(form: Mapping[str, str], shape: Any, prefix: str) -> Any:
    match shape.type_name:
        case "structure":
            return read_structure(form, shape, prefix)
        case "list":
            return _read_list(form, shape, prefix)
        case "map":
            return _read_map(form, shape, prefix)
        case "integer" | "long":
            try:
                return int(form[prefix])
            except ValueError:
                return form[prefix]  # the endpoint says what is wrong with it
        case "boolean":
            return form[prefix] == "true"
        case _:
            return form[prefix]


def read_structure(form: Mapping[str, str], shape: Any, prefix: str) -> Parameters:
    """What a form says of a structure whose names all begin like this."""
    found: Parameters = {}
    for name, member in shape.members.items():
        place = f"{prefix}.{_name_in_query(member, name)}".lstrip(".")
        if any(key == place or key.startswith(f"{place}.") for key in form):
            found[name] = _read(form, member, place)
    return found


def _read_list(form: Mapping[str, str], shape: Any, prefix: str) -> list[Any]:
    return [_read(form, shape.member, place) for place in _numbered(form, prefix)]


def _read_map(form: Mapping[str, str], shape: Any, prefix: str) -> dict[str, Any]:
    key, value = shape.key.serialization["name"], shape.value.serialization["name"]
    return {
        form[f"{place}.{key}"]: _read(form, shape.value, f"{place}.{value}")
        for place in _numbered(form, prefix)
        if f"{place}.{key}" in form
    }


def _numbered(form: Mapping[str, str], prefix: str) -> list[str]:
    """`Entry.1`, `Entry.2`, ... as far as there are any, in their order."""
    numbers = {
        int(number)
        for key in form
        if key.startswith(f"{prefix}.")
        and (number := key[len(prefix) + 1 :].partition(".")[0]).isdecimal()
    }
    return [f"{prefix}.{number}" for number in sorted(numbers)]


def _name_in_query(shape: Any, name: str) -> str:
    if shape.type_name == "list":
        own = shape.serialization.get("name") or shape.member.serialization["name"]
        return str(own)
    return str(shape.serialization.get("name", name))


def _write(name: str, value: Any, shape: Any) -> str:
    match shape.type_name:
        case "structure":
            return f"<{name}>{write_structure(value, shape)}</{name}>"
        case "list":
            return "".join(_write(name, item, shape.member) for item in value)
        case "map":
            key, own = shape.key.serialization["name"], shape.value.serialization["name"]
            return "".join(
                f"<{name}>{_write(key, one, shape.key)}{_write(own, other, shape.value)}</{name}>"
                for one, other in value.items()
            )
        case "boolean":
            return f"<{name}>{'true' if value else 'false'}</{name}>"
        case _:
            text = base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
            return f"<{name}>{escape(text, XML_ESCAPES)}</{name}>"


def write_structure(value: Mapping[str, Any], shape: Any) -> str:
    """The members of a structure as XML, one element after the other."""
    return "".join(
        _write(_name_in_query(shape.members[name], name), item, shape.members[name])
        for name, item in value.items()
        if name in shape.members
    )
