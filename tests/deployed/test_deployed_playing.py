"""Playing with the function deployed, on an endpoint that stands in this process: what is made,
watched, judged and removed."""

from __future__ import annotations

import itertools
import json
import os
from types import SimpleNamespace

import pytest

from sqs_contract.deployed import side_by_side, wrapper
from sqs_contract.deployed.orders import RAISE, Deployed
from sqs_contract.deployed.side_by_side import play_side_by_side
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.endpoint import Deploying, Endpoint
from sqs_contract.errors import UsageError
from sqs_contract.fault_plan import Fault, FaultKind
from sqs_contract.on_deployed import in_short, replay_deployed
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Player
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

DEPLOYMENT = Deployment.of(
    report_batch_item_failures=True,
    max_receive_count=2,
    environment={"ORDERS_TABLE": "orders", "CUSTOMERS_TABLE": "customers"},
)
M1 = ScenarioMessage(name="m1", body='{"order_id": "o-1", "customer": "ada", "amount": 25}')
PLAIN = Scenario(messages=(M1,), deployment=DEPLOYMENT)
CRASH = Scenario(
    messages=(M1,),
    faults=(Fault(kind=FaultKind.CRASH_AFTER, invocation=1),),
    deployment=DEPLOYMENT,
)


class StubEndpoint:
    """An endpoint with queues, one function and its mapping; `lenient`, it deletes the batch
    whatever the function says, which AWS does not."""

    def __init__(self, monkeypatch, function, *, lenient=False):
        self.endpoint = Endpoint(backend="endpoint", url="http://stub", deployed=Deploying())
        self.name = "stub"
        self.others = ()
        self.has_answered = True
        self.queues = {}
        self.stores = None
        self.source = None
        self._function = function
        self._lenient = lenient
        self._sent = 0
        # Chance is seeded in this process: each world would draw the same ids again.
        ids = itertools.count()
        drawn = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=str(next(ids))))
        monkeypatch.setattr(wrapper, "uuid", drawn)
        monkeypatch.setattr(wrapper, "_state", {"environment": "e", "invocations": 0})

    def _handle(self, event, _context):
        return self._function(event, self.stores)

    def send_message(self, *, QueueUrl, MessageBody):  # noqa: N803  boto3's names
        self.call("SendMessage", QueueUrl=QueueUrl, MessageBody=MessageBody)

    def load_package(self, package):
        assert package.startswith(b"PK")

    def create(self, hint, attributes):
        self.queues[hint] = SimpleNamespace(waiting=[], attributes=attributes)
        return {"url": hint, "arn": f"arn:{hint}"}

    def drop(self, *urls):
        for url in urls:
            del self.queues[url]

    def create_function(self, settings):
        self._variables = settings["Environment"]["Variables"]
        return {"name": "function"}

    def configure_function(self, _name, settings):
        return self.create_function(settings)

    def connect_function(self, _name, settings):
        self.source = settings["EventSourceArn"].removeprefix("arn:")
        return {"uuid": "u"}

    def disconnect_function(self, _name):
        self.source = None

    def invoke_function(self, _name, payload):
        return json.dumps(self._invoke(json.loads(payload)))

    def make_stores(self, stores):
        self.stores = stores

    def read_stores(self):
        return self.stores

    def call(self, operation, *, QueueUrl, **parameters):  # noqa: N803
        queue = self.queues[QueueUrl]
        if operation == "SendMessage":
            self._sent += 1
            identifier = f"there-{self._sent}"
            queue.waiting.append([identifier, parameters["MessageBody"], 0])
            return {"MessageId": identifier}
        if operation == "ReceiveMessage":
            self._poll()
            found, queue.waiting = queue.waiting, []
            return {
                "Messages": [
                    {"MessageId": name, "Body": body, "ReceiptHandle": name}
                    for name, body, _ in found
                ]
            }
        if operation == "GetQueueAttributes":
            return {"Attributes": {"ApproximateNumberOfMessages": str(len(queue.waiting))}}
        assert operation == "DeleteMessage"
        return {}

    def begin(self, method, *arguments):
        self._begun = getattr(self, method)(*arguments)

    def answer(self):
        return self._begun

    def _poll(self):
        """One round of the mapping."""
        batch = [] if self.source is None else self.queues[self.source].waiting
        policy = self.queues[self.source].attributes.get("RedrivePolicy") if batch else None
        if policy is not None:
            most = json.loads(policy)["maxReceiveCount"]
            dead = [message for message in batch if message[2] >= most]
            self.queues["orders-dlq"].waiting += dead
            batch[:] = [message for message in batch if message not in dead]
        if not batch:
            return
        for message in batch:
            message[2] += 1
        records = [
            {"messageId": name, "body": body, "attributes": {"ApproximateReceiveCount": str(count)}}
            for name, body, count in batch
        ]
        try:
            response = self._invoke({"Records": records})
        except Exception:  # noqa: BLE001  as Lambda takes whatever is raised
            return
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        if failed - {message[0] for message in batch} and not self._lenient:
            return
        batch[:] = [message for message in batch if message[0] in failed]

    def kept_apart(self, _queue, _stores):
        return list(self.others)

    def _invoke(self, event):
        wrapper._state |= {"client": self, "function": self._handle}
        before = os.environ.get(wrapper.VARIABLE)
        os.environ[wrapper.VARIABLE] = self._variables[wrapper.VARIABLE]
        try:
            return wrapper.handler(event, None)
        finally:
            os.environ.pop(wrapper.VARIABLE)
            assert before is None


def adds_again(event, stores):
    """What shop.broken.adds_again does to its tables."""
    for record in event["Records"]:
        order = json.loads(record["body"])
        row = {
            "order_id": {"S": order["order_id"]},
            "customer": {"S": order["customer"]},
            "amount": {"N": str(order["amount"])},
        }
        stores.items["orders"] = [row]
        sums = {
            item["customer"]["S"]: int(item["total"]["N"]) for item in stores.items["customers"]
        }
        sums[order["customer"]] = sums.get(order["customer"], 0) + order["amount"]
        stores.items["customers"] = [
            {"customer": {"S": name}, "total": {"N": str(total)}} for name, total in sums.items()
        ]
    return {"batchItemFailures": []}


def spoils_the_report(event, _stores):
    del event
    return {"batchItemFailures": [{"itemIdentifier": "nobody"}]}


@pytest.fixture
def player():
    spec = ProgramSpec(handler="shop.broken.adds_again:handler", reset="shop.testing:empty_tables")
    with Player.entered(spec, DEPLOYMENT) as player:
        yield player


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path, monkeypatch):
    """What lies in the working directory is packaged; and there is nothing to wait for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(side_by_side, "CHECK_S", 0)


def test_what_a_handler_does_again_there_is_judged_as_it_is_here(player, monkeypatch):
    from sqs_contract.clauses import CLAUSES
    from sqs_contract.clauses.verdict import PoisonPolicy

    stub = StubEndpoint(monkeypatch, adds_again)
    oracle = Oracle(Golden(player, DEPLOYMENT, 0))
    broken = []
    items = [Deployed(scenario=PLAIN), Deployed(scenario=CRASH, how=RAISE)]
    for item, played in zip(items, play_side_by_side(stub, player, items), strict=True):
        assert played.differs is None
        assert in_short(played.run) == in_short(player.play(item.scenario))
        analysis = Analysis(played.run, oracle)
        judgement = CLAUSES["idempotent"].judge(analysis, PoisonPolicy.EITHER)
        broken.append([violation.mode for violation in judgement.violations])
    assert broken == [[], ["done-again"]]
    assert (stub.queues, stub.source) == ({}, None)


def test_accounts_that_are_kept_apart_play_side_by_side(player, monkeypatch):
    """Each has its own function and its own tables; what came of it is told in order."""
    first, second = (StubEndpoint(monkeypatch, adds_again) for _ in range(2))
    first.others = (second,)
    items = [Deployed(scenario=CRASH, how=RAISE), Deployed(scenario=PLAIN)]
    crashed, plain = play_side_by_side(first, player, items)
    assert in_short(crashed.run) == "m1 deleted at receive 2"
    assert in_short(plain.run) == "m1 deleted at receive 1"
    totals = [stub.stores.items["customers"][0]["total"]["N"] for stub in (first, second)]
    assert totals == ["50", "25"]
    assert (first.queues, second.queues) == ({}, {})


def test_what_there_is_no_time_for_is_not_begun_but_the_first(player, monkeypatch):
    stub = StubEndpoint(monkeypatch, adds_again)
    items = [Deployed(scenario=PLAIN), Deployed(scenario=CRASH, how=RAISE)]
    plain, crashed = play_side_by_side(stub, player, items, seconds_max=0)
    assert plain is not None
    assert crashed is None


def test_an_endpoint_that_deletes_what_aws_keeps_is_told_and_the_handler_is_not_judged(
    player, monkeypatch
):
    lenient = StubEndpoint(monkeypatch, spoils_the_report, lenient=True)
    (played,) = play_side_by_side(lenient, player, [Deployed(scenario=PLAIN)])
    assert played.differs is not None
    assert played.differs.startswith("deletes m1 after invocation 1")
    assert in_short(played.run) == "m1 deleted at receive 1"


def test_an_endpoint_that_keeps_what_aws_keeps_is_as_aws(player, monkeypatch):
    faithful = StubEndpoint(monkeypatch, spoils_the_report)
    (played,) = play_side_by_side(faithful, player, [Deployed(scenario=PLAIN)])
    assert played.differs is None
    assert in_short(played.run) == "m1 dead-lettered at receive 2"


def test_effects_that_cannot_be_seen_there_are_not_judged(player, monkeypatch):
    """As when the handler writes to something that is neither a table nor a bucket."""
    blind = StubEndpoint(monkeypatch, lambda _event, _stores: {"batchItemFailures": []})
    oracle = Oracle(Golden(player, DEPLOYMENT, 0))
    again = Scenario(
        messages=(M1,),
        faults=(Fault(kind=FaultKind.LOST_DELETE, message="m1"),),
        deployment=DEPLOYMENT,
    )
    played = replay_deployed(player, blind, again, oracle)
    assert played.run is None
    assert "holds other effects after plain delivery than moto does" in played.differs


def test_a_handler_that_cannot_be_imported_there_ends_the_run_with_a_line(player, monkeypatch):
    stub = StubEndpoint(monkeypatch, adds_again)
    wrapper._state["failure"] = "ModuleNotFoundError: No module named 'stripe'"
    with pytest.raises(UsageError, match="No module named 'stripe': --requirements FILE"):
        play_side_by_side(stub, player, [Deployed(scenario=PLAIN)])
    assert stub.queues == {}


def test_a_message_that_the_filters_delete_and_is_handed_over_is_a_difference(player, monkeypatch):
    filtered = Scenario(
        messages=(M1,),
        deployment=Deployment.of(
            filters=['{"body": {"customer": ["grace"]}}'],
            environment=DEPLOYMENT.function.environment,
        ),
    )
    stub = StubEndpoint(monkeypatch, adds_again)
    (played,) = play_side_by_side(stub, player, [Deployed(scenario=filtered)])
    assert played.differs == "hands over m1, which the filters of the mapping delete"
