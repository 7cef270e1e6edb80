"""All addresses: the front page, the participant's way, the researcher's rooms, the research API."""

from django.urls import include, path

urlpatterns = [
    path("", include("study.participant.urls")),
    path("", include("study.researcher.urls")),
    path("api/", include("study.api.urls")),
]

handler400 = "study.participant.handlers.bad_request"
handler403 = "study.participant.handlers.forbidden"
handler404 = "study.participant.handlers.not_found"
handler500 = "study.participant.handlers.server_error"
