"""The edge: a server that takes the consumer's calls, asks the rules, and passes them on.

Built on aiohttp, which has a server and a client with kept connections in one well-kept
library. Owns the way of one call through the proxy; what goes wrong is the rules' choice.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from multidict import CIMultiDict

from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.proxy import wire
from sqs_contract.proxy.deletes import answer_of, entries_of, requests_of, told_by
from sqs_contract.proxy.groups import Groups
from sqs_contract.proxy.recorder import Recorder
from sqs_contract.proxy.rules import (
    INTERNAL,
    NO_ANSWER,
    THROTTLED,
    Ask,
    Course,
    Forward,
    Hand,
    Rules,
    Strike,
    Wait,
)
from sqs_contract.proxy.upstream import Answer, Upstream, UpstreamDown
from sqs_contract.scenario import FaultKind

REQUEST_MAX_BYTES: Final = 64 * 1024 * 1024
"""More than any call of SQS has (S25); other services may be reached through here too."""
SLOW_S: Final = 1.0
"""How long an answer that is slow takes longer."""
_POLL_S: Final = 0.02
"""How often a receive that waits looks whether others are settled."""

_UNAVAILABLE: Final = Refusal(
    "ServiceUnavailable", "The service is temporarily unavailable. Please retry.", 503
)
_LOST: Final = frozenset({FaultKind.ANSWER_LOST, FaultKind.ANSWER_LOST_ONCE})
_REFUSALS: Final[Mapping[FaultKind, Refusal]] = {
    FaultKind.CALL_THROTTLED: THROTTLED,
    FaultKind.CALL_FAILS: INTERNAL,
}
_PARTIAL: Final = frozenset({FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE})
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_DELETES: Final = frozenset({"DeleteMessage", "DeleteMessageBatch"})
_CHANGES: Final = frozenset({"ChangeMessageVisibility", "ChangeMessageVisibilityBatch"})


class _NoAnswer(Exception):
    """The connection is to be closed without an answer."""


class Proxy:
    """The server's one handler.

    Args:
        warn: told a line where the endpoint is in trouble.
    """

    def __init__(
        self, rules: Rules, upstream: Upstream, recorder: Recorder, warn: Callable[[str], None]
    ) -> None:
        self._rules = rules
        self._upstream = upstream
        self._recorder = recorder
        self._warn = warn
        self._trouble: str | None = None
        self._callers: dict[str, tuple[CIMultiDict[str], Any]] = {}
        """By queue, headers that calls of our own can be made with, and the queue's URL."""

    def application(self) -> web.Application:
        """The application to serve."""
        application = web.Application(client_max_size=REQUEST_MAX_BYTES)
        application.router.add_route("*", "/{path:.*}", self.handle)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        content = await request.read()
        protocol: wire.Protocol = "json" if "X-Amz-Target" in request.headers else "query"
        try:
            call = wire.read_call(request.raw_path, request.headers, content, request.method)
            if call is None:
                answer = await self._pass_on(request, content)
                return _response(answer)
            return await self._answer(request, call, content)
        except wire.Unreadable as error:
            refusal = Refusal("MalformedInput", f"{error}.", 400)
            return _refused(protocol, refusal)
        except UpstreamDown as error:
            if self._upstream.is_open:
                self._in_trouble(str(error))
            return _refused(protocol, _UNAVAILABLE)
        except _NoAnswer:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except ConnectionError:
            raise  # the consumer went away
        except Exception as error:  # noqa: BLE001  the last line of defence: a fault of ours
            self._warn(f"a fault of sqs-contract itself: {type(error).__name__}: {error}")
            return _refused(protocol, INTERNAL)

    async def _answer(
        self, request: web.Request, call: wire.Call, content: bytes
    ) -> web.StreamResponse:
        own = f"{request.scheme}://{request.host}"
        call, content = self._addressed_upstream(call, content, own)
        attempt = request.headers.get("amz-sdk-invocation-id")
        if call.operation in _DELETES:
            # Before anything becomes of it: what is there now, was there when it was asked for.
            await self._recorder.at_delete()
        strike = self._rules.call(call.operation, call.queue, attempt)
        struck = await self._struck_before(call, strike)
        if struck is not None:
            return struck
        lost = strike.kind in _LOST
        if call.operation == "ReceiveMessage":
            return await self._receive(request, call, content, lost=lost)
        if call.operation in _DELETES | _CHANGES:
            courses = self._courses(call, partly=strike.kind in _PARTIAL)
            response = await self._by_entries(request, call, content, courses, lost=lost)
        else:
            response = _response(await self._checked(request, call, content), call, own)
        if lost:
            raise _NoAnswer
        return response

    async def _struck_before(self, call: wire.Call, strike: Strike) -> web.Response | None:
        """What a call is answered that does not go on to the endpoint; `None` if it does."""
        kind = strike.kind
        if kind is FaultKind.SLOW:
            await asyncio.sleep(SLOW_S)
        if kind is FaultKind.EMPTY_RECEIVE:
            return _own_answer(call, {})
        refusal = _REFUSALS.get(kind) if kind is not None else None
        is_lost = kind is FaultKind.NO_CONNECTION or (
            kind is FaultKind.ANSWER_LOST and strike.again
        )
        if refusal is None and not is_lost:
            return None
        if call.operation in _DELETES:
            code = NO_ANSWER if refusal is None else refusal.code
            for entry in entries_of(call):
                self._rules.delete_struck(call.queue, entry.handle, code)
        if refusal is None:
            raise _NoAnswer
        return _refused(call.protocol, refusal)

    # Receives

    async def _receive(
        self, request: web.Request, call: wire.Call, content: bytes, *, lost: bool
    ) -> web.StreamResponse:
        await self._learn_queue(request, call)
        groups = Groups.of(call)
        asked = call.parameters.get("MaxNumberOfMessages", 1)
        maximum = asked if isinstance(asked, int) else 1
        course = await self._course(call, maximum)
        if isinstance(course, Hand):
            return _own_answer(call, _handed(groups.shown(course.messages)))
        parameters = groups.asked_for(call.parameters)
        if course.maximum != maximum:
            parameters = {**parameters, "MaxNumberOfMessages": course.maximum}
        if parameters != call.parameters:
            content = wire.write_request(call, parameters)
        answer = await self._checked(request, call, content)
        if not _is_success(answer):
            return _response(answer)
        result = wire.read_answer(call, answer.content)
        messages = _messages(result)
        gone = request.transport is None or request.transport.is_closing()
        if lost or gone:
            self._rules.lost_on_the_way(call.queue, messages)
            raise _NoAnswer
        await self._recorder.between(self._rules.under_way(_now_ms()))
        given = self._rules.received(call.queue, messages, maximum, _now_ms())
        shown = groups.shown(given)
        if [*shown] == messages:
            return _response(answer)  # byte for byte
        kept = {name: value for name, value in result.items() if name != "Messages"}
        return _own_answer(call, {**kept, **_handed(shown)})

    async def _course(self, call: wire.Call, maximum: int) -> Ask | Hand:
        """What becomes of a receive, once it need not wait for others; it waits no longer than
        it may."""
        wait = call.parameters.get("WaitTimeSeconds", 0)
        may_wait_until = _now_ms() + (wait if isinstance(wait, int) else 0) * SECOND_MS
        while True:
            await self._recorder.between(self._rules.under_way(_now_ms()))
            course = self._rules.receive(call.queue, maximum, _now_ms())
            if not isinstance(course, Wait):
                return course
            if _now_ms() >= min(course.until_ms, may_wait_until):
                return Hand(())
            await asyncio.sleep(_POLL_S)

    async def _learn_queue(self, request: web.Request, call: wire.Call) -> None:
        """Ask once for what the queue's settings say about redeliveries."""
        state = self._rules.book.queue(call.queue)
        seconds = call.parameters.get("VisibilityTimeout")
        if isinstance(seconds, int):
            state.visibility_ms = seconds * SECOND_MS
        if state.known:
            return
        state.known = True
        self._callers[call.queue] = (CIMultiDict(request.headers), call.parameters.get("QueueUrl"))
        found = await self.attributes(call.queue)
        if isinstance(found.get("VisibilityTimeout"), str) and not isinstance(seconds, int):
            state.visibility_ms = int(found["VisibilityTimeout"]) * SECOND_MS
        policy = found.get("RedrivePolicy")
        count = wire.number_in(policy, "maxReceiveCount") if isinstance(policy, str) else None
        state.max_receive_count = count

    async def attributes(self, queue: str) -> Mapping[str, Any]:
        """The attributes of a queue; none, where the endpoint does not say."""
        headers, url = self._callers[queue]
        answer = await self._upstream.ask(
            "GetQueueAttributes",
            {"QueueUrl": url, "AttributeNames": ["All"]},
            headers,
        )
        found = (answer or {}).get("Attributes")
        return found if isinstance(found, dict) else {}

    # Deletes, and changes of visibility

    def _courses(self, call: wire.Call, *, partly: bool) -> list[Course]:
        """What becomes of each entry; the last one fails where the call is to fail in part."""
        entries = entries_of(call)
        courses: list[Course] = [
            self._rules.delete(call.queue, entry.handle)
            if call.operation in _DELETES
            else self._rules.change_visibility(call.queue, entry.handle, entry.seconds, _now_ms())
            for entry in entries[: len(entries) - partly]
        ]
        if partly and entries:
            courses.append(INTERNAL)
            if call.operation in _DELETES:
                self._rules.delete_struck(call.queue, entries[-1].handle, INTERNAL.code)
        return courses

    async def _by_entries(
        self,
        request: web.Request,
        call: wire.Call,
        content: bytes,
        courses: Sequence[Course],
        *,
        lost: bool,
    ) -> web.Response:
        """Pass on what goes on to the endpoint, and answer for the rest."""
        entries = entries_of(call)
        parameters = requests_of(call, entries, courses)
        answer: Answer | None = None
        result: Mapping[str, Any] = {}
        if parameters is not None:
            if parameters != call.parameters:
                content = wire.write_request(call, parameters)
            answer = await self._checked(request, call, content)
            result = wire.read_answer(call, answer.content) if _is_success(answer) else {}
        if call.operation in _DELETES:
            told = told_by(entries, courses, result, answer)
            for entry, course, (done, code) in zip(entries, courses, told, strict=True):
                if isinstance(course, Forward):
                    heard = NO_ANSWER if lost else code
                    self._rules.deleted(call.queue, entry.handle, done=done, answer=heard)
        all_passed_on = all(isinstance(course, Forward) for course in courses)
        if answer is not None and (all_passed_on or not _is_success(answer)):
            return _response(answer)
        own = answer_of(entries, courses, result)
        if isinstance(own, Refusal):
            return _refused(call.protocol, own)
        return _own_answer(call, own)

    async def is_drained(self) -> bool:
        """Whether everything was handed out and deleted, as far as can be told: nothing is
        under way or to come, and the endpoint says that its queues are empty; or what is left
        comes again for ever."""
        queues = [state for state in self._rules.book.queues.values() if state.known]
        if self._rules.circulates():
            return True
        if not queues or not self._rules.is_quiet(_now_ms()):
            return False
        for state in queues:
            found = await self.attributes(state.name)
            counts = [found.get(name) for name in _COUNTS]
            if any(count not in ("0", None) for count in counts):
                return False
        return self._rules.is_quiet(_now_ms())

    # The way to the endpoint

    def _addressed_upstream(
        self, call: wire.Call, content: bytes, own: str
    ) -> tuple[wire.Call, bytes]:
        """The call with the URL of its queue as the endpoint knows it, not as we do."""
        url = call.parameters.get("QueueUrl")
        if not isinstance(url, str) or not url.startswith(f"{own}/"):
            return call, content
        theirs = self._upstream.url + url.removeprefix(own)
        return wire.with_queue_url(call, content, theirs)

    async def _checked(self, request: web.Request, call: wire.Call, content: bytes) -> Answer:
        """The endpoint's answer, if it is one that SQS can give.

        Raises:
            UpstreamDown: it is not.
        """
        answer = await self._pass_on(request, content)
        if _is_success(answer):
            try:
                wire.read_answer(call, answer.content)
            except wire.Unreadable as error:
                raise UpstreamDown(str(error)) from None
        return answer

    async def _pass_on(self, request: web.Request, content: bytes) -> Answer:
        answer = await self._upstream.send(
            request.method, request.raw_path, request.headers, content
        )
        self._trouble = None
        return answer

    def _in_trouble(self, reason: str) -> None:
        """Tell it once, until it is over."""
        if reason != self._trouble:
            self._trouble = reason
            self._warn(f"the upstream {self._upstream.url} is in trouble: {reason}")


def _messages(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages of an answer to a receive.

    Raises:
        UpstreamDown: they are not what SQS hands out.
    """
    found = result.get("Messages") or []
    if not isinstance(found, list) or not all(
        isinstance(item, dict)
        and isinstance(item.get("MessageId"), str)
        and isinstance(item.get("ReceiptHandle"), str)
        and isinstance(item.get("Attributes") or {}, dict)
        for item in found
    ):
        raise UpstreamDown("its messages are not those of SQS")
    return found


def _handed(messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """An empty result has no key for messages (S36)."""
    return {"Messages": list(messages)} if messages else {}


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _is_success(answer: Answer) -> bool:
    return answer.status < 300


def _response(answer: Answer, call: wire.Call | None = None, own: str = "") -> web.Response:
    """The endpoint's answer, with the URLs of queues in it pointing here."""
    body = answer.content
    if call is not None and _is_success(answer) and call.operation in wire.TELL_URLS:
        body = wire.with_own_urls(call, body, own)
    return web.Response(status=answer.status, headers=answer.headers, body=body)


def _own_answer(call: wire.Call, result: Mapping[str, Any]) -> web.Response:
    request_id = str(uuid.uuid4())
    content_type, body = wire.write_answer(call, result, request_id)
    headers = {"Content-Type": content_type, "x-amzn-RequestId": request_id}
    return web.Response(body=body, headers=headers)


def _refused(protocol: wire.Protocol, refusal: Refusal) -> web.Response:
    request_id = str(uuid.uuid4())
    content_type, body, headers = wire.write_error(protocol, refusal, request_id)
    headers |= {"Content-Type": content_type, "x-amzn-RequestId": request_id}
    return web.Response(status=refusal.status, body=body, headers=headers)
