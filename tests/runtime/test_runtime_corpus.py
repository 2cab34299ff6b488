"""Handlers of a known truth get the same verdicts behind the Runtime API as in this process."""

import pytest
from test_corpus import BODY, CORPUS, constants

from sqs_contract import Deployment
from sqs_contract.clauses.verdict import PoisonPolicy, Verdict
from sqs_contract.request import Request
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.verify import verify

PAIRS = [
    ("ddb_claim_by_message_id", "ddb_one_transaction"),
    ("ddb_outbox_swallows", "ddb_outbox"),
    ("ddb_unprocessed_ignored", "ddb_unprocessed_retried"),
    ("fifo_goes_on", "fifo_stops_at_first"),
    ("overlap_unguarded_transaction", "overlap_guarded_transaction"),
    ("s3_timestamped", "s3_keyed"),
    ("stepfunctions_unnamed", "stepfunctions_named"),
    ("remembers_in_tmp", "scratch_in_tmp"),
]
"""A bug, and its correct twin."""


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for pair in PAIRS for name in pair])
def test_verdicts_are_those_of_this_process(name, monkeypatch):
    monkeypatch.chdir(CORPUS.parent)
    says = constants(name)
    request = {
        "program": ProgramSpec(
            handler=f"corpus.{name}:handler", effects=says.get("EFFECTS"), reset=says.get("RESET")
        ),
        "deployment": Deployment.of(
            **{
                "report_batch_item_failures": True,
                "max_receive_count": 3,
                **says.get("DEPLOYMENT", {}),
            }
        ),
        "bodies": says.get("BODIES", [BODY]),
        "poison": PoisonPolicy(says.get("POISON", "either")),
        "max_examples": 0,
    }
    here, there = (verify(Request(**request, runtime=runtime)) for runtime in (None, RuntimeSpec()))
    assert verdicts(there) == verdicts(here)
    assert {name for name, verdict in verdicts(there).items() if verdict is Verdict.VIOLATED} >= (
        says["BREAKS"]
    )


def verdicts(report):
    return {clause.id: clause.verdict for clause in report.clauses}
