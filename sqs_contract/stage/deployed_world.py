"""The world of a template in moto: each thing is made by the call that makes it on AWS.

Importing this imports boto3 and moto.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from sqs_contract.deployment.creation import Plan
from sqs_contract.references import first_line


class DeployedWorld:
    """Makes what a template deploys.

    Attributes:
        refused: what moto would not make, and why, one sentence each. The run goes on
            without it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.refused: dict[str, None] = {}

    def make(self) -> None:
        """Make everything, in an empty world."""
        clients: dict[str, Any] = {}
        for call in self._plan.calls:
            try:
                if call.service not in clients:
                    clients[call.service] = boto3.client(call.service)
                getattr(clients[call.service], call.method)(**call.arguments)
            except Exception as error:  # noqa: BLE001  what moto refuses, and what it trips over
                kind = "" if isinstance(error, ClientError) else f"{type(error).__name__}: "
                self.refused[f"{call.makes} is not made: {kind}{first_line(error)}"] = None
