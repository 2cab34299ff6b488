"""Settings that flags give, as a picture: alone, or in the place of a template's."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sqs_contract.deployment import Deployment
from sqs_contract.deployment.resources import (
    EventSourceMapping,
    Function,
    Item,
    Queue,
    Redrive,
    Stack,
)
from sqs_contract.deployment.template import Source, deployment_of
from sqs_contract.deployment.values import Place, Unresolved
from sqs_contract.model.limits import SECOND_MS


def as_deployed(source: Source, deployment: Deployment) -> Stack:
    """The picture with the settings that flags gave in the place of the template's."""
    stack, mapping, function = source.stack, source.mapping, source.function
    was = deployment_of(stack, source)
    if was == deployment:
        return stack
    queue = stack.queue_of(mapping.source)  # one that is elsewhere stays so
    flags = stack_of_flags(deployment)
    before = stack_of_flags(was)

    def changed(item: Any, new: Item, old: Item) -> Any:
        given = {
            field.name: getattr(new, field.name)
            for field in dataclasses.fields(new)
            if field.name not in _IDENTITY and getattr(new, field.name) != getattr(old, field.name)
        }
        redrive = given.get("redrive")
        if redrive is not None and item.redrive is not None:  # flags name no dead-letter queue
            given["redrive"] = dataclasses.replace(
                redrive, dead_letter_arn=item.redrive.dead_letter_arn
            )
        return dataclasses.replace(item, **given) if given else item

    def all_of(
        items: tuple[Any, ...], one: object, new: tuple[Item, ...], old: tuple[Item, ...]
    ) -> tuple[Any, ...]:
        return tuple(changed(item, new[0], old[0]) if item is one else item for item in items)

    return dataclasses.replace(
        stack,
        queues=all_of(stack.queues, queue, flags.queues, before.queues),
        mappings=all_of(stack.mappings, mapping, flags.mappings, before.mappings),
        functions=all_of(stack.functions, function, flags.functions, before.functions),
    )


_IDENTITY: Final = frozenset(
    {"id", "name", "arn", "url", "place", "lines", "properties", "function", "source"}
)
_OPEN: Final = Unresolved("is not told by flags")


def stack_of_flags(deployment: Deployment) -> Stack:
    """A picture of what flags tell: one queue that feeds one function."""
    queue, mapping, function = deployment.queue, deployment.mapping, deployment.function
    here = Place("")
    receives = queue.max_receive_count
    dead = deployment.queue_arn.replace(queue.name, deployment.dead_letter_queue.name)
    return Stack(
        file="",
        kind="flags",
        region=deployment.region,
        account=deployment.account,
        queues=(
            Queue(
                id="the queue",
                name=queue.name,
                arn=deployment.queue_arn,
                place=here,
                url=deployment.queue_url,
                fifo=queue.fifo,
                visibility_timeout_s=queue.visibility_timeout_ms // SECOND_MS,
                retention_s=queue.retention_ms // SECOND_MS,
                delay_s=queue.delay_ms // SECOND_MS,
                redrive=(
                    None
                    if receives is None
                    else Redrive(dead_letter_arn=dead, max_receive_count=receives)
                ),
            ),
        ),
        mappings=(
            EventSourceMapping(
                id="the mapping",
                name="",
                arn="",
                place=here,
                function=function.name,
                source=deployment.queue_arn,
                batch_size=mapping.batch_size,
                window_s=mapping.window_ms // SECOND_MS,
                response_types=(
                    ("ReportBatchItemFailures",) if mapping.report_batch_item_failures else ()
                ),
                filters=() if mapping.filters is None else mapping.filters.patterns,
                maximum_concurrency=mapping.maximum_concurrency,
            ),
        ),
        functions=(
            Function(
                id="the function",
                name=function.name,
                arn=deployment.function_arn,
                place=here,
                timeout_s=function.timeout_ms // SECOND_MS,
                memory_mb=function.memory_mb,
                reserved_concurrency=function.reserved_concurrency,
                permissions=_OPEN,
            ),
        ),
    )
