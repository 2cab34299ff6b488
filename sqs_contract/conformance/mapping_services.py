"""What a recorded program of an event source mapping runs on: the model here, in virtual time; an
endpoint is `endpoint_mappings`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqs_contract.conformance.handlers import Handler
from sqs_contract.conformance.mapping_programs import FUNCTION_NAME, MappingProgram
from sqs_contract.conformance.runner import Runner, Story
from sqs_contract.model.arns import function_arn, queue_arn
from sqs_contract.model.mapping_api import CREATED, FunctionFacts, MappingApi, MappingDescription


class Mappings(Protocol):
    """Lambda's event source mappings, as a program uses them."""

    @property
    def answers_wholly(self) -> bool:
        """Whether an answer holds all that there is to it, so that what it lacks is missing."""
        ...

    def create(self, program: MappingProgram, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to CreateEventSourceMapping, and its status as `http`.

        Raises:
            MappingRefused: it is an error.
            NotRunnable: nothing can be said of it here.
        """
        ...

    def play(self, program: MappingProgram, request: Mapping[str, Any], handler: Handler) -> Story:
        """What became of the program's messages.

        Raises:
            MappingRefused: the mapping cannot be made.
            NotRunnable: nothing can be said of it here.
        """
        ...


class ModelMappings:
    """The model, in virtual time."""

    answers_wholly = False

    def create(self, program: MappingProgram, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to CreateEventSourceMapping, and its status as `http`."""
        return {**self._create(program, request).to_response(), "http": CREATED}

    def play(self, program: MappingProgram, request: Mapping[str, Any], handler: Handler) -> Story:
        """What became of the program's messages."""
        return Runner(program, self._create(program, request).settings, handler).run()

    def _create(self, program: MappingProgram, request: Mapping[str, Any]) -> MappingDescription:
        function = FunctionFacts(
            arn=function_arn(FUNCTION_NAME), timeout_ms=program.function_timeout_ms
        )
        name = request["FunctionName"].rpartition(":function:")[2].partition(":")[0]
        api = MappingApi({queue_arn(program.queue.name): program.queue}, {name: function})
        return api.create(request)
