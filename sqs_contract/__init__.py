"""Contract testing and fault injection for Amazon SQS consumers.

Public names are imported when they are first asked for: a test suite that has
the pytest plugin installed and does not use it pays next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqs_contract.checking import BoundClause, ContractViolated
    from sqs_contract.configured import ConfiguredContract
    from sqs_contract.contract import Contract
    from sqs_contract.deployment.settings import Deployment
    from sqs_contract.errors import SqsContractError, UsageError
    from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
    from sqs_contract.simulation import Simulation
    from sqs_contract.world.life import SandboxEnded

_HOMES = {
    "BoundClause": "sqs_contract.checking",
    "ConfiguredContract": "sqs_contract.configured",
    "Contract": "sqs_contract.contract",
    "ContractViolated": "sqs_contract.checking",
    "Deployment": "sqs_contract.deployment.settings",
    "Fault": "sqs_contract.fault_plan",
    "FaultKind": "sqs_contract.fault_plan",
    "SandboxEnded": "sqs_contract.world.life",
    "Scenario": "sqs_contract.scenario",
    "ScenarioMessage": "sqs_contract.scenario",
    "Simulation": "sqs_contract.simulation",
    "SqsContractError": "sqs_contract.errors",
    "UsageError": "sqs_contract.errors",
}

__all__ = [
    "BoundClause",
    "ConfiguredContract",
    "Contract",
    "ContractViolated",
    "Deployment",
    "Fault",
    "FaultKind",
    "SandboxEnded",
    "Scenario",
    "ScenarioMessage",
    "Simulation",
    "SqsContractError",
    "UsageError",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
