"""How a handler is deployed: queue, event source mapping, function, and the readers of templates."""

from sqs_contract.deployment.settings import Deployment, FunctionSettings

__all__ = ["Deployment", "FunctionSettings"]
