"""The world of a deployed function, seen with the eyes of the simulator: what its tables and buckets
hold on the endpoint is put into moto, and looked at there as ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqs_contract.endpoints.stores import Stores, fill, read_all
from sqs_contract.player import Player
from sqs_contract.world.effects import Tree


class Looking:
    """Carries worlds between an endpoint and moto.

    Args:
        player: whose world it is.
        seed: of the scenarios.
    """

    def __init__(self, player: Player, seed: int) -> None:
        self._player = player
        self._seed = seed

    def fresh(self) -> tuple[Stores, Tree]:
        """What a fresh world holds before the first invocation, and what it looks like."""
        with self._player.fresh_world(self._seed) as moto:
            return (Stores() if moto is None else read_all(_client)), self._player.look()

    def look(self, there: Stores, ids: Mapping[str, str]) -> Tree:
        """What a world looks like that holds what is there.

        Args:
            there: what the endpoint's tables and buckets hold.
            ids: for each message id there, the one it has here.
        """
        with self._player.fresh_world(self._seed) as moto:
            if moto is not None:
                for service, held in (("dynamodb", there.items), ("s3", there.buckets)):
                    if held:
                        moto.watch(service)
                fill(_client, _renamed(there, ids))
            return self._player.look()


def _client(service: str) -> Any:
    import boto3  # noqa: PLC0415  only where the handler's world has it

    return boto3.client(service)


def _renamed(stores: Stores, ids: Mapping[str, str]) -> Stores:
    def own(text: str) -> str:
        for there, here in ids.items():
            text = text.replace(there, here)
        return text

    return Stores(
        items={
            name: [_mapped(item, own) for item in items] for name, items in stores.items.items()
        },
        buckets={
            name: {
                own(key): (_bytes(body, own), {k: own(v) for k, v in metadata.items()})
                for key, (body, metadata) in objects.items()
            }
            for name, objects in stores.buckets.items()
        },
    )


def _bytes(body: bytes, own: Any) -> bytes:
    try:
        return str(own(body.decode())).encode()
    except UnicodeDecodeError:
        return body


def _mapped(value: Any, own: Any) -> Any:
    if isinstance(value, str):
        return own(value)
    if isinstance(value, dict):
        return {key: _mapped(item, own) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, own) for item in value]
    return value
