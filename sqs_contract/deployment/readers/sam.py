"""What AWS SAM makes of a template, by SAM's own translator: Globals, events, policies.

Code on this machine is replaced by a placeholder before, as the translator wants it uploaded,
and found again after. What a template leaves out and a deployment would miss (code, handler,
runtime) is no business of a verdict, and filled in for the translator alone.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqs_contract.deployment.names import Account
from sqs_contract.deployment.readers.decoding import Document
from sqs_contract.deployment.values import Place
from sqs_contract.errors import UsageError

LOCAL: Final = "sqs-contract.local"
"""Name of the bucket that stands for this machine; the key is a number of `Translated.code`."""

MISSING: Final = "sqs-contract.missing"
"""Stands for a handler or a runtime that the template does not name."""

_CODE: Final[Mapping[str, str]] = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Serverless::GraphQLApi": "SchemaUri",
    "AWS::Serverless::Application": "Location",
}
_ID: Final = re.compile(r"[\[(]?id \[([^\]]+)\]")


class Translated:
    """A template as CloudFormation, and the code it named.

    Attributes:
        template: what CloudFormation is given.
        code: where code lies: what the template says, by the number in the placeholder.
    """

    def __init__(self, document: Document, given: Mapping[str, str], account: Account) -> None:
        """Translate a document.

        Raises:
            UsageError: SAM refuses it; the message names the line.
        """
        self.code: list[Any] = []
        template = copy.deepcopy(document.data)
        self._prepare(template)
        self.template: dict[str, Any] = _translate(template, document, given, account)
        for resource in self.template["Resources"].values():
            properties = resource.get("Properties")
            if isinstance(properties, dict):
                for key in [key for key, value in properties.items() if value == MISSING]:
                    del properties[key]

    def _prepare(self, template: dict[str, Any]) -> None:
        shared = _dict(_dict(template.get("Globals")).get("Function"))
        if isinstance(template.get("Globals"), dict) and "CodeUri" in shared:
            shared["CodeUri"] = self._placeholder(shared["CodeUri"])
        for resource in template["Resources"].values():
            uri = _CODE.get(resource.get("Type", ""))
            if uri is None:
                continue
            properties = resource.setdefault("Properties", {})
            if properties is None:
                properties = resource["Properties"] = {}
            if "Fn::Transform" in _dict(properties.get("DefinitionBody")):
                # CloudFormation puts a file in its place before SAM sees it; of an API, it does
                # not matter here.
                del properties["DefinitionBody"]
            if uri in properties:
                properties[uri] = self._placeholder(properties[uri])
            if resource["Type"] == "AWS::Serverless::Function":
                self._complete(properties, shared)

    def _placeholder(self, uri: Any) -> Any:
        if (isinstance(uri, str) and uri.startswith("s3://")) or (
            isinstance(uri, dict) and {"Bucket", "Key"} <= set(uri)
        ):
            return uri
        self.code.append(uri)
        return f"s3://{LOCAL}/{len(self.code) - 1}"

    def _complete(self, properties: dict[str, Any], shared: Mapping[str, Any]) -> None:
        if "Image" in (properties.get("PackageType"), shared.get("PackageType")):
            if "ImageUri" not in shared:
                properties.setdefault("ImageUri", MISSING)
            return
        if not {"InlineCode", "CodeUri"} & {*properties, *shared}:
            properties["CodeUri"] = self._placeholder(None)
        for name in ("Handler", "Runtime"):
            if name not in shared:
                properties.setdefault(name, MISSING)


def _translate(
    template: dict[str, Any], document: Document, given: Mapping[str, str], account: Account
) -> dict[str, Any]:
    import boto3  # noqa: PLC0415  heavy, and for SAM only
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics  # noqa: PLC0415
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415

    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    translator = Translator(
        {},
        Parser(),
        boto_session=boto3.Session(region_name=account.region),
        metrics=Metrics("sqs-contract", DummyMetricsPublisher()),
    )
    values = {"AWS::Region": account.region, "AWS::Partition": account.partition, **given}
    try:
        translated: dict[str, Any] = translator.translate(template, values)
    except InvalidDocumentException as error:
        place, why = next(_told(error, document), (Place(document.file), str(error.message)))
        raise UsageError(f"template: {place}: SAM refuses it: {why}") from None
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        # The translator trips over parts that are of another kind than they must be.
        raise UsageError(
            f"template: {document.file}: SAM's translator cannot read it "
            f"({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"
        ) from None
    return translated


def _told(error: Any, document: Document) -> Iterator[tuple[Place, str]]:
    """Where and why SAM refuses a template, the first reason in front."""
    for cause in error.causes:
        why = " ".join(str(cause.message).split())
        found = _ID.search(why)
        name = found.group(1) if found else getattr(cause, "_logical_id", None)
        yield _place_of(name, document), why


def _place_of(name: str | None, document: Document) -> Place:
    resources = _dict(document.at("Resources"))
    if name is None:
        return Place(document.file)
    if name in resources:
        return document.place("Resources", name)
    for owner, resource in resources.items():
        for event in _dict(_dict(_dict(resource).get("Properties")).get("Events")):
            if name == f"{owner}{event}":
                return document.place("Resources", owner, "Properties", "Events", event)
    return Place(document.file)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
