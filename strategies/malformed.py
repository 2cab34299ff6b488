"""Malformed bodies: the catalogue, in whole or by name, and what a test adds to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.bodies.kinds import Kind, Malformed
from sqs_contract.bodies.malformed import CATALOGUE, malformed_from
from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.plan import Plan
from sqs_contract.strategies.arguments import check_names, shown
from sqs_contract.strategies.bodies import PLAN, expand_body
from sqs_contract.strategies.expanding import expanded

MALFORMED_KINDS: Final = tuple(kind.name for kind in CATALOGUE)
"""The names of the catalogue of malformed bodies, the plainest first."""

_BY_NAME: Final = {kind.name: kind for kind in CATALOGUE}

Spoil = Callable[[str], Iterable[str]]


def malformed_bodies(
    *,
    like: str | None = None,
    kinds: Iterable[str] = MALFORMED_KINDS,
    extra: Mapping[str, Spoil | Iterable[str]] | None = None,
) -> st.SearchStrategy[str]:
    """Bodies that are not what a consumer expects, and that SQS delivers all the same:
    not JSON, of another shape, with fields missing or of a wrong type, and stranger ones.

    Args:
        like: a good body to spoil. Left out: bodies as `message_bodies` draws them.
        kinds: names of the catalogue, `MALFORMED_KINDS`; none but these are drawn. A kind
            that takes JSON to make is left out where the good body is none.
        extra: kinds of your own, by name: a function from the good body to malformed ones,
            or a list of them.

    Shrinks to the plainest body of the first kind: `not json`.
    """
    check_names("kinds", kinds, MALFORMED_KINDS)
    chosen = [_BY_NAME[name] for name in kinds] + _kinds_of(extra or {})
    if not chosen:
        raise InvalidArgument("kinds=() must name at least one kind, or extra give one")
    if like is None:
        plans = st.tuples(PLAN, st.integers(0, 255), st.integers(0, 255))
        return expanded("malformed_bodies", plans, lambda drawn: _spoil(drawn, chosen))
    if not isinstance(like, str):
        raise InvalidArgument(
            f"like={shown(like)} must be the text of a body; write json.dumps(...) for JSON data"
        )
    reason = why_sqs_refuses(like)
    if reason is not None:
        raise InvalidArgument(f"like={shown(like)} is no body that could be delivered: {reason}")
    spoilt = dict.fromkeys(made.body for made in malformed_from(like, chosen))
    if not spoilt:
        raise InvalidArgument(
            f"like={shown(like)} cannot be spoilt: give a body that says something, or other kinds"
        )
    return st.sampled_from([_briefly_shown(body) for body in spoilt])


def _spoil(drawn: tuple[bytes, int, int], chosen: list[Kind]) -> str:
    plan, choice, number = drawn
    # Not every kind can be made of every body; the simplest body is an object, of which all can.
    for body in (expand_body(Plan(plan)), expand_body(Plan(b""))):
        for kind in chosen[choice % len(chosen) :] + chosen[: choice % len(chosen)]:
            spoilt = [made.body for made in malformed_from(body, [kind])]
            if spoilt:
                return _briefly_shown(spoilt[number % len(spoilt)])
    raise InvalidArgument(f"nothing malformed is made of {body!r} by any of the kinds given")


def _kinds_of(extra: Any) -> list[Kind]:
    if not isinstance(extra, Mapping):
        raise InvalidArgument(
            f"extra={shown(extra)} must map names to functions or lists, such as "
            '{"old-version": lambda body: [...]}'
        )
    for name, made in extra.items():
        if name in _BY_NAME:
            raise InvalidArgument(f"extra={{{name!r}: ...}} is a kind of the catalogue already")
        if isinstance(made, str) or not (callable(made) or isinstance(made, Iterable)):
            raise InvalidArgument(
                f"extra={{{name!r}: {shown(made)}}} must be a function from a good body to "
                "malformed ones, or a list of these"
            )
    return [
        Kind(
            name=name,
            make=_make(name, _spoil_of(made)),
            needs_json=False,
        )
        for name, made in extra.items()
    ]


def _spoil_of(made: Any) -> Spoil:
    if callable(made):
        return cast("Spoil", made)
    bodies = list(made)
    return lambda _good: bodies


def _make(name: str, spoil: Spoil) -> Callable[[str, Any], Iterator[Malformed]]:
    def make(body: str, _value: Any) -> Iterator[Malformed]:
        for made in spoil(body):
            if not isinstance(made, str):
                raise InvalidArgument(f"extra kind {name!r} made {shown(made)}, which is no text")
            reason = why_sqs_refuses(made)
            if reason is not None:
                raise InvalidArgument(f"extra kind {name!r} made {shown(made)}: {reason}")
            yield Malformed(made, name)

    return make


_SHOWN_MAX: Final = 5_000


class _LongText(str):
    """A text a failing example shows in part: what Hypothesis prints is for people to read."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self):,} characters: {str(self[:60])!r}...>"


def _briefly_shown(body: str) -> str:
    return _LongText(body) if len(body) > _SHOWN_MAX else body
