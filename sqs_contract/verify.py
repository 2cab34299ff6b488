"""Verifying a contract: explore, play, judge, and put the report together.

Bounded by counts, so that the same seed gives the same report on any machine;
only a budget bounds it by time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.bodies.source import Bodies
from sqs_contract.clauses import CLAUSES, Clause
from sqs_contract.clauses.verdict import Verdict, Violation
from sqs_contract.endpoints.connection import Connection
from sqs_contract.errors import UsageError
from sqs_contract.explore import systematic
from sqs_contract.explore.cases import Cases, find_poison, prepare_cases
from sqs_contract.explore.drawing import search
from sqs_contract.explore.pairs import PAIRS_MAX, Call, Played, all_pairs, calls_in
from sqs_contract.explore.plans import Pool
from sqs_contract.explore.shrink import shrink
from sqs_contract.model.assumptions import OpenPoint
from sqs_contract.on_deployed import play_found
from sqs_contract.oracle.analysis import Analysis, Oracle
from sqs_contract.oracle.golden import Golden
from sqs_contract.player import Player, Plays
from sqs_contract.playing import playing, reaching
from sqs_contract.remarks import notes_on_bodies, notes_on_run, why_not_checked
from sqs_contract.request import Request
from sqs_contract.results import (
    ClauseResult,
    Coverage,
    EndpointReport,
    Finding,
    Report,
    finding_of,
)
from sqs_contract.scenario import CALL_FAULTS, FaultKind, Scenario, ScenarioMessage
from sqs_contract.settings_clause import Watch
from sqs_contract.sharing import choose_sharing
from sqs_contract.world.clock import real_monotonic

SEARCHES_MAX: Final = 6
"""Searches after the first: each ends at a bug not known before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a verification stands: what it does, how far it is, what it has found."""

    phase: str
    done: int
    total: int | None
    found: tuple[str, ...] = ()


Listener = Callable[[Progress], None]


def verify(request: Request, listener: Listener | None = None) -> Report:
    """Verify a handler.

    Raises:
        UsageError: something the user gave is wrong.
    """
    watch = Watch()
    try:
        # The endpoint comes first: if it does not answer, nothing is explored in vain.
        with reaching(request) as connection, playing(request) as player:
            bodies = player.load_bodies(request.bodies)
            listener = listener or _nobody
            return _Verification(request, player, bodies, watch, listener, connection).report()
    except UsageError as error:
        # What a template leaves open may be why the handler cannot be imported.
        detail = "\n".join([*error.detail.splitlines(), *request.notes])
        raise UsageError(str(error), detail=detail) from None


def _nobody(_: Progress) -> None: ...


class _Verification:
    """One verification under way."""

    def __init__(
        self,
        request: Request,
        player: Plays,
        bodies: Bodies,
        watch: Watch,
        listener: Listener,
        connection: Connection | None = None,
    ) -> None:
        self._request = request
        self._connection = connection
        self._player = player
        self._bodies = bodies
        self._listener = listener
        self._clauses = [
            clause
            for clause in CLAUSES.values()
            if clause.is_due(request.clauses, fifo=request.deployment.queue.fifo)
        ]
        self._oracle = Oracle(Golden(player, request.deployment, request.seed))
        self._tested: dict[str, int] = dict.fromkeys(CLAUSES, 0)
        self._seconds: dict[str, float] = dict.fromkeys(CLAUSES, 0.0)
        self._rests_on: dict[str, set[OpenPoint]] = {clause: set() for clause in CLAUSES}
        self._findings: list[Finding] = []
        self._cleared: set[object] = set()
        self._watch = watch
        self._started = real_monotonic()
        self._explored = 0
        self._usual: dict[str, frozenset[Call]] = {}
        self._singles: list[Played] = []
        self._copies: list[Played] = []

    def report(self) -> Report:
        request = self._request
        choose_sharing(self._player, request.deployment, self._bodies.examples, request.seed)
        self._oracle = Oracle(Golden(self._player, request.deployment, request.seed))
        self._tell("trying the bodies", 0, None)
        cases = prepare_cases(self._oracle, self._bodies, request.seed, self._out_of_time)
        coverage = self._explore_systematically(cases)
        coverage = self._explore_pairs(coverage)
        coverage = self._explore_at_random(cases, coverage)
        golden, bodies, late = self._oracle.golden, self._bodies.examples, self._out_of_time()
        return Report(
            target=str(request.program.handler),
            request=request,
            deployment=request.deployment,
            seed=request.seed,
            clauses=(
                *(self._result(clause, cases) for clause in self._clauses),
                *self._watch.judge(request, self._player, golden, cases, bodies, late=late),
            ),
            coverage=coverage,
            notes=tuple(self._notes(cases)),
            endpoint=self._on_endpoint(cases),
            seconds=real_monotonic() - self._started,
        )

    def _on_endpoint(self, cases: Cases) -> EndpointReport | None:
        """What was found, played on an endpoint too."""
        if self._connection is None:
            return None
        assert isinstance(self._player, Player), "an isolated handler is played on no endpoint"
        tell = partial(self._tell, f"on {self._connection.name}")
        setup = (self._player, self._connection, self._oracle, self._clauses, tell)
        return play_found(setup, None if self._gave_up else cases, self._findings, self._request)

    def _explore_systematically(self, cases: Cases) -> Coverage:
        """Every single fault, the likeliest to be a bug first; poison is tried in between."""
        planned = list(self._faults_without_poison(cases))
        explored = self._examine_all(planned)
        cases.poison += find_poison(self._oracle, cases) if not self._out_of_time() else ()
        rest = list(self._poison_and_calls(cases))
        planned += rest
        explored += self._examine_all(rest)
        single = [scenario for scenario in planned if scenario.faults]
        return Coverage(
            scenarios=explored,
            single_faults=len(single),
            single_faults_explored=sum(bool(item.faults) for item in planned[:explored]),
        )

    def _faults_without_poison(self, cases: Cases) -> Iterator[Scenario]:
        deployment, seed = self._request.deployment, self._request.seed
        yield from systematic.plain_scenarios(cases, deployment, seed)
        if self._player.warm_only is None:
            yield from systematic.sandbox_scenarios(cases, deployment, seed)
        yield from systematic.delivery_scenarios(cases, deployment, seed)
        for group in cases.groups:
            plain = self._plain_run(group[:1])
            self._usual[group[0].name] = calls_in(plain.events)
            yield from systematic.call_scenarios(group[:1], plain, deployment, seed)
            if self._overlaps:
                yield from systematic.overlap_scenarios(group, plain, deployment, seed)

    def _poison_and_calls(self, cases: Cases) -> Iterator[Scenario]:
        deployment, seed = self._request.deployment, self._request.seed
        yield from systematic.poison_scenarios(cases, deployment, seed)
        for group in cases.groups:
            if len(group) > 1:
                plain = self._plain_run(group)
                yield from systematic.call_scenarios(group, plain, deployment, seed)
        if self._stops_in_time or any(clause.id == "deadline" for clause in self._clauses):
            for group in cases.groups:
                first = self._oracle.golden.solo(group[0]).calls
                yield from systematic.deadline_scenarios(
                    group, first, self._plain_run(group), deployment, seed
                )

    @property
    def _stops_in_time(self) -> bool:
        """Whether the handler looks at the time, and so has a way of its own when it is short."""
        return isinstance(self._player, Player) and self._player.program.asks_for_time

    def _plain_run(self, messages: Sequence[ScenarioMessage]) -> Run:
        deployment, seed = self._request.deployment, self._request.seed
        plain = Scenario(messages=tuple(messages), deployment=deployment, seed=seed)
        return self._player.play(plain, observing=False)

    @property
    def _overlaps(self) -> bool:
        """Whether two invocations may run at once, and can here."""
        reserved = self._request.deployment.function.reserved_concurrency
        return reserved != 1 and self._player.can_overlap

    def _examine_all(self, scenarios: Sequence[Scenario], phase: str = "single faults") -> int:
        """Examine scenarios in turn; returns how many the budget allowed."""
        for number, scenario in enumerate(scenarios):
            if self._out_of_time():
                return number
            self._tell(phase, number, len(scenarios))
            run = self._examine(scenario)
            struck = [fault.kind in CALL_FAULTS for fault in scenario.faults]
            if len(scenario.messages) == 1 and len(struck) == 1:
                if struck == [True]:
                    self._singles.append((scenario, run.events))
                elif scenario.faults[0].kind is FaultKind.OVERLAPPED:
                    self._copies.append((scenario, run.events))
        return len(scenarios)

    def _explore_pairs(self, coverage: Coverage) -> Coverage:
        """A second fault where the first one led to, for the first message of each group."""
        planned = list(all_pairs(self._copies, self._singles, self._usual))
        explored = self._examine_all(planned[:PAIRS_MAX], "pairs of faults")
        return coverage.with_pairs(len(planned), explored)

    def _explore_at_random(self, cases: Cases, coverage: Coverage) -> Coverage:
        request = self._request
        if not cases.healthy and not cases.poison:
            return coverage
        pool = Pool(
            healthy=cases.healthy,
            poison=cases.poison,
            sites=self._sites(cases),
            overlaps=self._overlaps,
        )
        self._explored = 0
        left = request.max_examples
        for round_number in range(SEARCHES_MAX + 1):
            if left <= 0 or self._out_of_time():
                break
            before = self._explored
            found = search(
                self._breaks_something_new,
                pool,
                request.deployment,
                bodies=self._bodies.strategy,
                seed=request.seed + round_number,
                max_examples=left,
                reaches=self._oracle.golden.reaches_the_handler,
                out_of_time=self._out_of_time,
            )
            left -= self._explored - before
            if found is None:
                break
            self._examine(found)
        return coverage.with_drawn(self._explored)

    def _breaks_something_new(self, scenario: Scenario) -> bool:
        self._explored += 1
        self._tell("several faults", self._explored, None)
        return bool(self._suspects(scenario)[1])

    def _examine(self, scenario: Scenario) -> Run:
        """Play and judge a scenario; make each bug not known yet small, and keep it."""
        run, suspects = self._suspects(scenario)
        for suspect in suspects:
            if self._known(suspect, scenario):
                continue
            smallest = shrink(scenario, partial(self._breaks, violation=suspect))
            if not self._breaks(smallest, suspect, thorough=True):
                # A likely explanation was missing. Is there something in it all the same?
                if not self._breaks(scenario, suspect, thorough=True):
                    self._cleared.add((suspect.identity, _shape(scenario)))
                    continue
                smallest = shrink(scenario, partial(self._breaks, violation=suspect, thorough=True))
            analysis, violations = self._judge(smallest, thorough=True, only=suspect.clause)
            for violation in violations:
                if violation.identity == suspect.identity and not self._known(violation, smallest):
                    self._findings.append(finding_of(violation, analysis))
                    # What the report is to show is played while the world is there.
                    self._oracle.golden.run(tuple(analysis.accepted_messages))
        return run

    def _suspects(self, scenario: Scenario) -> tuple[Run, list[Violation]]:
        """What a scenario comes to, and the violations that are not known yet, as far as
        likely explanations tell."""
        analysis, violations = self._judge(scenario, counting=True)
        return analysis.run, [
            violation
            for violation in violations
            if not self._known(violation, scenario)
            and (violation.identity, _shape(scenario)) not in self._cleared
        ]

    def _breaks(self, scenario: Scenario, violation: Violation, *, thorough: bool = False) -> bool:
        if self._gave_up and not thorough:
            return False  # shrinking ends here; what was found is told as it is
        _, violations = self._judge(scenario, thorough=thorough, only=violation.clause)
        return any(other.identity == violation.identity for other in violations)

    def _known(self, violation: Violation, scenario: Scenario) -> bool:
        return any(finding.covers(violation, scenario.faults) for finding in self._findings)

    def _judge(
        self,
        scenario: Scenario,
        *,
        thorough: bool = False,
        counting: bool = False,
        only: str | None = None,
    ) -> tuple[Analysis, list[Violation]]:
        run = self._player.play(scenario)
        self._watch.see(run)
        for message in scenario.messages:
            self._oracle.golden.learn_noise((message,))
        analysis = Analysis(run, self._oracle, thorough=thorough)
        violations: list[Violation] = []
        for clause in self._clauses:
            if only is not None and clause.id != only:
                continue
            started = real_monotonic()
            judgement = clause.judge(analysis, self._request.poison)
            self._seconds[clause.id] += real_monotonic() - started
            if judgement.tested and counting:
                self._tested[clause.id] += 1
                self._rests_on[clause.id].update(analysis.open_points)
            violations += judgement.violations
        return analysis, violations

    def _sites(self, cases: Cases) -> Sequence[str]:
        labels = {
            label: None
            for message in cases.healthy
            for label in self._oracle.golden.solo(message).calls
        }
        return tuple(labels)

    def _result(self, clause: Clause, cases: Cases) -> ClauseResult:
        findings = tuple(item for item in self._findings if item.violation.clause == clause.id)
        tested = self._tested[clause.id]
        rests_on = self._rests_on[clause.id]
        if findings:
            verdict, reason = Verdict.VIOLATED, findings[0].violation.claim
            rests_on = {point for finding in findings for point in finding.analysis.open_points}
        elif tested:
            verdict, reason = Verdict.HELD, ""
        else:
            verdict, reason = (
                Verdict.NOT_CHECKED,
                why_not_checked(clause.id, self._request.deployment, cases),
            )
        return ClauseResult(
            id=clause.id,
            verdict=verdict,
            severity=clause.severity,
            reason=reason,
            seconds=self._seconds[clause.id],
            scenarios=tested,
            findings=findings,
            rests_on=tuple(sorted(rests_on, key=lambda point: point.number)),
        )

    def _notes(self, cases: Cases) -> Iterator[str]:
        if self._bodies.found:
            yield f"bodies: {self._bodies.found}"
        yield from self._request.notes
        yield from notes_on_run(self._player, cases, self._oracle.golden.looks.ignored)
        if not self._out_of_time():
            yield from notes_on_bodies(self._oracle, cases, self._bodies.examples)

    def _out_of_time(self) -> bool:
        if self._gave_up:
            return True
        budget = self._request.budget_s
        return budget is not None and real_monotonic() - self._started > budget

    @property
    def _gave_up(self) -> bool:
        return self._player.has_had_enough

    def _tell(self, phase: str, done: int, total: int | None) -> None:
        found = tuple(dict.fromkeys(item.violation.clause for item in self._findings))
        self._listener(Progress(phase=phase, done=done, total=total, found=found))


def _shape(scenario: Scenario) -> object:
    """Scenarios of one shape clear a suspect together: the same messages in any order."""
    return frozenset(message.key for message in scenario.messages), scenario.faults
