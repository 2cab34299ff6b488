"""Problems for a person: one line each, then why, AWS's page and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqs_contract.lint.problem import Level, Linted, Problem, Untold
from sqs_contract.report.text import escape, plural, wrap

_LABEL = 6


def render(results: Sequence[Linted]) -> Iterator[str]:
    """The lines about some templates; why and where to read about a rule stand with its first
    problem only."""
    seen: set[str] = set()
    for result in results:
        for problem in result.problems:
            yield from problem_lines(problem, in_full=problem.rule.code not in seen)
            seen.add(problem.rule.code)
        for untold in result.untold:
            yield untold_line(untold)
        for note in result.notes:
            yield f"note: {escape(note)}"
    yield _summary(results)


def problem_lines(problem: Problem, *, in_full: bool = True) -> Iterator[str]:
    """The lines about one problem."""
    yield headline(problem)
    if in_full:
        yield from _labelled("why", wrap(problem.rule.why, 0, 70))
        yield from _labelled("page", [problem.rule.page])
    yield from _labelled("fix", [escape(line) for line in problem.fix])


def headline(problem: Problem) -> str:
    """Where, which rule, how bad, what."""
    where = position(problem)
    told = f"{problem.rule.code} {problem.rule.level.value} {escape(problem.sentence)}"
    return f"{where} {told} ({problem.rule.name})" if where else f"{told} ({problem.rule.name})"


def position(problem: Problem) -> str:
    """`file:line:column`, as far as it is known; empty where there is no file."""
    place = problem.place
    if not place.file:
        return ""
    parts = [escape(place.file), place.line, problem.column if place.line else None]
    return ":".join(str(part) for part in parts if part is not None)


def untold_line(untold: Untold) -> str:
    """What could not be told, and of which rules."""
    where = f"{escape(str(untold.place))} " if untold.place.file else ""
    codes = ",".join(rule.code for rule in untold.rules)
    return f"{where}{codes} {escape(untold.sentence)}"


def _labelled(label: str, texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        head = label if number == 0 else ""
        yield f"    {head:<{_LABEL}}{text}".rstrip()


def _summary(results: Sequence[Linted]) -> str:
    problems = [problem for result in results for problem in result.problems]
    counts = {level: sum(problem.rule.level is level for problem in problems) for level in Level}
    parts = [
        plural(counts[Level.ERROR], "error"),
        plural(counts[Level.WARNING], "warning"),
        f"{counts[Level.ADVICE] or 'no'} advice",
    ]
    untold = sum(len(result.untold) for result in results)
    suppressed = sum(result.suppressed for result in results)
    if untold:
        parts.append(f"{untold} cannot be told")
    if suppressed:
        parts.append(f"{suppressed} passed over")
    return f"{', '.join(parts)} in {plural(len(results), 'template')}"
