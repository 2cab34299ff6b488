"""Writes the table in docs/endpoints.md anew: `python -m docs.endpoints FILE...`.

The files hold recorded programs of queues. It starts moto, moto's server, MiniStack and
LocalStack in turn, which takes some minutes, and the package index where they are not
installed yet.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docs.endpoints.servers import localstack, ministack, moto_server
from docs.endpoints.table import PAGE, VERSIONS, render, with_table
from sqs_contract.conformance.command import Conformance, run_files
from sqs_contract.endpoints.endpoint import Endpoint

MAX_WAIT_S = 90


@contextmanager
def everywhere() -> Iterator[Iterator[tuple[str, Endpoint]]]:
    """Each endpoint, started when its turn comes."""

    def each() -> Iterator[tuple[str, Endpoint]]:
        moto, server, mini, local = VERSIONS
        yield moto, Endpoint(backend="moto")
        with moto_server() as url:
            yield server, Endpoint(backend="endpoint", url=url)
        with ministack() as url:
            yield mini, Endpoint(backend="endpoint", url=url)
        with tempfile.TemporaryDirectory() as directory, localstack(Path(directory)) as url:
            yield local, Endpoint(backend="endpoint", url=url)

    endpoints = each()
    try:
        yield endpoints
    finally:
        endpoints.close()


def main(files: list[Path]) -> None:
    """Run the programs of some files everywhere, and write the table."""
    found: dict[str, Conformance] = {}
    model = run_files(files)
    nowhere = {outcome.id for _, outcome in model.results if outcome.verdict == "not run"}
    with everywhere() as endpoints:
        for name, endpoint in endpoints:
            there = run_files(files, endpoint, max_wait_s=MAX_WAIT_S)
            ran = [item for item in there.results if item[1].id not in nowhere]
            found[name] = Conformance(there.name, tuple(ran))
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), render(found)), encoding="utf-8")
    print(f"wrote {PAGE}")


main([Path(name) for name in sys.argv[1:]])
