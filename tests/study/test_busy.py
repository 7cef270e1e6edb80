"""Which faults of a database only ask to come back; the requests that meet them are in `test_concurrency.py`."""

import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError
from psycopg_pool import PoolTimeout

from study.participant.errors import is_busy


def sqlite_fault(code: int) -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError()
    fault.sqlite_errorcode = code
    return fault


def fault_from(cause: Exception, kind: type[DatabaseError] = OperationalError) -> DatabaseError:
    """What Django makes of a driver's fault."""
    fault = kind()
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    "cause",
    [
        sqlite_fault(sqlite3.SQLITE_BUSY),
        sqlite_fault(sqlite3.SQLITE_BUSY_SNAPSHOT),
        sqlite_fault(sqlite3.SQLITE_LOCKED),
        psycopg.errors.LockNotAvailable(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.SerializationFailure(),
        PoolTimeout(),
    ],
    ids=lambda cause: f"{type(cause).__name__}-{getattr(cause, 'sqlite_errorcode', '')}",
)
def test_who_waited_too_long_is_asked_to_come_back(cause: Exception) -> None:
    assert is_busy(fault_from(cause))


@pytest.mark.parametrize(
    "fault",
    [
        fault_from(sqlite_fault(sqlite3.SQLITE_CORRUPT)),
        fault_from(psycopg.errors.DiskFull()),
        fault_from(psycopg.OperationalError()),
        fault_from(psycopg.errors.UniqueViolation(), IntegrityError),
        OperationalError(),
        RuntimeError(),
    ],
    ids=lambda fault: f"{type(fault).__name__}-{type(fault.__cause__).__name__}",
)
def test_what_is_broken_is_not_called_busy(fault: Exception) -> None:
    assert not is_busy(fault)
