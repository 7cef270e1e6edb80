import json

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

pytestmark = pytest.mark.urls(__name__)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the secret is 42")


def forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("the secret is 42")


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("the secret is 42")


def misread(request: HttpRequest) -> HttpResponse:
    connection.cursor().execute("SELECT secret FROM nowhere")
    return HttpResponse()


class FailApi(APIView):
    def get(self, request: Request) -> Response:
        raise RuntimeError("the secret is 42")


urlpatterns = [
    path("", include("study.urls")),
    path("fail", fail),
    path("forbid", forbid),
    path("suspect", suspect),
    path("misread", misread),
    path("x/api/fail", fail),
    path("x/api/fail-inside", FailApi.as_view()),
]
handler400 = "study.participant.handlers.bad_request"
handler403 = "study.participant.handlers.forbidden"
handler404 = "study.participant.handlers.not_found"
handler500 = "study.participant.handlers.server_error"


@pytest.fixture
def visitor() -> Client:
    """A browser: what a view raises is answered, not raised in the test."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status"), [("/suspect", 400), ("/forbid", 403), ("/nowhere", 404), ("/fail", 500)]
)
def test_errors_have_a_page_that_tells_no_secret(visitor: Client, address: str, status: int) -> None:
    answer = visitor.get(address)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert answer["Cache-Control"] == "no-store"
    assert "<h1>" in answer.content.decode()
    assert "the secret" not in answer.content.decode()


@pytest.mark.django_db
def test_the_error_page_needs_no_collected_static_files(visitor: Client, settings: Settings) -> None:
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "study.storage.StaticStorage"},
    }
    for address, status in (("/", 500), ("/fail", 500), ("/nowhere", 404)):
        answer = visitor.get(address)
        assert answer.status_code == status
        assert answer["Content-Type"].startswith("text/html")
        assert answer["Cache-Control"] == "no-store"
        assert f"<h1>Something is in the way ({status})</h1>" in answer.content.decode()
        assert "the secret" not in answer.content.decode()


def test_errors_of_the_api_are_json(visitor: Client) -> None:
    for address, status in (("/x/api/nowhere", 404), ("/x/api/fail", 500), ("/x/api/fail-inside", 500)):
        answer = visitor.get(address)
        assert answer.status_code == status
        body = json.loads(answer.content)
        assert set(body) == {"code", "message", "retry_after_ms"}
        assert "the secret" not in body["message"]


@pytest.mark.django_db
def test_another_database_fault_is_no_busy_answer(visitor: Client) -> None:
    assert visitor.get("/misread").status_code == 500
