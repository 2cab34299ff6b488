"""Ways out of the handler that are no fault site: what is told of them.

Known client libraries are found in the sources of the handler, connections that
no site made are seen by the guard on the network.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

_CLIENTS: Final = (
    "aio_pika", "aiobotocore", "aiokafka", "aiomysql", "aiopg", "amqp", "asyncmy", "asyncpg",
    "azure", "cassandra", "clickhouse_connect", "clickhouse_driver", "confluent_kafka",
    "elasticsearch", "ftplib", "google.cloud", "grpc", "imaplib", "kafka", "kombu", "ldap3",
    "meilisearch", "motor", "MySQLdb", "mysql.connector", "nats", "neo4j", "opensearchpy",
    "oracledb", "paramiko", "pika", "pg8000", "psycopg2", "pymemcache", "pymongo", "pymssql",
    "pyodbc", "pysftp", "smtplib", "snowflake.connector", "suds", "telnetlib", "valkey",
    "websocket", "websockets", "xmlrpc.client", "zeep",
)  # fmt: skip
"""Libraries whose calls leave the process past every site there is."""


def uncovered_libraries(imports: Iterable[str]) -> Iterator[str]:
    """Client libraries among these names of modules that are no fault sites."""
    known = set(imports)
    for client in _CLIENTS:
        if any(name == client or name.startswith(f"{client}.") for name in known):
            yield client


def notes_on_sites(
    imports: Iterable[str], connections: Iterable[str], given: Iterable[str], seen: Container[str]
) -> Iterator[str]:
    """What is told of how the handler reaches out past the sites.

    Args:
        imports: names of the modules it imports.
        connections: where it connected to past every site.
        given: the sites the user named.
        seen: the first words of the labels of all calls.
    """
    names = [name.partition("=")[0] for name in given]
    instrumented = {name.removeprefix("otel:") for name in names if name.startswith("otel:")}
    for library in uncovered_libraries(imports):
        if library.partition(".")[0] not in instrumented:
            yield note_on_library(library)
    if not instrumented:  # how those connect is not known
        yield from map(note_on_connection, connections)
    for name in names:
        if name.replace("otel:", "otel.") not in seen:
            yield f"fault site {name!r} was never called: it could not be made to fail"


def note_on_library(name: str) -> str:
    """What is told of a library that is used and not covered."""
    return (
        f"`{name}` is used but no fault site: its calls are never made to fail; "
        "name a function with --fault-site"
    )


def note_on_connection(place: str) -> str:
    """What is told of a connection that no site made."""
    return (
        f"the handler connected to {place} past every fault site: what it does there is never "
        "made to fail; name a function with --fault-site"
    )
