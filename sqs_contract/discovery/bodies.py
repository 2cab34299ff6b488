"""Bodies nobody gave, found where they usually are. In this order: sample events beside the
template or the code, what the handler says its bodies are, documents that describe them, what
the template wires to the queue; and where there is none of it, realistic ones of our own. What
is used is said in the report, and so is what was found and not used.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml
from hypothesis import strategies as st

from sqs_contract.bodies.documents import Described, describe
from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.bodies.samples import Sample, samples_in
from sqs_contract.bodies.source import (
    OF_MODEL,
    OF_SCHEMA,
    Bodies,
    drawn_from,
    from_described,
    is_model,
    load_bodies,
)
from sqs_contract.deployment.resources import Function, Queue, Stack
from sqs_contract.discovery.annotations import Annotated, annotated
from sqs_contract.discovery.wired import wires_of
from sqs_contract.errors import UsageError
from sqs_contract.references import Reference

_SAMPLE_FOLDERS: Final = ("events", "event", "sample_events", "tests/events", "test/events")
_DOCUMENT_FOLDERS: Final = (".", "pacts", "schemas", "schema", "docs", "tests/pacts")
_DOCUMENT_NAMES: Final = re.compile(r"asyncapi|pact|schema", re.IGNORECASE)
_FILES_MAX: Final = 200
_BYTES_MAX: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Finds the bodies of one function. Called where its code can be imported."""

    stack: Stack
    function: Function
    queue: Queue | None
    handler: Reference | None

    def __call__(self) -> Bodies:
        """The bodies, and where they were found.

        Raises:
            UsageError: what was found cannot be sent; the message names the file.
        """
        passed_over: list[str] = []
        for look in (self._samples, self._annotations, self._documents, self._wires):
            found = look(passed_over)
            if found is not None:
                break
        else:
            found = replace(load_bodies(None), found="realistic ones of our own: none were found")
        if passed_over:
            found = replace(found, found=f"{found.found}; not used: {'; '.join(passed_over)}")
        return found

    def _samples(self, passed_over: list[str]) -> Bodies | None:
        read: dict[Path, list[Sample]] = {}
        for path in _files(self._folders(), _SAMPLE_FOLDERS, ("*.json",)):
            data = _data_of(path, passed_over)
            if data is None or describe(data) is not None:
                continue
            samples = samples_in(data)
            if isinstance(samples, str):
                passed_over.append(f"{_shown(path)}, {samples}")
            else:
                read[path] = samples
        mine = self._mine(read, passed_over)
        bodies = [sample.body for samples in mine.values() for sample in samples]
        bad = [body for body in bodies if why_sqs_refuses(body) is not None]
        if bad:
            passed_over.append(f"a body SQS refuses: {why_sqs_refuses(bad[0])}")
        bodies = [body for body in dict.fromkeys(bodies) if body not in bad]
        if not bodies:
            return None
        named = ", ".join(_shown(path) for path in mine)
        return Bodies(tuple(bodies), origin=named, found=f"{len(bodies)} from {named}")

    def _mine(
        self, read: dict[Path, list[Sample]], passed_over: list[str]
    ) -> dict[Path, list[Sample]]:
        """The samples of this function: by the queue they came from, else by the name of the
        file; those that could be anybody's only where no other function is fed."""
        kept: dict[Path, list[Sample]] = {}
        others = [item for item in self.stack.fed_by_sqs() if item is not self.function]
        claimed = {path for path in read if self._is_named(path, self.function)}
        for path, samples in read.items():
            of_queue = [item for item in samples if self._came_from(item, self.queue)]
            elsewhere = [
                item
                for item in samples
                if any(
                    self._came_from(item, queue)
                    for queue in self.stack.queues
                    if queue is not self.queue
                )
            ]
            if of_queue:
                kept[path] = of_queue
            elif elsewhere or any(self._is_named(path, other) for other in others):
                continue
            elif path in claimed or (not claimed and not others):
                kept[path] = samples
            else:
                passed_over.append(f"{_shown(path)}, which names no queue of the template")
        return kept

    @staticmethod
    def _came_from(sample: Sample, queue: Queue | None) -> bool:
        return queue is not None and sample.queue in (queue.name, queue.id)

    @staticmethod
    def _is_named(path: Path, function: Function) -> bool:
        own = {_core(function.id), _core(function.name)} - {""}
        return bool(own & {_core(path.stem), _core(path.parent.name)})

    def _annotations(self, passed_over: list[str]) -> Bodies | None:
        if self.handler is None:
            return None
        try:
            module = sys.modules.get(self.handler.module) or importlib.import_module(
                self.handler.module
            )
        except (Exception, SystemExit):  # noqa: BLE001  it is told when the handler is called
            return None
        said = annotated(module, self.handler.name)
        return None if said is None else _of_annotation(said, passed_over)

    def _documents(self, passed_over: list[str]) -> Bodies | None:
        patterns = ("*.json", "*.yaml", "*.yml")
        for path in _files(self._folders(), _DOCUMENT_FOLDERS, patterns):
            if not (_DOCUMENT_NAMES.search(path.name) or _DOCUMENT_NAMES.search(path.parent.name)):
                continue
            data = _data_of(path, passed_over)
            described = describe(data)
            if not described:
                continue
            mine = self._described_for_me(described)
            if not mine:
                passed_over.append(f"{_shown(path)}, which describes no messages of this queue")
                continue
            try:
                bodies = from_described(mine, _shown(path))
            except UsageError as error:
                passed_over.append(str(error).removeprefix("bodies "))
                continue
            named = ", ".join(dict.fromkeys(one.name for one in mine))
            return replace(bodies, found=f"{named} of {_shown(path)}")
        return None

    def _described_for_me(self, described: list[Described]) -> list[Described]:
        """The messages of the channel that is this queue; all, where the document tells of one
        channel or of none, and no other function is fed."""
        if self.queue is not None:
            own = {self.queue.name, self.queue.id, _core(self.queue.id)}
            mine = [one for one in described if one.channel in own]
            if mine:
                return mine
        channels = {one.channel for one in described}
        return described if len(channels) == 1 and len(self.stack.fed_by_sqs()) == 1 else []

    def _wires(self, passed_over: list[str]) -> Bodies | None:
        if self.queue is None:
            return None
        wires = wires_of(self.stack, self.queue)
        known = [wire for wire in wires if wire.bodies is not None]
        passed_over += [
            f"{wire.told}, whose form the template does not tell"
            for wire in wires
            if wire.bodies is None
        ]
        if not known:
            return None
        return Bodies(
            strategy=st.one_of([wire.bodies for wire in known if wire.bodies is not None]),
            origin=known[0].told,
            found=f"drawn like {' and '.join(wire.told for wire in known)}",
        )

    def _folders(self) -> list[Path]:
        """Where to look: beside the template, and from the code upwards to it."""
        home = Path(self.stack.file).parent
        folders = [home]
        code = self.function.code.path
        if code is not None:
            start = code if code.is_dir() else code.parent
            folders += [start, *([start.parent] if start.resolve() != home.resolve() else [])]
        unique = {folder.resolve(): folder for folder in reversed(folders)}
        return [folder for folder in folders if unique.get(folder.resolve()) is folder]


def _of_annotation(said: Annotated, passed_over: list[str]) -> Bodies | None:
    name = getattr(said.model, "__name__", "JSON Schema")
    origin = f"{name} of {said.where}"
    make = OF_MODEL if is_model(said.model) else OF_SCHEMA
    try:
        strategy = drawn_from(make, said.model, origin)
    except UsageError as error:
        passed_over.append(str(error).removeprefix("bodies "))
        return None
    return Bodies(strategy=strategy, origin=origin, found=f"drawn from {origin}")


def _files(
    homes: list[Path], folders: tuple[str, ...], patterns: tuple[str, ...]
) -> Iterator[Path]:
    """Files of some folders, each once and in order; folders of one function below them too."""
    seen: set[Path] = set()
    for home in homes:
        for folder in folders:
            place = home if folder == "." else home / folder
            if not place.is_dir():
                continue
            deeper = () if folder == "." else [f"*/{pattern}" for pattern in patterns]
            found = sorted(path for pattern in (*patterns, *deeper) for path in place.glob(pattern))
            for path in found[:_FILES_MAX]:
                key = path.resolve()
                if path.is_file() and key not in seen:
                    seen.add(key)
                    yield path


def _data_of(path: Path, passed_over: list[str]) -> Any:
    read: Callable[[str], Any] = json.loads if path.suffix == ".json" else yaml.safe_load
    try:
        if path.stat().st_size > _BYTES_MAX:
            passed_over.append(f"{_shown(path)}, which is too large")
            return None
        return read(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        why = str(error).split("\n", 1)[0]
        passed_over.append(f"{_shown(path)}, which cannot be read ({why})")
        return None


def _core(name: str) -> str:
    """A name without what names of functions and files have besides."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return re.sub(r"(function|handler|lambda|event|sqs|queue|sample|record|message)s?", "", plain)


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
