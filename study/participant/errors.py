"""One JSON shape for every error of the API, and how a busy database is told from a broken one."""

import sqlite3
from typing import Any

from django.db import OperationalError
from django.http import Http404, JsonResponse
from django.utils.cache import add_never_cache_headers
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from study.refusals import Code, Refusal

STATUS_BY_CODE: dict[Code, int] = {
    "malformed": 400,
    "no-enrolment": 401,
    "csrf-failed": 403,
    "unknown-study": 404,
    "unknown-trial": 404,
    "already-answered": 409,
    "other-window": 409,
    "not-handed-out": 409,
    "study-paused": 409,
    "study-closed": 410,
    "withdrawn": 410,
    "expired": 410,
    "too-early": 422,
    "not-heard": 422,
    "unknown-label": 422,
    "busy": 503,
}
BUSY_RETRY_MS = 1000

_BUSY_SQLITE_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# SQLite's extended codes carry the primary one in their lowest byte.
_PRIMARY_CODE_MASK = 0xFF
# PostgreSQL's: a lock waited for too long; two transactions that waited for each other; a serialisation failure.
_BUSY_SQLSTATES = {"55P03", "40P01", "40001"}


def is_busy(error: BaseException) -> bool:
    """Whether the database only asks to come back: others held a lock, or every connection, longer than the timeout."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & _PRIMARY_CODE_MASK in _BUSY_SQLITE_CODES
    return isinstance(cause, PoolTimeout) or getattr(cause, "sqlstate", None) in _BUSY_SQLSTATES


def busy_refusal() -> Refusal:
    """The refusal of a request that found the database busy."""
    return Refusal("busy", "the server is busy; send the same request again", retry_after_ms=BUSY_RETRY_MS)


def error_body(code: str, message: str, *, retry_after_ms: int | None = None) -> dict[str, Any]:
    """The one JSON shape of errors."""
    return {"code": code, "message": message, "retry_after_ms": retry_after_ms}


def json_error(*, status: int, code: str, message: str) -> JsonResponse:
    """An error answered outside Django REST framework, in the same shape."""
    response = JsonResponse(error_body(code, message), status=status)
    add_never_cache_headers(response)
    return response


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's exception handler; None lets a fault of ours become a logged 500."""
    if is_busy(error):
        error = busy_refusal()
    if isinstance(error, Refusal):
        return _answer_refusal(error)
    if isinstance(error, Http404):
        return Response(error_body("unknown-study", "there is nothing at this address"), status=404)
    if isinstance(error, APIException):
        return Response(error_body("malformed", str(error.detail)), status=error.status_code)
    return None


def _answer_refusal(refusal: Refusal) -> Response:
    body = error_body(refusal.code, refusal.message, retry_after_ms=refusal.retry_after_ms)
    response = Response(body, status=STATUS_BY_CODE[refusal.code])
    if refusal.code == "busy":
        response["Retry-After"] = str(BUSY_RETRY_MS // 1000)
    return response
