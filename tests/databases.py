"""What differs between the databases that the suite runs on, so that no test is for one of them alone."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class Dialect:
    """How one database is asked the same things.

    `durable` names the settings that make an acknowledged commit stay, with their values; `show` reads one of them.
    `begin` opens a transaction that writes; `hold` takes, in one, what every writer needs; `impatient` makes a session
    wait for it no longer than a moment, `patient` as long as the settings say.
    """

    durable: Mapping[str, object]
    show: str
    begin: str
    hold: str
    impatient: str
    patient: str


def _tables() -> str:
    return ", ".join(model._meta.db_table for model in apps.get_app_config("study").get_models())


def dialect() -> Dialect:
    """That of the database under test."""
    if connection.vendor == "sqlite":
        return Dialect(
            durable={"journal_mode": "wal", "synchronous": 2, "secure_delete": 1},  # 2 is FULL
            show="PRAGMA {}",
            begin="BEGIN IMMEDIATE",
            hold="BEGIN IMMEDIATE",
            impatient="PRAGMA busy_timeout = 0",
            patient="PRAGMA busy_timeout = 30000",
        )
    return Dialect(
        durable={"synchronous_commit": "on", "transaction_isolation": "read committed"},
        show="SHOW {}",
        begin="BEGIN",
        hold=f"BEGIN; LOCK TABLE {_tables()} IN EXCLUSIVE MODE",
        impatient="SET lock_timeout = '1ms'",
        patient="RESET lock_timeout",
    )


def database_address() -> str:
    """The address of the database under test, as another process needs it in EARSHOT_DATABASE_URL."""
    found: Mapping[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@contextmanager
def other_session() -> Iterator[BaseDatabaseWrapper]:
    """A second connection to the database under test, outside the first one's transactions."""
    with closing(connection.copy()) as other:
        yield other
