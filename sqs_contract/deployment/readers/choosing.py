"""Which reader reads what: told by the name of a file, and by what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqs_contract.deployment.names import Account
from sqs_contract.deployment.readers import templates
from sqs_contract.deployment.readers.decoding import decode, read_text
from sqs_contract.deployment.resources import Stack
from sqs_contract.errors import UsageError

_CODE: Final = frozenset({".ts", ".js", ".mjs", ".cjs", ".py"})
_USUAL: Final = (
    "template.yaml", "template.yml", "template.json", "serverless.yml", "serverless.yaml",
    "serverless.json",
)  # fmt: skip


def account_of(given: Mapping[str, str]) -> Account:
    """Where the stack is deployed: `AWS::Region` and `AWS::AccountId`, if they are given."""
    default = Account()
    return Account(
        region=given.get("AWS::Region", default.region),
        id=given.get("AWS::AccountId", default.id),
    )


def read(path: Path, given: Mapping[str, str]) -> Stack:
    """The picture of what a file or a folder deploys.

    Raises:
        UsageError: nobody can read it, or its reader cannot.
    """
    account = account_of(given)
    if path.is_dir():
        return _read_folder(path, given, account)
    if path.suffix == ".tf":
        from sqs_contract.deployment.readers import terraform  # noqa: PLC0415  an extra

        return terraform.read(path, given, account)
    if path.suffix in _CODE and path.exists():
        raise UsageError(
            f"template: {path} is code, and no code is executed to read a template: give what it "
            "makes, such as cdk.out or .serverless/cloudformation-template-update-stack.json"
        )
    document = decode(path, read_text(path))
    data = document.data
    if isinstance(data, Mapping) and "Resources" not in data:
        if "format_version" in data and {"planned_values", "values", "resource_changes"} & set(
            data
        ):
            from sqs_contract.deployment.readers import terraform_json  # noqa: PLC0415

            return terraform_json.read(document, account, given)
        if "provider" in data and {"service", "functions"} & set(data):
            from sqs_contract.deployment.readers import serverless  # noqa: PLC0415

            return serverless.read(document, given, account)
    return templates.picture_of(document, given, account)


def _read_folder(path: Path, given: Mapping[str, str], account: Account) -> Stack:
    if any(path.glob("*.template.json")):
        from sqs_contract.deployment.readers import cdk  # noqa: PLC0415

        return cdk.read(path, given, account)
    if any(path.glob("*.tf")):
        from sqs_contract.deployment.readers import terraform  # noqa: PLC0415  an extra

        return terraform.read(path, given, account)
    for name in _USUAL:
        if (path / name).is_file():
            return read(path / name, given)
    if (path / "cdk.out").is_dir():
        return read(path / "cdk.out", given)
    if any(path.iterdir()):
        names = ", ".join(_USUAL[:2])
        raise UsageError(
            f"template: the folder {str(path)!r} holds no template: no {names}, serverless.yml, "
            "*.template.json of CDK or *.tf"
        )
    read_text(path)  # as for any file: it cannot be read
    raise AssertionError
