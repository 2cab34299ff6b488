"""Holds the rules against a picture: what is broken, what cannot be told, what is passed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.resources import Stack
from sqs_contract.deployment.values import Place
from sqs_contract.lint.problem import CannotTell, Found, Linted, Problem, Rule, Untold
from sqs_contract.lint.rules import RULES
from sqs_contract.lint.snippets import snippet
from sqs_contract.lint.suppressions import Lines, Suppressions
from sqs_contract.lint.view import View


def lint_file(
    path: str | Path,
    *,
    given: Mapping[str, str] | None = None,
    ignored: frozenset[str] = frozenset(),
) -> Linted:
    """Hold all rules that need no run against a template.

    Args:
        path: the template, as `read_stack` takes it.
        given: values of what the template leaves open.
        ignored: codes of rules that are passed over.

    Raises:
        UsageError: the template cannot be read.
    """
    stack = read_stack(path, given)
    return lint_view(View(stack=stack), ignored=ignored)


def lint_view(
    view: View, *, ignored: frozenset[str] = frozenset(), rules: Iterable[Rule] = RULES
) -> Linted:
    """Hold rules against a picture."""
    stack, lines = view.stack, Lines()
    suppressions = Suppressions(ignored, lines)
    problems: dict[tuple[str, Place, str], Problem] = {}
    untold: dict[tuple[Place, str], Untold] = {}
    suppressed = 0
    for rule in rules:
        if rule.code in ignored or (rule.observed and view.observed is None):
            continue
        for subject in rule.over(view):
            found: list[Found] = []
            try:
                found.extend(rule.check(subject))
            except CannotTell as open_:
                if not suppressions.cover(rule, open_.place, subject.items):
                    _add_untold(untold, rule, open_)
            for one in found:
                place = one.item.at(one.setting)
                key = rule.code, place, one.sentence
                if key in problems:
                    continue
                if suppressions.cover(rule, place, (one.item, *one.also)):
                    suppressed += 1
                    continue
                problems[key] = _problem(rule, one, place, lines, stack)
    return Linted(
        file=stack.file,
        problems=tuple(sorted(problems.values(), key=_position)),
        untold=tuple(untold.values()),
        suppressed=suppressed,
        notes=(*stack.notes, *suppressions.notes),
    )


def _problem(rule: Rule, found: Found, place: Place, lines: Lines, stack: Stack) -> Problem:
    return Problem(
        rule=rule,
        place=place,
        column=lines.column(place),
        item=found.item.id,
        sentence=found.sentence,
        fix=tuple(snippet(found.fix, stack.kind, stack.file)),
    )


def _add_untold(untold: dict[tuple[Place, str], Untold], rule: Rule, open_: CannotTell) -> None:
    key = open_.place, f"{open_.what} {open_.why}"
    known = untold.get(key)
    rules = () if known is None else known.rules
    if rule not in rules:
        untold[key] = Untold(
            rules=(*rules, rule), place=open_.place, what=open_.what, why=open_.why
        )


def _position(problem: Problem) -> tuple[str, int, str, str]:
    return problem.place.file, problem.place.line or 0, problem.rule.code, problem.sentence
