"""The research API: read by a study's staff with their session, written by nobody."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from study.api.answers import EVENTS_PER_ANSWER, event_answers, study_answer
from study.api.serializers import EventSerializer, StudySerializer
from study.models import Study
from study.participant.errors import answer_error, error_body

_CODES = {400: "malformed", 403: "not-allowed", 404: "not-found", 405: "read-only", 406: "not-acceptable"}


def answer_api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """An error in the project's one shape (Any is Django REST framework's own signature)."""
    if isinstance(error, Http404):
        return Response(error_body("not-found", "there is nothing at this address"), status=404)
    if isinstance(error, APIException):
        code = _CODES.get(error.status_code, "malformed")
        return Response(error_body(code, str(error.detail)), status=error.status_code)
    return answer_error(error, context)


class ResearchApi(APIView):
    """What all endpoints share: a staff member's session, and reading alone."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAdminUser]
    http_method_names = ["get", "head", "options"]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """The research API's own (Any is Django REST framework's own signature)."""
        return answer_api_error


class StudyListApi(ResearchApi):
    """All studies, newest first."""

    @extend_schema(operation_id="studies_list", responses=StudySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every study with its versions and counts over all arms."""
        studies = Study.objects.select_related("bundle").defer("bundle__manifest")
        return Response([StudySerializer(study_answer(study)).data for study in studies])


class StudyReadApi(ResearchApi):
    """One study."""

    @extend_schema(operation_id="study_read", responses=StudySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The study with its versions and counts over all arms."""
        return Response(StudySerializer(study_answer(_find_study(slug))).data)


class ProtocolReadApi(ResearchApi):
    """The frozen protocol of a version."""

    @extend_schema(operation_id="protocol_read", responses={(200, "application/json"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, number: int) -> HttpResponse:
        """The stored bytes: their SHA-256 is the protocol's hash."""
        version = _find_study(slug).versions.filter(number=number).first()
        if version is None:
            raise Http404
        return HttpResponse(bytes(version.protocol), content_type="application/json")


class EventListApi(ResearchApi):
    """What happened in a study."""

    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter(
                "after",
                int,
                description=f"only events with greater ids; an answer holds {EVENTS_PER_ANSWER} at most",
            )
        ],
        responses=EventSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Events in order; of a study that is not closed neither whom they concern nor what they hold."""
        after = request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit():
            raise ValidationError(f"after is '{after}'; expected the id of an event")
        events = event_answers(_find_study(slug), after=int(after))
        return Response([EventSerializer(event).data for event in events])


class SchemaReadApi(SpectacularJSONAPIView):
    """The OpenAPI description of the research API, for staff."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAdminUser]
    http_method_names = ["get", "head", "options"]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """The research API's own (Any is Django REST framework's own signature)."""
        return answer_api_error


def _find_study(slug: str) -> Study:
    study = Study.objects.select_related("bundle").defer("bundle__manifest").filter(slug=slug).first()
    if study is None:
        raise Http404
    return study
