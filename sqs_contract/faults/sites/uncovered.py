"""Ways out of the handler that are no fault site: what is told of them.

Known client libraries are found in the sources of the handler, connections that
no site made are seen by the guard on the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
