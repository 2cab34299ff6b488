"""The SQS endpoint behind the proxy: reached, asked, and told apart from AWS itself.

Owns the connections to it and the signatures of requests. A call is passed on as it came,
or with another body; what its answer means is not told here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

from sqs_contract.errors import UsageError
from sqs_contract.proxy.wire import JSON_TYPE, TARGET

CONNECT_TIMEOUT_S: Final = 2.0
ANSWER_TIMEOUT_S: Final = 60.0
"""A long poll lasts 20 s at the most (S36)."""

_AWS_DOMAINS: Final = (
    "amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws", "amazonaws.eu", "api.amazonwebservices.com.cn",
    "c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov",
)  # fmt: skip
_NOT_PASSED_ON: Final = frozenset(
    {
        "host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade", "content-length", "expect", "accept-encoding",
        "content-encoding",
    }
)  # fmt: skip
"""Headers about one connection, and those of the encoding, which is undone here."""
_SIGNED_BY_SENDER: Final = frozenset(
    {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
)
_DUMMY_KEY: Final = "test"
_REGION_DEFAULT: Final = "us-east-1"

Headers = CIMultiDict[str] | CIMultiDictProxy[str]


class UpstreamDown(Exception):
    """The endpoint gave no answer; the text says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the endpoint, as it came."""

    status: int
    headers: CIMultiDict[str]
    content: bytes


def check_url(text: str, *, allow_aws: bool) -> str:
    """The URL of an endpoint, without a slash at its end.

    Raises:
        UsageError: it is none, or it is that of AWS and that was not asked for.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if host is None or parts.scheme not in ("http", "https"):
        raise UsageError(
            f"--upstream must be the URL of an SQS endpoint, such as http://localhost:4566, "
            f"not {text!r}"
        )
    if is_aws(host) and not allow_aws:
        raise UsageError(
            f"--upstream {text!r} is AWS itself: give a local endpoint, or --allow-aws if you "
            "mean it"
        )
    return text.rstrip("/")


def is_aws(host: str) -> bool:
    """Whether a host is one of AWS's."""
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in _AWS_DOMAINS)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as its own name or number says."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Upstream:
    """The endpoint.

    Args:
        url: as `check_url` returns it.
        sign: sign requests anew, with the credentials of this process. Without it they go
            on with the signature they came with, which endpoints other than AWS do not check.
    """

    def __init__(self, url: str, *, sign: bool = False) -> None:
        self.url = url
        self._sign = sign or is_aws(urlsplit(url).hostname or "")
        self._http: aiohttp.ClientSession | None = None
        self._credentials: Any = None

    async def open(self) -> None:
        """Get ready, and see that an SQS endpoint is there.

        Raises:
            UsageError: there is none.
        """
        if self._sign:
            self._credentials = self._own_credentials()
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=ANSWER_TIMEOUT_S
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Content-Type"),
        )
        try:
            await self._check()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.close()

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._http is not None and not self._http.closed

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                answer = await self._ask("ListQueues", {"MaxResults": 1}, None, "/")
        except (UpstreamDown, TimeoutError) as error:
            raise UsageError(
                f"--upstream {self.url}: no answer ({str(error) or 'timed out'}): is the endpoint "
                "running there?"
            ) from None
        if not _is_of_sqs(answer):
            shown = answer.content[:40].decode("utf-8", "replace")
            raise UsageError(
                f"--upstream {self.url}: what answers there is no SQS endpoint (status "
                f"{answer.status}, {shown!r})"
            )

    def _own_credentials(self) -> Any:
        import boto3  # noqa: PLC0415  heavy

        credentials = boto3.Session().get_credentials()
        if credentials is None:
            raise UsageError(
                f"--upstream {self.url}: its requests are signed anew, and there are no AWS "
                "credentials in this environment"
            )
        return credentials

    async def send(self, method: str, path: str, headers: Headers, content: bytes) -> Answer:
        """Pass a request on.

        Raises:
            UpstreamDown: there was no answer.
        """
        passed = CIMultiDict(
            (name, value) for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON
        )
        if self._sign:
            passed = self._signed(method, path, passed, content)
        try:
            try:
                response, received = await self._request(method, path, passed, content)
            except aiohttp.ServerDisconnectedError:
                if not self.is_open:
                    raise
                # It closed a connection that was kept, most likely before the call was there.
                response, received = await self._request(method, path, passed, content)
        except aiohttp.ClientConnectorError as error:
            raise UpstreamDown(error.strerror or "it cannot be reached") from None
        except TimeoutError:
            raise UpstreamDown("timed out") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise UpstreamDown(str(error) or type(error).__name__) from None
        answered = CIMultiDict(
            (name, value)
            for name, value in response.headers.items()
            if name.lower() not in _NOT_PASSED_ON
        )
        return Answer(status=response.status, headers=answered, content=received)

    async def _request(
        self, method: str, path: str, headers: CIMultiDict[str], content: bytes
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        assert self._http is not None, "it is open"
        async with self._http.request(
            method, self.url + path, headers=headers, data=content, allow_redirects=False
        ) as response:
            return response, await response.read()

    async def ask(
        self, operation: str, parameters: Mapping[str, Any], like: Headers, path: str = "/"
    ) -> Mapping[str, Any] | None:
        """Make a call of our own, in the name of the consumer; `None` if it is refused."""
        try:
            answer = await self._ask(operation, parameters, like, path)
            found = json.loads(answer.content or b"{}")
        except (UpstreamDown, ValueError):
            return None
        return found if answer.status < 300 and isinstance(found, dict) else None

    async def _ask(
        self, operation: str, parameters: Mapping[str, Any], like: Headers | None, path: str
    ) -> Answer:
        content = json.dumps(parameters).encode()
        headers = CIMultiDict({"X-Amz-Target": TARGET + operation, "Content-Type": JSON_TYPE})
        if like is not None:
            for name in _SIGNED_BY_SENDER:
                if name in like:
                    headers[name] = like[name]
        elif not self._sign:
            headers = self._signed("POST", path, headers, content, dummy=True)
        return await self.send("POST", path, headers, content)

    def _signed(
        self,
        method: str,
        path: str,
        headers: CIMultiDict[str],
        content: bytes,
        *,
        dummy: bool = False,
    ) -> CIMultiDict[str]:
        """The headers with a signature of ours. Headers that come through proxies may change on
        the way, so only those that matter are signed."""
        from botocore.auth import SigV4Auth  # noqa: PLC0415  heavy
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415
        from botocore.credentials import Credentials  # noqa: PLC0415

        credentials = Credentials(_DUMMY_KEY, _DUMMY_KEY) if dummy else self._credentials
        signed_before = headers.get("Authorization", "")
        kept = CIMultiDict(
            (name, value)
            for name, value in headers.items()
            if name.lower() not in _SIGNED_BY_SENDER
        )
        told = {name: kept[name] for name in ("Content-Type", "X-Amz-Target") if name in kept}
        request = AWSRequest(method=method, url=self.url + path, headers=told, data=content)
        SigV4Auth(credentials, "sqs", self._region(signed_before)).add_auth(request)
        for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
            if name in request.headers:
                kept[name] = request.headers[name]
        return kept

    def _region(self, authorization: str) -> str:
        """The region a consumer signed for; else that of the endpoint's name."""
        scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
        if len(scope) == 5:
            return scope[2]
        labels = (urlsplit(self.url).hostname or "").split(".")
        return labels[1] if labels[0] == "sqs" and len(labels) > 2 else _REGION_DEFAULT


def _is_of_sqs(answer: Answer) -> bool:
    """Whether an answer to ListQueues is one of SQS, be it a refusal."""
    try:
        found = json.loads(answer.content or b"{}")
    except (ValueError, RecursionError):
        return b"<ErrorResponse" in answer.content  # an endpoint of the older protocol alone
    return isinstance(found, dict) and (
        answer.status < 300 or "__type" in found or "x-amzn-query-error" in answer.headers
    )
