"""Variables of the Serverless Framework: `${self:custom.stage}`, `${opt:stage, 'dev'}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqs_contract.deployment.names import Account
from sqs_contract.deployment.readers.serverless_files import FILE, Files
from sqs_contract.deployment.values import Unresolved

_INNERMOST: Final = re.compile(
    r"\$\{((?:file\([^${}()]*\)|[a-zA-Z]+(?:\([^${}()]*\))?:|self:|[a-zA-Z]+[.:])[^${}]*)\}"
)
_PLAIN: Final = re.compile(r"^[\w.-]+$")
_ROUNDS_MAX: Final = 40
_QUOTED: Final = re.compile(r"""^(['"])(.*)\1$""", re.DOTALL)


class Variables:
    """Works out the variables of one file."""

    def __init__(
        self, data: Mapping[str, Any], given: Mapping[str, str], account: Account, files: Files
    ) -> None:
        self._data = data
        self._files = files
        self._given = given
        self._account = account
        self._depth = 0

    def value(self, given: Any) -> Any:
        """A value with its variables worked out; those of CloudFormation stay as they are."""
        if isinstance(given, str):
            return self._text(given)
        if isinstance(given, list):
            return [self.value(item) for item in given]
        if isinstance(given, Mapping):
            return {key: self.value(item) for key, item in given.items()}
        return given

    def _text(self, text: str) -> Any:
        if self._depth > _ROUNDS_MAX:
            return Unresolved("hangs on a variable that refers to itself")
        self._depth += 1
        try:
            for _ in range(_ROUNDS_MAX):
                found = next(
                    (item for item in _INNERMOST.finditer(text) if _is_ours(item[1])), None
                )
                if found is None:
                    return text
                value = self._variable(found[1])
                if found[0] == text:
                    return value
                if isinstance(value, Unresolved):
                    return value
                shown = str(value).lower() if isinstance(value, bool) else str(value)
                text = text[: found.start()] + shown + text[found.end() :]
            return Unresolved("hangs on more variables than can be worked out")
        finally:
            self._depth -= 1

    def _variable(self, text: str) -> Any:
        """One variable, or the first of its fallbacks that is there."""
        alternatives = [item.strip() for item in _split(text)]
        for alternative in alternatives:
            found = self._source(alternative)
            if found is not None:
                return found
        name = alternatives[0]
        file = FILE.match(name)
        if file is not None and self._files.document(file["path"].strip()) is None:
            return Unresolved(
                f"hangs on ${{{name}}}, {self._files.why_not(file['path'].strip())}",
                f"--parameter '{name}=VALUE'",
            )
        return Unresolved(
            f"hangs on ${{{name}}}, which the file alone does not tell", f"--parameter {name}=VALUE"
        )

    def _source(self, text: str) -> Any:
        quoted = _QUOTED.match(text)
        if quoted or text in self._given:
            return quoted[2] if quoted else self._given[text]
        if FILE.match(text):
            part = self._files.part(text)
            return None if part is None else self.value(part[0].at(*part[1]))
        source, colon, address = text.partition(":")
        if not colon:
            return _literal(text)
        match source:
            case "self":
                return self._of_file(address)
            case "opt" | "param" if address in self._given:
                return self._given[address]
            case "param":
                return self._of_stage(address)
            case "sls" if address == "stage":
                return self._stage()
            case "aws" if address == "region":
                return self._account.region
            case "aws" if address == "accountId":
                return self._account.id
        return None

    def _of_stage(self, name: str) -> Any:
        """A parameter of the stage, or of all stages."""
        for stage in (self._stage(), "default"):
            for address in (f"params.{stage}.{name}", f"stages.{stage}.params.{name}"):
                found = self._of_file(address)
                if found is not None:
                    return found
        return None

    def _stage(self) -> Any:
        stage = self._given.get("opt:stage", self._given.get("stage"))
        return stage or self._of_file("provider.stage") or "dev"

    def _of_file(self, address: str) -> Any:
        found: Any = self._data
        for part in address.split(".") if address else []:
            if isinstance(found, str):
                found = self._text(found)
            if isinstance(found, Mapping):
                found = found.get(part)
            elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
                found = found[int(part)]
            else:
                return None
        return self.value(found)


def _is_ours(text: str) -> bool:
    """Whether it is a variable of the framework: those of `Fn::Sub` have no source."""
    source = text.partition(":")[0].partition("(")[0]
    return (
        (":" in text or FILE.match(text) is not None)
        and not text.startswith("AWS::")
        and source
        in (
            "self",
            "opt",
            "env",
            "sls",
            "aws",
            "param",
            "file",
            "ssm",
            "cf",
            "s3",
            "git",
            "strToBool",
        )
    )


def _literal(text: str) -> Any:
    """A fallback that is a value: a number, a truth, a bare word."""
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return None
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return text if _PLAIN.match(text) else None


def _split(text: str) -> list[str]:
    """The alternatives of a variable: split at commas that stand in no quotes."""
    parts: list[str] = [""]
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == ",":
            parts.append("")
            continue
        parts[-1] += character
    return parts
